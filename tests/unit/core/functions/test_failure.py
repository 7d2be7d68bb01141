"""What went wrong with an invoke, in short."""

import pytest

from headrace.core.functions.errors import ServiceException, function_is_busy
from headrace.core.functions.failure import failure_of
from headrace.core.functions.replies import EventTaken, Invoked


def failed(payload):
    return Invoked("r", "1", payload, "Unhandled")


@pytest.mark.parametrize(
    ("value", "failure"),
    [
        (Invoked("r", "1", b'{"errorType":"E"}'), ("", "")),
        (failed(b'{"errorType":"E","errorMessage":"m"}'), ("E", "m")),
        (failed(b'{"errorType":1,"errorMessage":["m"]}'), ("1", "['m']")),
        (failed(b"{}"), ("", "")),
        (failed(b"no \xff JSON"), ("", "no \ufffd JSON")),
        (failed(b'{"errorMessage":"%s"}' % (b"m" * 999)), ("", "m" * 512)),
        (ServiceException("no environment"), ("ServiceException", "no environment")),
        (
            function_is_busy(),
            (
                "TooManyRequestsException",
                "Rate Exceeded. (ReservedFunctionConcurrentInvocationLimitExceeded)",
            ),
        ),
        (EventTaken(), ("", "")),
    ],
)
def test_type_and_message(value, failure):
    assert failure_of(value) == failure
