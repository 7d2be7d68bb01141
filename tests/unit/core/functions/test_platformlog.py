"""One story of a function's log, told as text and as JSON."""

import json

import pytest

from headrace.core.functions import platformlog
from headrace.core.functions.commands import EnvironmentStarted, InvokeEnded
from headrace.core.functions.effects import StartEnvironment
from headrace.core.functions.outcomes import Ending, ExtensionState
from headrace.core.functions.settings import Logging
from tests.unit.core.functions.bench import (
    EPOCH,
    NAME,
    REQUEST_ID,
    Bench,
    creation,
    deployment_with,
    settings_with,
)

GROUP = f"/aws/lambda/{NAME}"


def json_bench(system="INFO"):
    """Return a bench with one function that logs in JSON."""
    bench = Bench()
    command = creation()
    logging = Logging(GROUP, "JSON", "INFO", system)
    settings = settings_with(logging=logging)
    bench.ask(type(command)(command.reference, settings, command.code, {}, command.seed))
    return bench


def types(text):
    """Return the types of the records in a text."""
    return [json.loads(line)["type"].removeprefix("platform.") for line in text.splitlines()]


def test_a_stream_is_named_by_day_version_and_environment():
    name = platformlog.log_stream(deployment_with(), EPOCH, "f00")
    assert name == "2026/11/18/[$LATEST]f00"


def test_a_stream_in_a_shared_group_names_its_function():
    shared = deployment_with(settings=settings_with(logging=Logging("/all/of/us")))
    name = platformlog.log_stream(shared, EPOCH, "f00")
    assert name == f"2026/11/18/{NAME}[$LATEST]f00"


def test_a_cold_and_a_warm_invoke_in_json():
    bench = json_bench()
    bench.warm()
    bench.warm()
    assert types(bench.log) == ["initStart", "start", "report", "start", "report"]
    first, second = (json.loads(line)["record"] for line in bench.log.splitlines()[2::2])
    assert first["metrics"]["initDurationMs"] == 110.1
    assert first["metrics"]["billedDurationMs"] == 114
    assert "initDurationMs" not in second["metrics"]


def test_nothing_is_written_where_the_level_leaves_nothing():
    bench = json_bench("WARN")
    bench.warm()
    assert bench.log == b""
    bench.send()
    bench.ended(Ending.ERROR, payload=b'{"errorType":"ValueError"}')
    assert types(bench.log) == ["runtimeDone", "report"]
    assert json.loads(bench.log.splitlines()[1])["record"]["errorType"] == "Runtime.Unknown"


def test_the_tail_is_in_json_too_and_has_what_the_level_shows():
    bench = json_bench()
    ticket = bench.send(log_tail=True)
    bench.started()
    bench.ended(log=b"hello\n")
    tail = bench.replies[ticket].log_tail
    start, own, report = tail.splitlines()
    assert (types(start), own, types(report)) == (["start"], b"hello", ["report"])
    bench = json_bench("WARN")
    ticket = bench.send(log_tail=True)
    bench.started()
    bench.ended(log=b"hello\n")
    assert bench.replies[ticket].log_tail == b"hello\n"


def test_an_init_that_fails_is_told_once_and_tried_again_inside_the_invoke():
    bench = json_bench()
    bench.send()
    bench.started(Ending.EXITED, exit_status=1)
    assert types(bench.log) == ["initStart", "initRuntimeDone", "initReport", "initStart"]
    bench.started(Ending.EXITED, exit_status=1)
    told = [json.loads(line) for line in bench.log.splitlines()[4:]]
    assert [entry["type"] for entry in told] == [
        "platform.initRuntimeDone",
        "platform.initReport",
        "platform.start",
        "platform.runtimeDone",
        "platform.report",
    ]
    assert told[0]["record"] == {
        "initializationType": "on-demand",
        "phase": "invoke",
        "status": "failure",
        "errorType": "Runtime.ExitError",
    }
    assert not bench.of(StartEnvironment)


@pytest.mark.parametrize(
    ("kind", "ending", "text"),
    [
        ("on-demand", Ending.OK, ""),
        ("snap-start", Ending.OK, ""),
        (
            "provisioned-concurrency",
            Ending.OK,
            "INIT_REPORT Init Duration: 5.00 ms\tPhase: init\n",
        ),
        (
            "on-demand",
            Ending.TIMED_OUT,
            "INIT_REPORT Init Duration: 5.00 ms\tPhase: init\tStatus: timeout\n",
        ),
    ],
)
def test_as_text_a_good_init_is_told_only_if_it_was_ahead_of_need(kind, ending, text):
    over = EnvironmentStarted("e", ending, 5_000)
    told = platformlog.init_end(deployment_with(), EPOCH, kind, "init", over)
    assert told.decode() == text


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
def test_as_text_a_handler_that_raised_is_no_fault_of_the_runtime(end, kind):
    assert platformlog.error_type_for_text(end) == kind


def test_a_change_of_the_format_takes_other_environments():
    bench = json_bench()
    bench.warm()
    bench.update_settings(logging=Logging(GROUP))
    bench.sleep(10_000)
    bench.warm()
    assert f"\nSTART RequestId: {REQUEST_ID} Version: $LATEST\n".encode() in bench.log


@pytest.mark.parametrize("level", ["INFO", "WARN"])
def test_external_extensions_are_told_between_init_and_start(level):
    both = (
        ExtensionState("good", "Ready", ("INVOKE", "SHUTDOWN")),
        ExtensionState("stuck", "Started", ()),
    )
    bench = json_bench(level)
    bench.send()
    bench.started(extensions=both)
    told = [json.loads(line) for line in bench.log.splitlines()]
    found = [one["record"] for one in told if one["type"] == "platform.extension"]
    bad = {"name": "stuck", "state": "Started", "events": []}
    good = {"name": "good", "state": "Ready", "events": ["INVOKE", "SHUTDOWN"]}
    assert found == ([good, bad] if level == "INFO" else [bad])
    started = EnvironmentStarted("e", Ending.OK, extensions=both)
    assert platformlog.extensions(deployment_with(), EPOCH, started) == (
        b"EXTENSION\tName: good\tState: Ready\tEvents: [INVOKE,SHUTDOWN]\n"
        b"EXTENSION\tName: stuck\tState: Started\tEvents: []\n"
    )
