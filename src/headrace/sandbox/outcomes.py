"""What came of an init phase or an invoke, in the port's words."""

from headrace.ports.sandbox import InitOutcome, InitStatus, InvokeOutcome, InvokeStatus
from headrace.sandbox.dialogue import Answer
from headrace.sandbox.processes import Ended, ProcessTree

#: Kinds of answers that end an init phase, and how.
INIT_ENDINGS = {
    "ready": InitStatus.OK,
    "init_error": InitStatus.ERROR,
    "fault": InitStatus.FAULT,
}
_INVOKE_STATUS = {
    "result": InvokeStatus.ANSWERED,
    "too_large": InvokeStatus.TOO_LARGE,
    "fault": InvokeStatus.FAULT,
}


def init_outcome(
    answer: Answer | None, duration_ns: int, tree: ProcessTree, *, timed_out: bool
) -> InitOutcome:
    """Return what came of an init phase; without an answer the tree has ended."""
    peak = tree.memory_peak_mb()
    if answer is None:
        return InitOutcome(
            InitStatus.TIMED_OUT if timed_out else InitStatus(_how(tree)),
            duration_ns,
            exit_status=tree.exit_status,
            signal=tree.signal,
            memory_peak_mb=peak,
        )
    status = INIT_ENDINGS[answer.kind]
    return InitOutcome(
        status,
        duration_ns,
        b"" if status is InitStatus.OK else answer.payload,
        memory_peak_mb=peak,
        error_type=answer.error_type if status is InitStatus.FAULT else "",
    )


def invoke_outcome(
    answer: Answer | None, duration_ns: int, peak_mb: int, tree: ProcessTree, *, timed_out: bool
) -> InvokeOutcome:
    """Return what came of an invoke; without an answer its time is over or the tree has ended."""
    if answer is None:
        return InvokeOutcome(
            InvokeStatus.TIMED_OUT if timed_out else InvokeStatus(_how(tree)),
            duration_ns,
            exit_status=tree.exit_status,
            signal=tree.signal,
            memory_peak_mb=peak_mb,
        )
    status = _INVOKE_STATUS.get(answer.kind, InvokeStatus.ERROR)
    return InvokeOutcome(
        status,
        duration_ns,
        b"" if status is InvokeStatus.TOO_LARGE else answer.payload,
        memory_peak_mb=peak_mb,
        error_type=answer.error_type if status in (InvokeStatus.ERROR, InvokeStatus.FAULT) else "",
    )


def _how(tree: ProcessTree) -> str:
    return (tree.ended or Ended.KILLED).value
