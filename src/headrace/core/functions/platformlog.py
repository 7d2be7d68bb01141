"""What the platform writes into a log stream, in the format that the function has asked for.

Text lines stand in `loglines`, JSON records in `platformrecords`; here is said which events are
told in either, and what is billed. Source: spec/lambda.md 4.4, 5.1, 5.2.
"""

from headrace.base.instant import Instant
from headrace.core.functions import loglines, platformrecords
from headrace.core.functions.commands import (
    EnvironmentStarted,
    Invoke,
    InvokeEnded,
    TemplatePrepared,
)
from headrace.core.functions.instants import format_day
from headrace.core.functions.outcomes import (
    Ending,
    error_type,
    fault_of,
    reported_type,
)
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Deployment


def log_stream(deployment: Deployment, started_at: Instant, environment: str) -> str:
    """Return the name of an environment's stream: day of its start, version, id.

    In a group that is not the function's own the function's name stands before the version, so
    that several functions can share it.
    """
    shares = deployment.settings.logging.group != f"/aws/lambda/{deployment.name}"
    name = deployment.name if shares else ""
    return f"{format_day(started_at)}/{name}[{deployment.version}]{environment}"


def opening(
    deployment: Deployment, interpreter: Interpreter, now: Instant, environment: str, kind: str
) -> bytes:
    """Return what opens a stream; `kind` is the initialization type."""
    restores = kind == "snap-start"
    if _is_json(deployment):
        record = platformrecords.restore_start if restores else platformrecords.init_start
        return record(deployment, interpreter, now, environment, kind)
    line = loglines.restore_start if restores else loglines.init_start
    return line(deployment, interpreter)


def template_opening(
    deployment: Deployment, interpreter: Interpreter, now: Instant, environment: str
) -> bytes:
    """Return what opens the stream of a template's init phase."""
    if _is_json(deployment):
        return platformrecords.init_start(deployment, interpreter, now, environment, "snap-start")
    return loglines.init_start(deployment, interpreter)


def extensions(deployment: Deployment, now: Instant, end: EnvironmentStarted) -> bytes:
    """Return what is told of the external extensions of an environment (T9)."""
    if _is_json(deployment):
        records = (
            platformrecords.extension(deployment, now, one.name, one.state, one.events)
            for one in end.extensions
        )
        return b"".join(records)
    lines = (loglines.extension(one.name, one.state, one.events) for one in end.extensions)
    return b"".join(lines)


def init_end(
    deployment: Deployment, now: Instant, kind: str, phase: str, end: EnvironmentStarted
) -> bytes:
    """Return what is told of an init phase that is over; `phase` is "init" or "invoke".

    As text, one that went well is told of only if it took place ahead of need (T7).
    """
    error = _error_type(end)
    if _is_json(deployment):
        return platformrecords.init_end(
            deployment, now, kind, phase, end.duration_us, end.ending, error
        )
    if end.ending is Ending.OK and kind != "provisioned-concurrency":
        return b""
    return loglines.init_report(end.duration_us, phase, end.ending, error)


def template_end(deployment: Deployment, now: Instant, end: TemplatePrepared) -> bytes:
    """Return what is told of the init phase of a template that is over, if there was one (T7)."""
    if end.ending in {Ending.REFUSED, Ending.UNUSABLE}:
        return b""
    error = _error_type(end)
    if _is_json(deployment):
        return platformrecords.init_end(
            deployment, now, "snap-start", "init", end.duration_us, end.ending, error
        )
    return loglines.init_report(end.duration_us, "init", end.ending, error)


def restore_end(deployment: Deployment, now: Instant, duration_us: int) -> bytes:
    """Return what is told of an environment that came from a template (T8)."""
    if _is_json(deployment):
        return platformrecords.restore_end(deployment, now, duration_us)
    return loglines.restore_report(duration_us)


def start(deployment: Deployment, now: Instant, command: Invoke) -> bytes:
    """Return what stands before an invoke's own lines."""
    if _is_json(deployment):
        arn = command.reference.qualified_arn
        return platformrecords.start(deployment, now, command.request_id, arn, command.trace_header)
    return loglines.start(command.request_id, deployment.version)


def end(
    deployment: Deployment,
    now: Instant,
    command: Invoke,
    duration_us: int,
    init_us: int | None,
    end: InvokeEnded | EnvironmentStarted,
) -> bytes:
    """Return what stands behind an invoke's own lines.

    Args:
        duration_us: How long the invoke took, an init phase inside it included.
        init_us: How long the environment's init took, on its first invoke only.
        end: How the invoke ended, or the init phase inside it that failed.
    """
    memory_mb = deployment.settings.memory_mb
    peak_mb = memory_mb if end.ending is Ending.OUT_OF_MEMORY else end.memory_peak_mb
    restored = deployment.has_template
    if not _is_json(deployment):
        return loglines.report(
            command.request_id,
            duration_us,
            init_us,
            memory_mb,
            peak_mb,
            end.ending,
            error_type_for_text(end),
            restored=restored,
        )
    beginning = "restoreDurationMs" if restored else "initDurationMs"
    return platformrecords.end(
        deployment,
        now,
        command.request_id,
        command.trace_header,
        duration_us,
        loglines.billed_ms(duration_us, init_us, restored=restored),
        None if init_us is None else (beginning, init_us),
        peak_mb,
        len(end.payload) if end.ending is Ending.ANSWERED else 0,
        end.ending,
        _error_type(end),
    )


def error_type_for_text(end: InvokeEnded | EnvironmentStarted) -> str:
    """Return what a REPORT names as the error's type; empty for a sound runtime.

    A handler that raised is no fault of the runtime and is not named (spec/lambda.md T6); an init
    phase that failed is.
    """
    if isinstance(end, InvokeEnded) and end.ending is Ending.ERROR:
        return ""
    return _error_type(end)


def _error_type(end: InvokeEnded | EnvironmentStarted | TemplatePrepared) -> str:
    """Return the error type of an ending; empty if it went well."""
    if end.ending in {Ending.OK, Ending.ANSWERED}:
        return ""
    if end.ending is Ending.ERROR:
        return reported_type(end.payload)
    return fault_of(end.ending, end.error_type, end.payload)[0] or error_type(end.ending)


def _is_json(deployment: Deployment) -> bool:
    return deployment.settings.logging.format == "JSON"
