"""Refusals: code and status as IAM has them."""

import pytest

from headrace.core.access import errors


@pytest.mark.parametrize(
    ("error", "code", "status"),
    [
        (errors.no_role("r"), "NoSuchEntity", 404),
        (errors.no_policy("a"), "NoSuchEntity", 404),
        (errors.EntityAlreadyExists(""), "EntityAlreadyExists", 409),
        (errors.DeleteConflict(""), "DeleteConflict", 409),
        (errors.LimitExceeded(""), "LimitExceeded", 409),
        (errors.MalformedPolicyDocument(""), "MalformedPolicyDocument", 400),
        (errors.InvalidInput(""), "InvalidInput", 400),
        (errors.ValidationError(""), "ValidationError", 400),
        (errors.AccessDenied(""), "AccessDenied", 403),
    ],
)
def test_codes(error, code, status):
    assert (error.code, error.query_code, error.status, error.fault) == (
        code,
        code,
        status,
        "Sender",
    )
