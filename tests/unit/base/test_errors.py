"""An answer to the caller carries everything that a protocol needs."""

import pytest

from headrace.base.errors import InternalFailure, ServiceError, ServiceUnavailable


def test_a_service_error_carries_its_sentence_and_members():
    error = ServiceError("It is so.", Type="User", Reason="because")
    assert str(error) == error.message == "It is so."
    assert error.members == {"Type": "User", "Reason": "because"}


@pytest.mark.parametrize(
    ("kind", "code", "status"),
    [
        (InternalFailure, "InternalFailure", 500),
        (ServiceUnavailable, "ServiceUnavailable", 503),
    ],
)
def test_our_own_failures_are_the_receivers_fault(kind, code, status):
    assert (kind.code, kind.query_code, kind.status, kind.fault) == (
        code,
        code,
        status,
        "Receiver",
    )
