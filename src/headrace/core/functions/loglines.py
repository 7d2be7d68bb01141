"""The platform's log lines in Text: INIT_START, START, END, REPORT.

Durations are whole microseconds and shown as milliseconds with two decimals.
Source: spec/lambda.md 4.4, 5.1, 5.3.
"""

from collections.abc import Sequence

from headrace.core.functions.names import runtime_version_arn
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Deployment


def init_start(deployment: Deployment, interpreter: Interpreter) -> bytes:
    """Return the line that opens a stream, preceded by a warning if the runtime is another one."""
    return _opening("INIT_START", deployment, interpreter)


def restore_start(deployment: Deployment, interpreter: Interpreter) -> bytes:
    """Return the line that opens a stream of an environment that comes from a template (T8)."""
    return _opening("RESTORE_START", deployment, interpreter)


def _opening(word: str, deployment: Deployment, interpreter: Interpreter) -> bytes:
    runtime = deployment.settings.runtime
    arn = runtime_version_arn(deployment.region, interpreter.runtime)
    line = f"{word} Runtime Version: {interpreter.version_name}\tRuntime Version ARN: {arn}\n"
    if interpreter.runtime != runtime:
        line = (
            f"HEADRACE_WARNING: {runtime} was not found on this machine; {interpreter.runtime} "
            f"({interpreter.path}) runs this function instead.\n{line}"
        )
    return line.encode()


def init_report(duration_us: int, phase: str, ending: Ending, error_type: str) -> bytes:
    """Return the line about an init phase that failed, or took place ahead of need (T7).

    `phase` is "init" or "invoke".
    """
    status = _status(ending, error_type)
    return f"INIT_REPORT Init Duration: {_ms(duration_us)} ms\tPhase: {phase}{status}\n".encode()


def restore_report(duration_us: int) -> bytes:
    """Return the line about an environment that came from a template (T8)."""
    return f"RESTORE_REPORT Restore Duration: {_ms(duration_us)} ms\n".encode()


def extension(name: str, state: str, events: Sequence[str]) -> bytes:
    """Return the line about an external extension (T9)."""
    return f"EXTENSION\tName: {name}\tState: {state}\tEvents: [{','.join(events)}]\n".encode()


def start(request_id: str, version: str) -> bytes:
    """Return the line before an invoke's own lines."""
    return f"START RequestId: {request_id} Version: {version}\n".encode()


def report(
    request_id: str,
    duration_us: int,
    init_us: int | None,
    memory_mb: int,
    memory_peak_mb: int,
    ending: Ending,
    error_type: str,
    *,
    restored: bool = False,
) -> bytes:
    """Return the two lines behind an invoke's own lines: END and REPORT.

    Args:
        init_us: How long the init phase took, on the first invoke of an environment only.
        error_type: Empty when the runtime is sound, even if the handler raised.
        restored: Whether `init_us` is the time in which it came from a template; that is billed
            by itself.
    """
    init = "" if init_us is None else f"Init Duration: {_ms(init_us)} ms\t"
    if init_us is not None and restored:
        init = (
            f"Restore Duration: {_ms(init_us)} ms\t"
            f"Billed Restore Duration: {-(-init_us // 1_000)} ms\t"
        )
    status = _status(ending, error_type)
    end = status.removeprefix("\t") if status else ""
    return (
        f"END RequestId: {request_id}\n"
        f"REPORT RequestId: {request_id}\t"
        f"Duration: {_ms(duration_us)} ms\t"
        f"Billed Duration: {billed_ms(duration_us, init_us, restored=restored)} ms\t"
        f"Memory Size: {memory_mb} MB\t"
        f"Max Memory Used: {min(memory_peak_mb, memory_mb)} MB\t"
        f"{init}{end}\n"
    ).encode()


def billed_ms(duration_us: int, init_us: int | None, *, restored: bool) -> int:
    """Return what of an invoke is billed, rounded up: its init too, but for a restore (4.4)."""
    return -(-(duration_us + (0 if restored else init_us or 0)) // 1_000)


def _status(ending: Ending, error_type: str) -> str:
    if ending is Ending.TIMED_OUT:
        return "\tStatus: timeout"
    return f"\tStatus: error\tError Type: {error_type}" if error_type else ""


def _ms(duration_us: int) -> str:
    hundredths = (duration_us + 5) // 10
    return f"{hundredths // 100}.{hundredths % 100:02d}"
