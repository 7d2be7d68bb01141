"""The edits that functions and layer versions have in common."""

import msgspec
import pytest

from headrace.core.functions.errors import PreconditionFailed, ResourceConflict, ResourceNotFound
from headrace.core.functions.policy import (
    Policy,
    account_root,
    check_revision,
    with_statement,
    without_statement,
)

ONE = Policy({"a": '{"Sid":"a"}'}, b"1" * 16)


def test_statements_stand_in_the_order_in_which_they_came():
    two = with_statement(ONE, "b", {"Sid": "b"}, b"2" * 16)
    assert (
        two.text == '{"Version":"2012-10-17","Id":"default","Statement":[{"Sid":"a"},{"Sid":"b"}]}'
    )
    assert two.revision_id != ONE.revision_id
    assert with_statement(None, "a", {"Sid": "a"}, b"1" * 16) == ONE


def test_a_policy_that_was_put_keeps_its_version_and_name():
    put = Policy({"a": '{"Sid":"a"}'}, b"1" * 16, "2008-10-17", "")
    assert with_statement(put, "b", {"Sid": "b"}, b"2" * 16).text == (
        '{"Version":"2008-10-17","Statement":[{"Sid":"a"},{"Sid":"b"}]}'
    )


def test_an_id_is_used_once_and_must_be_there_to_go():
    with pytest.raises(ResourceConflict):
        with_statement(ONE, "a", {}, b"2" * 16)
    with pytest.raises(ResourceNotFound, match="Statement b is not found in resource policy"):
        without_statement(ONE, "b", b"2" * 16)
    with pytest.raises(ResourceNotFound, match="No policy is associated"):
        without_statement(None, "a", b"2" * 16)
    assert without_statement(ONE, "a", b"2" * 16).statements == {}


def test_a_revision_is_compared_only_when_it_is_given():
    check_revision(None, None, "GetPolicy")
    check_revision("r", "r", "GetPolicy")
    for latest in (None, "other"):
        with pytest.raises(PreconditionFailed, match="Call the GetPolicy API"):
            check_revision("r", latest, "GetPolicy")


@pytest.mark.parametrize(
    ("given", "region", "principal"),
    [
        ("111122223333", "eu-west-1", "arn:aws:iam::111122223333:root"),
        ("111122223333", "cn-north-1", "arn:aws-cn:iam::111122223333:root"),
        ("arn:aws:iam::111122223333:role/r", "eu-west-1", "arn:aws:iam::111122223333:role/r"),
        ("1111222233334", "eu-west-1", "1111222233334"),
    ],
)
def test_an_account_is_named_by_its_root(given, region, principal):
    assert account_root(given, region) == principal


def test_policies_stored_before_they_had_a_version_still_load():
    old = msgspec.msgpack.encode([{"a": '{"Sid":"a"}'}, b"1" * 16])
    assert msgspec.msgpack.decode(old, type=Policy) == ONE
