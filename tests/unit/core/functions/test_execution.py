"""What the end of an invoke means for its log and its caller."""

import pytest

from headrace.core.functions.commands import EnvironmentStarted, InvokeEnded
from headrace.core.functions.execution import Execution, conclude, error_type_for_log
from headrace.core.functions.outcomes import Ending
from tests.unit.core.functions.bench import REQUEST_ID, deployment_with, invoke


def test_the_time_of_an_init_inside_the_invoke_is_taken_from_it():
    execution = Execution(invoke(), 1)
    assert execution.remaining_ms(3) == 3_000
    execution.used_us = 1_234_567
    assert execution.remaining_ms(3) == 1_766
    execution.used_us = 5_000_000
    assert execution.remaining_ms(3) == 1


def test_an_answer_is_passed_on_unchanged():
    end = InvokeEnded("e", Ending.ANSWERED, 1_000, b' {"a" : 1} ', memory_peak_mb=20)
    lines, reply = conclude(Execution(invoke(), 1), deployment_with(), None, end)
    assert (reply.payload, reply.function_error) == (b' {"a" : 1} ', None)
    assert (reply.request_id, reply.executed_version) == (REQUEST_ID, "$LATEST")
    assert reply.log_tail is None
    assert b"Duration: 1.00 ms\t" in lines


def test_the_tail_holds_what_an_init_inside_the_invoke_wrote():
    execution = Execution(invoke(log_tail=True), 1)
    execution.init_log = b"importing\n"
    end = InvokeEnded("e", Ending.ANSWERED, 1_000, b"1", log=b"hello\n")
    lines, reply = conclude(execution, deployment_with(), None, end)
    start = f"START RequestId: {REQUEST_ID} Version: $LATEST\n".encode()
    assert reply.log_tail == b"importing\n" + start + b"hello\n" + lines


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (InvokeEnded("e", Ending.ANSWERED), ""),
        (InvokeEnded("e", Ending.ERROR, payload=b'{"errorType":"Runtime.Odd"}'), ""),
        (InvokeEnded("e", Ending.EXITED), "Runtime.ExitError"),
        (InvokeEnded("e", Ending.OUT_OF_MEMORY), "Runtime.OutOfMemory"),
        (EnvironmentStarted("e", Ending.OK), ""),
        (
            EnvironmentStarted("e", Ending.ERROR, payload=b'{"errorType":"Runtime.Odd"}'),
            "Runtime.Odd",
        ),
    ],
)
def test_a_handler_that_raised_is_no_fault_of_the_runtime(end, kind):
    assert error_type_for_log(end) == kind
