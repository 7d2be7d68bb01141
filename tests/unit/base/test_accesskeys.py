"""Access keys that say whose they are."""

import re

import pytest

from headrace.base.accesskeys import account_of_key, session_key


@pytest.mark.parametrize("account", ["000000000000", "111122223333", "999999999999"])
def test_a_session_key_holds_its_account(account):
    key = session_key(account, b"seed")
    assert re.fullmatch(r"ASIA[A-Z2-7]{16}", key)
    assert account_of_key(key) == account
    assert key != session_key(account, b"other")


def test_twelve_digits_are_the_account_itself():
    assert account_of_key("123456789012") == "123456789012"


@pytest.mark.parametrize(
    "key", ["", "test", "AKIAIOSFODNN7EXAMPLE", "ASIA", "ASIA" + "1" * 16, "ASIA" + "7" * 16]
)
def test_other_keys_say_nothing(key):
    assert account_of_key(key) == ""
