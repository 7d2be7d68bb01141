"""What the reply to an invoke means for the batch that it carried."""

import pytest

from headrace.base.errors import ServiceUnavailable
from headrace.core.functions.errors import (
    RequestEntityTooLarge,
    ServiceException,
    account_is_busy,
    function_not_found,
)
from headrace.core.functions.replies import Invoked
from headrace.core.mapping.commands import (
    FunctionFailed,
    NotInvoked,
    Succeeded,
    Throttled,
    TooLarge,
)
from headrace.shell.pollers import outcome_of


@pytest.mark.parametrize(
    ("value", "outcome"),
    [
        (Invoked("r", "$LATEST", b"{}"), Succeeded(b"{}")),
        (Invoked("r", "$LATEST", b"{}", function_error="Unhandled"), FunctionFailed()),
        (account_is_busy(), Throttled()),
        (RequestEntityTooLarge("too large"), TooLarge()),
        (function_not_found("arn"), NotInvoked()),
        (ServiceException("no sandbox"), NotInvoked()),
        (ServiceUnavailable("load"), NotInvoked()),
    ],
)
def test_what_an_invoke_means_for_a_batch(value, outcome):
    assert outcome_of(value) == outcome
