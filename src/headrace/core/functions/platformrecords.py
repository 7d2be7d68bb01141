"""The platform's log records in JSON, platform.initStart to platform.report, each at its level.

A record is one object on a line: {"time": ..., "type": "platform.start", "record": {...}}. The
levels are those of "System log level event mapping" in AWS's guide; what lies below a function's
SystemLogLevel is not written. Durations are whole microseconds and shown as milliseconds.
Source: spec/lambda.md 5.2, T11.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.instants import format_moment
from headrace.core.functions.names import runtime_version_arn
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Deployment

#: AWS's levels of system logs, the most talkative first.
_LEVELS = ("DEBUG", "INFO", "WARN")

_BYTES_PER_MB = 1_048_576

Members = dict[str, Any]


def init_start(
    deployment: Deployment, interpreter: Interpreter, now: Instant, environment: str, kind: str
) -> bytes:
    """Return what opens a stream; `kind` is the initialization type, `environment` an id."""
    return _opening("platform.initStart", deployment, interpreter, now, environment, kind)


def restore_start(
    deployment: Deployment, interpreter: Interpreter, now: Instant, environment: str, kind: str
) -> bytes:
    """Return what opens a stream of an environment that comes from a template."""
    return _opening("platform.restoreStart", deployment, interpreter, now, environment, kind)


def _opening(
    event: str,
    deployment: Deployment,
    interpreter: Interpreter,
    now: Instant,
    environment: str,
    kind: str,
) -> bytes:
    settings = deployment.settings
    record: Members = {
        "initializationType": kind,
        "phase": "init",
        "runtimeVersion": interpreter.version_name,
        "runtimeVersionArn": runtime_version_arn(deployment.region, interpreter.runtime),
        "functionName": deployment.name,
        "functionVersion": deployment.version,
        "instanceId": instance_id(deployment, now, environment),
        "instanceMaxMemory": settings.memory_mb * _BYTES_PER_MB,
    }
    text = _line(deployment, now, "INFO", event, record)
    if interpreter.runtime != settings.runtime:
        message = (
            f"HEADRACE_WARNING: {settings.runtime} was not found on this machine; "
            f"{interpreter.runtime} ({interpreter.path}) runs this function instead."
        )
        warning = {"timestamp": format_moment(now), "level": "WARN", "message": message}
        text = msgspec.json.encode(warning) + b"\n" + text
    return text


def init_end(
    deployment: Deployment,
    now: Instant,
    kind: str,
    phase: str,
    duration_us: int,
    ending: Ending,
    error_type: str,
) -> bytes:
    """Return what is told of an init phase that is over; `phase` is "init" or "invoke"."""
    status = status_of(ending)
    record: Members = {"initializationType": kind, "phase": phase, "status": status}
    if error_type:
        record["errorType"] = error_type
    report = {**record, "metrics": {"durationMs": _ms(duration_us)}}
    is_good = status == "success"
    done_level = "DEBUG" if is_good else "WARN"
    report_level = done_level if kind == "on-demand" or not is_good else "INFO"
    return _line(deployment, now, done_level, "platform.initRuntimeDone", record) + _line(
        deployment, now, report_level, "platform.initReport", report
    )


def extension(
    deployment: Deployment, now: Instant, name: str, state: str, events: Sequence[str]
) -> bytes:
    """Return what is told of an external extension; it is well when it waits for events."""
    record: Members = {"name": name, "state": state, "events": events}
    level = "INFO" if state == "Ready" else "WARN"
    return _line(deployment, now, level, "platform.extension", record)


def restore_end(deployment: Deployment, now: Instant, duration_us: int) -> bytes:
    """Return what is told of an environment that came from a template."""
    record: Members = {"status": "success"}
    report = {**record, "metrics": {"durationMs": _ms(duration_us)}}
    return _line(deployment, now, "DEBUG", "platform.restoreRuntimeDone", record) + _line(
        deployment, now, "INFO", "platform.restoreReport", report
    )


def start(
    deployment: Deployment, now: Instant, request_id: str, function_arn: str, trace_header: str
) -> bytes:
    """Return what stands before an invoke's own lines."""
    record: Members = {
        "requestId": request_id,
        "version": deployment.version,
        "functionArn": function_arn,
    } | _tracing(trace_header)
    return _line(deployment, now, "INFO", "platform.start", record)


def end(
    deployment: Deployment,
    now: Instant,
    request_id: str,
    trace_header: str,
    duration_us: int,
    billed_ms: int,
    beginning: tuple[str, int] | None,
    memory_peak_mb: int,
    produced_bytes: int,
    ending: Ending,
    error_type: str,
) -> bytes:
    """Return what stands behind an invoke's own lines: platform.runtimeDone and platform.report.

    Args:
        beginning: What the environment's start is called among the metrics ("initDurationMs" or
            "restoreDurationMs") and how long it took, on its first invoke only.
        produced_bytes: Of the answer.
        error_type: What the function's error is called; empty for none.
    """
    status = status_of(ending)
    level = ("DEBUG", "INFO") if status == "success" else ("WARN", "WARN")
    settings = deployment.settings
    done: Members = {
        "requestId": request_id,
        "status": status,
        "metrics": {"durationMs": _ms(duration_us), "producedBytes": produced_bytes},
    }
    metrics: Members = {
        "durationMs": _ms(duration_us),
        "billedDurationMs": billed_ms,
        "memorySizeMB": settings.memory_mb,
        "maxMemoryUsedMB": min(memory_peak_mb, settings.memory_mb),
    }
    if beginning is not None:
        metrics[beginning[0]] = _ms(beginning[1])
    # A runtime that ended is a failure of its own, and an error of the invoke (T4).
    reported = "error" if status == "failure" else status
    report: Members = {"requestId": request_id, "status": reported, "metrics": metrics}
    more = _tracing(trace_header)
    if error_type:
        more["errorType"] = error_type
    return _line(deployment, now, level[0], "platform.runtimeDone", done | more) + _line(
        deployment, now, level[1], "platform.report", report | more
    )


def instance_id(deployment: Deployment, now: Instant, environment: str) -> str:
    """Return how AWS calls an environment: day, name, version and id (5.2)."""
    day = format_moment(now)[:10].replace("-", "/")
    return f"{day}/{deployment.name}[{deployment.version}]{environment}"


def status_of(ending: Ending) -> str:
    """Return AWS's word for an ending: success, error (reported), timeout, failure (died)."""
    if ending in {Ending.OK, Ending.ANSWERED}:
        return "success"
    if ending in {Ending.ERROR, Ending.TOO_LARGE}:
        return "error"
    return "timeout" if ending is Ending.TIMED_OUT else "failure"


def _tracing(header: str) -> Members:
    return {"tracing": {"type": "X-Amzn-Trace-Id", "value": header}} if header else {}


def _line(deployment: Deployment, now: Instant, level: str, event: str, record: Members) -> bytes:
    """Return one record as a line, or nothing if its level lies below the function's."""
    least = deployment.settings.logging.system_level
    if _LEVELS.index(level) < _LEVELS.index(least):
        return b""
    entry = {"time": format_moment(now), "type": event, "record": record}
    return msgspec.json.encode(entry) + b"\n"


def _ms(duration_us: int) -> msgspec.Raw:
    """Return a number of milliseconds with one to three decimals: 3010 is 3.01."""
    decimals = f"{duration_us % 1_000:03d}".rstrip("0") or "0"
    return msgspec.Raw(f"{duration_us // 1_000}.{decimals}".encode())
