"""Lambda's errors: codes, status, and what else their bodies say."""

import pytest

from headrace.core.functions import errors
from headrace.wire.tables import functions as table


def all_errors():
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return [
        kind
        for kind in kinds
        if issubclass(kind, errors.ServiceError)
        and kind not in {errors.ServiceError, errors.FunctionError}
    ]


@pytest.mark.parametrize("kind", all_errors(), ids=lambda kind: kind.__name__)
def test_status_and_fault_agree_with_the_model(kind):
    modelled = {row.code: row.status for row in table.ERRORS}
    assert modelled.get(kind.code, kind.status) == kind.status
    assert kind.fault == ("Receiver" if kind.status >= 500 else "Sender")
    assert kind.query_code == kind.code


def test_most_errors_say_whose_fault_it_is():
    assert errors.ResourceNotFound("x").members == {"Type": "User"}
    assert errors.ServiceException("x").members == {"Type": "Service"}
    assert errors.ConstraintViolated("x").members == {}
    assert errors.RequestEntityTooLarge("x").members == {}


def test_the_throttle_of_an_account_says_why():
    throttle = errors.account_is_busy()
    assert (throttle.status, throttle.message) == (429, "Rate Exceeded.")
    assert throttle.members["Reason"] == "ConcurrentInvocationLimitExceeded"


def test_constraints_are_told_together():
    one = errors.value_out_of_bounds(0, "timeout", "have value greater than or equal to 1")
    assert errors.constraint_violated([one, one]).message == (
        "2 validation errors detected: Value '0' at 'timeout' failed to satisfy constraint: Member "
        "must have value greater than or equal to 1; Value '0' at 'timeout' failed to satisfy "
        "constraint: Member must have value greater than or equal to 1"
    )
    assert errors.constraint_text([one]).startswith("1 validation error detected: ")


def test_what_is_not_found_is_named():
    assert errors.function_not_found("arn").message == "Function not found: arn"
