"""The platform's log lines, byte for byte."""

from headrace.core.functions import loglines
from headrace.core.functions.outcomes import Ending
from tests.unit.core.functions.bench import PYTHON, deployment_with, settings_with


def report(**changes):
    values = {
        "request_id": "id",
        "duration_us": 3_010,
        "init_us": None,
        "memory_mb": 128,
        "memory_peak_mb": 36,
        "ending": Ending.ANSWERED,
        "error_type": "",
    }
    return loglines.report(**(values | changes)).decode()


def test_a_warm_report_ends_in_a_tab():
    """lambda.md 10, row 15."""
    assert report() == (
        "END RequestId: id\nREPORT RequestId: id\tDuration: 3.01 ms\tBilled Duration: 4 ms\t"
        "Memory Size: 128 MB\tMax Memory Used: 36 MB\t\n"
    )


def test_init_is_billed_with_the_duration_before_rounding_up():
    """lambda.md 10, row 15."""
    assert "Duration: 1233.96 ms\tBilled Duration: 1698 ms\t" in report(
        duration_us=1_233_960, init_us=463_512
    )
    assert report(init_us=463_512).endswith("\tInit Duration: 463.51 ms\t\n")


def test_a_restore_is_billed_by_itself():
    assert loglines.billed_ms(3_010, 110_100, restored=False) == 114
    assert loglines.billed_ms(3_010, 110_100, restored=True) == 4
    assert loglines.billed_ms(3_010, None, restored=False) == 4


def test_a_status_ends_the_report_without_a_tab():
    assert report(ending=Ending.TIMED_OUT).endswith("Used: 36 MB\tStatus: timeout\n")
    assert report(ending=Ending.EXITED, error_type="Runtime.ExitError").endswith(
        "Used: 36 MB\tStatus: error\tError Type: Runtime.ExitError\n"
    )


def test_no_more_memory_is_used_than_there_is():
    assert "Max Memory Used: 128 MB" in report(memory_peak_mb=131)


def test_durations_are_rounded_to_hundredths():
    assert "\tDuration: 0.01 ms\tBilled Duration: 1 ms" in report(duration_us=5)
    assert "\tDuration: 0.00 ms\tBilled Duration: 1 ms" in report(duration_us=4)
    assert "\tDuration: 2.00 ms\tBilled Duration: 2 ms" in report(duration_us=1_999)


def test_init_start_names_the_runtime_version():
    line = loglines.init_start(deployment_with(), PYTHON).decode()
    assert line.startswith(
        "INIT_START Runtime Version: python:3.11.v7\tRuntime Version ARN: arn:aws:lambda:"
    )
    assert line.count("\n") == 1


def test_another_runtime_than_asked_for_is_said_first():
    deployment = deployment_with(settings=settings_with(runtime="python3.14"))
    warning, start, _ = loglines.init_start(deployment, PYTHON).decode().split("\n")
    assert warning == (
        "HEADRACE_WARNING: python3.14 was not found on this machine; python3.11 "
        "(/usr/bin/python3.11) runs this function instead."
    )
    assert start.startswith("INIT_START Runtime Version: python:3.11.v7\t")


def test_init_report_tells_phase_and_status():
    assert loglines.init_report(10_009_130, "init", Ending.TIMED_OUT, "Sandbox.Timedout") == (
        b"INIT_REPORT Init Duration: 10009.13 ms\tPhase: init\tStatus: timeout\n"
    )
    assert loglines.init_report(3_200, "invoke", Ending.EXITED, "Runtime.ExitError") == (
        b"INIT_REPORT Init Duration: 3.20 ms\tPhase: invoke\tStatus: error\t"
        b"Error Type: Runtime.ExitError\n"
    )


def test_start_names_request_and_version():
    assert loglines.start("id", "$LATEST") == b"START RequestId: id Version: $LATEST\n"
