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
from headrace.shell.pollers import freed_by, outcome_of


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
