"""What an ending means for the caller and for the log: error documents and error types.

The sandbox reports facts (exited with status 1, killed by signal 9); here they become what AWS
makes of them. Source: spec/lambda.md 2.2, 5.1, L-A89.
"""

import re
from enum import Enum

import msgspec

from headrace.core.functions.limits import ANSWER_BYTES_MAX

#: AWS says this for every kind of failure (spec/lambda.md 2.1).
UNHANDLED = "Unhandled"

#: Names of signals as the Go runtime inside Lambda prints them.
_SIGNALS = {
    1: "hangup",
    2: "interrupt",
    3: "quit",
    4: "illegal instruction",
    5: "trace/breakpoint trap",
    6: "aborted",
    7: "bus error",
    8: "floating point exception",
    9: "killed",
    10: "user defined signal 1",
    11: "segmentation fault",
    12: "user defined signal 2",
    13: "broken pipe",
    14: "alarm clock",
    15: "terminated",
    24: "CPU time limit exceeded",
    25: "file size limit exceeded",
    31: "bad system call",
}

_ERROR_TYPE = re.compile(r"(?:Runtime|Function)\.[A-Z][a-zA-Z]+")


class Ending(Enum):
    """How an init phase or an invoke ended; the values are those of ports/sandbox.py."""

    OK = "ok"  #: Init only: ready for invokes.
    ANSWERED = "answered"
    ERROR = "error"
    EXITED = "exited"
    KILLED = "killed"
    OUT_OF_MEMORY = "out_of_memory"
    TIMED_OUT = "timed_out"
    TOO_LARGE = "too_large"
    FAULT = "fault"  #: Nothing to run, or an extension failed; error type and sentence say how.
    REFUSED = "refused"  #: Init only: the machine gave no environment.
    UNUSABLE = "unusable"  #: Init only: the code archive cannot be unpacked.
    LOST = "lost"  #: Invoke only: the environment was dead before the event came to it.
    #: Invoke only: it was ended before the event came to it, because its code has changed.
    STALE = "stale"


#: After these an environment can take the next invoke.
SURVIVED = frozenset({Ending.OK, Ending.ANSWERED, Ending.ERROR, Ending.TOO_LARGE})

#: After these its processes are gone, and others may take their place (spec/lambda.md 4.1).
RESET = frozenset(
    {Ending.EXITED, Ending.KILLED, Ending.OUT_OF_MEMORY, Ending.TIMED_OUT, Ending.FAULT}
)


class ExtensionState(msgspec.Struct, frozen=True, gc=False):
    """How far an external extension has come in the init phase, in AWS's words."""

    name: str
    state: str
    events: tuple[str, ...]


class _ErrorDocument(msgspec.Struct, gc=False):
    """The members of a runtime's error document that we look at."""

    error_type: str = msgspec.field(name="errorType", default="")


_decode_document = msgspec.json.Decoder(_ErrorDocument).decode


def error_document(
    ending: Ending,
    request_id: str,
    timeout_s: int,
    exit_status: int,
    signal: int,
    fault: tuple[str, str] = ("", ""),
) -> bytes:
    """Return the payload of an invoke whose runtime could not say itself what went wrong.

    Args:
        fault: For FAULT, the error type and a sentence.
    """
    if ending is Ending.TOO_LARGE:
        return (
            b'{"errorMessage":"Response payload size exceeded maximum allowed payload size '
            b'(%d bytes).","errorType":"Function.ResponseSizeTooLarge"}' % ANSWER_BYTES_MAX
        )
    if ending is Ending.TIMED_OUT:
        reason = f"Task timed out after {timeout_s}.00 seconds"
    elif ending is Ending.FAULT:
        reason = fault[1]
    elif ending is Ending.LOST or (ending is Ending.EXITED and exit_status == 0):
        reason = "Runtime exited without providing a reason"
    elif ending is Ending.EXITED:
        reason = f"Runtime exited with error: exit status {exit_status}"
    else:
        number = 9 if ending is Ending.OUT_OF_MEMORY else signal
        reason = f"Runtime exited with error: signal: {_SIGNALS.get(number, f'signal {number}')}"
    document = {
        "errorType": fault[0] or error_type(ending),
        "errorMessage": f"RequestId: {request_id} Error: {reason}",
    }
    return msgspec.json.encode(document)


def fault_of(ending: Ending, error_type: str, payload: bytes) -> tuple[str, str]:
    """Return error type and sentence of a fault; two empty texts for every other ending."""
    if ending is Ending.FAULT:
        return error_type, payload.decode("utf-8", "replace")
    return "", ""


def error_type(ending: Ending) -> str:
    """Return the error type of an ending that is not the runtime's own report."""
    if ending is Ending.TIMED_OUT:
        return "Sandbox.Timedout"
    if ending is Ending.OUT_OF_MEMORY:
        return "Runtime.OutOfMemory"
    if ending is Ending.TOO_LARGE:
        return "Function.ResponseSizeTooLarge"
    return "Runtime.ExitError"


def reported_type(document: bytes) -> str:
    """Return the error type of a runtime's error document, in the form that logs show.

    Kept if it has the form of a runtime's or function's error; else it is unknown (2.2).
    """
    try:
        found = _decode_document(document).error_type
    except msgspec.DecodeError:
        found = ""
    if _ERROR_TYPE.fullmatch(found):
        return found
    return "Function.Unknown" if found.startswith("Function.") else "Runtime.Unknown"
