"""Invokes and init phases that fail: what the caller gets, what the log says, what lives on."""

import pytest

from headrace.core.functions.effects import RunInvoke, StartEnvironment
from headrace.core.functions.errors import InvalidZipFile, ServiceException
from headrace.core.functions.outcomes import Ending
from tests.unit.core.functions.bench import REQUEST_ID, bench_with_function


@pytest.fixture
def bench():
    return bench_with_function()


# --- failures of an invoke -------------------------------------------------------------------


def test_a_time_out_is_answered_and_reported(bench):
    ticket = bench.send()
    bench.started(duration_us=578_070)
    bench.ended(Ending.TIMED_OUT, duration_us=3_004_321, memory_peak_mb=36)
    reply = bench.replies[ticket]
    assert reply.function_error == "Unhandled"
    assert reply.payload.decode() == (
        '{"errorType":"Sandbox.Timedout","errorMessage":"RequestId: '
        f'{REQUEST_ID} Error: Task timed out after 3.00 seconds"}}'
    )
    assert bench.log.decode().endswith(
        f"REPORT RequestId: {REQUEST_ID}\tDuration: 3000.00 ms\tBilled Duration: 3579 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 36 MB\tInit Duration: 578.07 ms\t"
        "Status: timeout\n"
    )


def test_a_handler_error_keeps_its_document_and_its_environment(bench):
    ticket = bench.send()
    environment = bench.started()
    document = b'{"errorMessage":"no","errorType":"ValueError"}'
    bench.ended(Ending.ERROR, payload=document)
    reply = bench.replies[ticket]
    assert (reply.payload, reply.function_error) == (document, "Unhandled")
    assert b"Status:" not in bench.log
    bench.send()
    assert bench.of(RunInvoke)[0].environment == environment


def test_an_answer_that_is_too_long_keeps_the_environment(bench):
    ticket = bench.send()
    environment = bench.started()
    bench.ended(Ending.TOO_LARGE)
    assert bench.replies[ticket].payload == (
        b'{"errorMessage":"Response payload size exceeded maximum allowed payload size '
        b'(6291556 bytes).","errorType":"Function.ResponseSizeTooLarge"}'
    )
    bench.send()
    assert bench.of(RunInvoke)[0].environment == environment


def test_out_of_memory_shows_all_memory_used(bench):
    bench.send()
    bench.started()
    bench.ended(Ending.OUT_OF_MEMORY, memory_peak_mb=100, signal=9)
    assert bench.log.endswith(
        b"Max Memory Used: 128 MB\tInit Duration: 0.00 ms\t"
        b"Status: error\tError Type: Runtime.OutOfMemory\n"
    )


# --- failures of init ------------------------------------------------------------------------

IMPORT_ERROR = (
    b'{"errorMessage":"Unable to import module","errorType":"Runtime.ImportModuleError",'
    b'"requestId":"","stackTrace":[]}'
)


def test_a_failed_init_is_retried_inside_the_invoke_under_its_time_out(bench):
    ticket = bench.send()
    first = bench.started(Ending.ERROR, payload=IMPORT_ERROR, duration_us=225_740)
    assert (
        b"\nINIT_REPORT Init Duration: 225.74 ms\tPhase: init\tStatus: error\t"
        b"Error Type: Runtime.ImportModuleError\nINIT_START "
    ) in bench.log
    (start,) = bench.of(StartEnvironment)
    assert start.environment != first
    assert start.init_limit_ms == 3_000
    bench.started(duration_us=1_000_000)
    (run,) = bench.of(RunInvoke)
    assert run.timeout_ms == 2_000
    bench.ended(duration_us=5_000, payload=b"1")
    assert bench.replies[ticket].payload == b"1"
    assert b"Duration: 1005.00 ms\tBilled Duration: 1005 ms\t" in bench.log
    assert b"\tInit Duration" not in bench.log


def test_a_second_failed_init_is_the_answer(bench):
    ticket = bench.send(log_tail=True)
    bench.started(Ending.ERROR, payload=b"{}", duration_us=1_000)
    bench.started(
        Ending.ERROR, payload=IMPORT_ERROR, duration_us=2_000, memory_peak_mb=30, log=b"[ERROR]\n"
    )
    reply = bench.replies[ticket]
    assert (reply.payload, reply.function_error) == (IMPORT_ERROR, "Unhandled")
    ending = (
        "INIT_REPORT Init Duration: 2.00 ms\tPhase: invoke\tStatus: error\t"
        "Error Type: Runtime.ImportModuleError\n"
        f"START RequestId: {REQUEST_ID} Version: $LATEST\n"
        f"END RequestId: {REQUEST_ID}\n"
        f"REPORT RequestId: {REQUEST_ID}\tDuration: 2.00 ms\tBilled Duration: 2 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 30 MB\t"
        "Status: error\tError Type: Runtime.ImportModuleError\n"
    )
    assert bench.log.decode().endswith(ending)
    assert reply.log_tail.decode() == "[ERROR]\n" + ending
    assert bench.room.fleet.capacity.in_hand == {}


def test_an_init_that_takes_all_the_time_of_the_invoke_times_out(bench):
    ticket = bench.send()
    bench.started(Ending.TIMED_OUT, duration_us=10_000_000)
    bench.started(Ending.TIMED_OUT, duration_us=3_000_100)
    assert b"Task timed out after 3.00 seconds" in bench.replies[ticket].payload
    assert b"\tDuration: 3000.00 ms\tBilled Duration: 3000 ms" in bench.log


def test_an_exit_during_init_is_told_with_the_request_id(bench):
    ticket = bench.send()
    bench.started(Ending.EXITED)
    bench.started(Ending.EXITED)
    assert bench.replies[ticket].payload.decode() == (
        '{"errorType":"Runtime.ExitError","errorMessage":"RequestId: '
        f'{REQUEST_ID} Error: Runtime exited without providing a reason"}}'
    )


def test_a_failed_init_that_nobody_waits_for_is_logged_only(bench):
    busy = bench.warm()
    bench.send()
    bench.send()
    starting = bench.of(StartEnvironment)[0].environment
    bench.ended(environment=busy)
    bench.started(Ending.ERROR, environment=starting, payload=b"{}")
    assert bench.of(StartEnvironment) == []
    assert b"Error Type: Runtime.Unknown" in bench.log


def test_several_waiting_invokes_all_get_an_answer_when_init_keeps_failing(bench):
    tickets = [bench.send() for _ in range(3)]
    while starting := [
        environment.id
        for environment in bench.room.fleet._roster.environments.values()
        if environment.life.value == "starting"
    ]:
        bench.started(Ending.EXITED, environment=starting[0], exit_status=1)
    assert all(bench.replies[ticket].function_error == "Unhandled" for ticket in tickets)
    assert bench.room.fleet.capacity.in_hand == {}


@pytest.mark.parametrize(
    ("ending", "kind", "text"),
    [
        (Ending.REFUSED, ServiceException, "No execution environment could be started. Why."),
        (Ending.UNUSABLE, InvalidZipFile, "Lambda could not unzip the deployment package. Why."),
    ],
)
def test_an_environment_that_cannot_be_had_refuses_one_invoke(bench, ending, kind, text):
    ticket = bench.send()
    bench.started(ending, payload=b"Why.")
    assert type(bench.replies[ticket]) is kind
    assert bench.replies[ticket].message == text
    assert bench.room.fleet.capacity.in_hand == {}
