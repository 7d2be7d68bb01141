"""Tokens come back as they went out, and no others are taken."""

import pytest

from headrace.api.logs.tokens import (
    event_token,
    page_token,
    read_event_token,
    read_page_token,
)
from headrace.core.logs.errors import InvalidParameter


def test_tokens_of_events_look_like_awss():
    token = event_token("f", 1_795_000_000_000)
    assert token == f"f/{'0' * 43}1795000000000/s"
    assert read_event_token(token) == ("f", 1_795_000_000_000)
    assert read_event_token(event_token("b", -1)) == ("b", 0)


def test_tokens_of_lists_are_of_one_list():
    token = page_token("groups", "/aws:lambda")
    assert read_page_token("groups", token) == "/aws:lambda"
    with pytest.raises(InvalidParameter):
        read_page_token("streams", token)


@pytest.mark.parametrize(
    "token", ["", "x", "f/1/s", "f/" + "1" * 57 + "/s", "f/" + "x" * 56 + "/s"]
)
def test_other_tokens_are_refused(token):
    for read in (read_event_token, lambda text: read_page_token("groups", text)):
        with pytest.raises(InvalidParameter) as refusal:
            read(token)
        assert refusal.value.message == "The specified nextToken is invalid."
