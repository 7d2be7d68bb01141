"""What passes between an environment and the process that runs its function."""

from collections.abc import Callable
from typing import Protocol

import msgspec

from headrace.ports.sandbox import Invocation
from headrace.sandbox.frames import Connection, Header


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a runtime said.

    Kinds: "ready" and "init_error" end the init phase; "result", "error" and "too_large" an
    invoke; "fault" (its error type and a sentence as the payload) either of them, for good;
    "setup_failed" means that the sandbox could not be entered, for the reason in `error_type`.
    """

    kind: str
    error_type: str = ""
    payload: bytes = b""


class Dialogue(Protocol):
    """The protocol by which a function gets its events and answers them.

    It calls a function with each `Answer`, when the runtime is ready for the next event.
    """

    def deliver(self, invocation: Invocation) -> None:
        """Hand over one event."""
        ...

    def release(self) -> bool:
        """Give an answer that came although the runtime is not ready yet; False: there is none."""
        ...


#: Takes each answer.
AnswerTaker = Callable[[Answer], None]


class FrameDialogue:
    """Our own protocol, see `frames.py`; its answers arrive where all frames do."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def deliver(self, invocation: Invocation) -> None:
        """Hand over one event."""
        header: Header = {
            "id": invocation.request_id,
            "deadline_ms": invocation.deadline_epoch_ms,
            "arn": invocation.invoked_function_arn,
            "trace": invocation.trace_header,
            "client_context": invocation.client_context,
        }
        self._connection.send(header, invocation.payload)

    def release(self) -> bool:
        """Return False: an answer and readiness are one."""
        return False
