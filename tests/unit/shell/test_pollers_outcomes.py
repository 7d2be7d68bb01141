"""What the reply to an invoke means for the batch that it carried."""

import pytest

from headrace.base.errors import ServiceUnavailable
from headrace.core.functions.errors import (
    RequestEntityTooLarge,
    ServiceException,
    account_is_busy,
    function_is_busy,
    function_not_found,
)
from headrace.core.functions.replies import Invoked, Place
from headrace.core.mapping.commands import (
    FunctionFailed,
    Limit,
    NotInvoked,
    Succeeded,
    Throttled,
    TooLarge,
)
from headrace.core.mapping.decisions import BatchInvoked
from headrace.core.mapping.effects import InvokeBatch
from headrace.shell.pollers import freed_by, invoked_of, outcome_of


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (Invoked("r", "$LATEST", b"{}"), Succeeded(b"{}")),
        (Invoked("r", "$LATEST", b"{}", function_error="Unhandled"), FunctionFailed()),
        (account_is_busy(), Throttled(Limit.ACCOUNT)),
        (function_is_busy(), Throttled(Limit.FUNCTION)),
        (RequestEntityTooLarge("too large"), TooLarge()),
        (function_not_found("arn"), NotInvoked()),
        (ServiceException("no sandbox"), NotInvoked()),
        (ServiceUnavailable("load"), NotInvoked()),
    ],
)
def test_what_an_invoke_means_for_a_batch(value, outcome):
    assert outcome_of(value) == outcome


@pytest.mark.parametrize(
    ("value", "limit"),
    [
        (Invoked("r", "$LATEST", b"{}", place=Place.ACCOUNT), Limit.ACCOUNT),
        (Invoked("r", "$LATEST", b"{}", "Unhandled", place=Place.FUNCTION), Limit.FUNCTION),
        (Invoked("r", "$LATEST", b"{}", place=Place.AHEAD), Limit.NONE),
        (account_is_busy(), Limit.NONE),
    ],
)
def test_where_a_place_is_free_after_an_invoke(value, limit):
    assert freed_by(value) is limit


EFFECT = InvokeBatch(30, 4, "arn", b"", 99)


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (
            Invoked("r", "2", b"{}", log_stream="s"),
            BatchInvoked(30, 5, 4, "r", True, "s", "2"),
        ),
        (
            Invoked("r", "2", b'{"errorType":"E","errorMessage":"m"}', "Unhandled", log_stream="s"),
            BatchInvoked(30, 5, 4, "r", False, "s", "2", "E", "m"),
        ),
        (
            Invoked("r", "2", b"no JSON \xff", "Unhandled", log_stream="s"),
            BatchInvoked(30, 5, 4, "r", False, "s", "2", "", "no JSON \ufffd"),
        ),
        (
            Invoked(
                "r", "2", b'{"errorMessage":"%s"}' % (b"m" * 9_999), "Unhandled", log_stream="s"
            ),
            BatchInvoked(30, 5, 4, "r", False, "s", "2", "", "m" * 512),
        ),
        (
            ServiceException("no sandbox"),
            BatchInvoked(30, 5, 4, "r", False, "", "", "ServiceException", "no sandbox"),
        ),
    ],
)
def test_what_is_told_of_an_invoke(value, told):
    assert invoked_of(EFFECT, "r", value, 5) == told
