"""The platform's JSON records, member by member, and which of them each level shows."""

import json

import pytest

from headrace.core.functions import platformrecords
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.settings import Logging
from tests.unit.core.functions.bench import (
    ARN,
    EPOCH,
    NAME,
    PYTHON,
    deployment_with,
    settings_with,
)

TIME = "2026-11-18T11:06:40.000Z"


def at_level(system="DEBUG", **changes):
    """Return a deployment that logs in JSON from a level upwards."""
    logging = Logging(f"/aws/lambda/{NAME}", "JSON", "INFO", system)
    return deployment_with(settings=settings_with(logging=logging, **changes))


def parsed(text):
    """Return what each line of a text says."""
    assert not text or text.endswith(b"\n")
    return [json.loads(line) for line in text.splitlines()]


def types(text):
    """Return the types of records."""
    return [entry["type"].removeprefix("platform.") for entry in parsed(text)]


def end(level="DEBUG", **changes):
    values = {
        "deployment": at_level(level),
        "now": EPOCH,
        "request_id": "id",
        "trace_header": "",
        "duration_us": 3_010,
        "billed_ms": 114,
        "beginning": ("initDurationMs", 110_100),
        "memory_peak_mb": 131,
        "produced_bytes": 4,
        "ending": Ending.ANSWERED,
        "error_type": "",
    }
    return platformrecords.end(**(values | changes))


def test_an_init_start_tells_what_starts():
    text = platformrecords.init_start(at_level(), PYTHON, EPOCH, "f00", "on-demand")
    (entry,) = parsed(text)
    arn = entry["record"].pop("runtimeVersionArn")
    assert arn.startswith("arn:aws:lambda:eu-central-1::runtime:")
    assert entry == {
        "time": TIME,
        "type": "platform.initStart",
        "record": {
            "initializationType": "on-demand",
            "phase": "init",
            "runtimeVersion": "python:3.11.v7",
            "functionName": NAME,
            "functionVersion": "$LATEST",
            "instanceId": f"2026/11/18/{NAME}[$LATEST]f00",
            "instanceMaxMemory": 134_217_728,
        },
    }


def test_another_runtime_than_asked_for_is_said_as_json_too():
    deployment = at_level("WARN", runtime="python3.14")
    (warning,) = parsed(platformrecords.init_start(deployment, PYTHON, EPOCH, "f00", "on-demand"))
    assert (warning["level"], warning["timestamp"]) == ("WARN", TIME)
    assert warning["message"].startswith("HEADRACE_WARNING: python3.14 was not found")


def test_a_start_names_request_version_function_and_trace():
    text = platformrecords.start(at_level(), EPOCH, "id", ARN, "Root=1-0-1")
    assert parsed(text) == [
        {
            "time": TIME,
            "type": "platform.start",
            "record": {
                "requestId": "id",
                "version": "$LATEST",
                "functionArn": ARN,
                "tracing": {"type": "X-Amzn-Trace-Id", "value": "Root=1-0-1"},
            },
        }
    ]
    assert b"tracing" not in platformrecords.start(at_level(), EPOCH, "id", ARN, "")


def test_an_end_is_a_runtime_done_and_a_report():
    done, report = parsed(end())
    assert (done["type"], done["record"]) == (
        "platform.runtimeDone",
        {
            "requestId": "id",
            "status": "success",
            "metrics": {"durationMs": 3.01, "producedBytes": 4},
        },
    )
    assert (report["type"], report["record"]) == (
        "platform.report",
        {
            "requestId": "id",
            "status": "success",
            "metrics": {
                "durationMs": 3.01,
                "billedDurationMs": 114,
                "memorySizeMB": 128,
                "maxMemoryUsedMB": 128,
                "initDurationMs": 110.1,
            },
        },
    )


@pytest.mark.parametrize(
    ("ending", "done", "report"),
    [
        (Ending.ERROR, "error", "error"),
        (Ending.TOO_LARGE, "error", "error"),
        (Ending.TIMED_OUT, "timeout", "timeout"),
        (Ending.EXITED, "failure", "error"),
        (Ending.OUT_OF_MEMORY, "failure", "error"),
    ],
)
def test_what_went_wrong_has_a_status_and_a_type(ending, done, report):
    first, second = parsed(end("WARN", ending=ending, error_type="Runtime.Odd"))
    assert (first["record"]["status"], second["record"]["status"]) == (done, report)
    assert first["record"]["errorType"] == second["record"]["errorType"] == "Runtime.Odd"


@pytest.mark.parametrize(
    ("level", "opening", "init", "ahead", "failed", "invoke"),
    [
        (
            "DEBUG",
            ["initStart"],
            ["initRuntimeDone", "initReport"],
            ["initRuntimeDone", "initReport"],
            ["initRuntimeDone", "initReport"],
            ["start", "runtimeDone", "report"],
        ),
        (
            "INFO",
            ["initStart"],
            [],
            ["initReport"],
            ["initRuntimeDone", "initReport"],
            ["start", "report"],
        ),
        ("WARN", [], [], [], ["initRuntimeDone", "initReport"], []),
    ],
)
def test_each_level_shows_what_awss_table_says(level, opening, init, ahead, failed, invoke):
    one = at_level(level)
    start = platformrecords.init_start(one, PYTHON, EPOCH, "f00", "on-demand")
    assert types(start) == opening
    over = (EPOCH, "on-demand", "init", 5, Ending.OK, "")
    assert types(platformrecords.init_end(one, *over)) == init
    over = (EPOCH, "provisioned-concurrency", "init", 5, Ending.OK, "")
    assert types(platformrecords.init_end(one, *over)) == ahead
    over = (EPOCH, "on-demand", "init", 5, Ending.EXITED, "Runtime.ExitError")
    assert types(platformrecords.init_end(one, *over)) == failed
    whole = platformrecords.start(one, EPOCH, "id", ARN, "") + end(level)
    assert types(whole) == invoke


def test_a_restore_tells_its_own_words():
    one = at_level()
    opening = platformrecords.restore_start(one, PYTHON, EPOCH, "f00", "snap-start")
    assert types(opening) == ["restoreStart"]
    done, report = parsed(platformrecords.restore_end(one, EPOCH, 300_120))
    assert done["type"] == "platform.restoreRuntimeDone"
    assert report["type"] == "platform.restoreReport"
    assert report["record"] == {"status": "success", "metrics": {"durationMs": 300.12}}


@pytest.mark.parametrize(
    ("duration_us", "text"), [(0, "0.0"), (5, "0.005"), (1_000, "1.0"), (463_512, "463.512")]
)
def test_durations_have_one_to_three_decimals(duration_us, text):
    assert f'"metrics":{{"durationMs":{text},'.encode() in end(duration_us=duration_us)
