"""What passes between an environment and the process that runs its function."""

from collections.abc import Callable
from typing import Any, Protocol

import msgspec

from headrace.ports.sandbox import Invocation
from headrace.sandbox import limits
from headrace.sandbox.answerflow import AnswerFlow
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


def end_of_stream(flow: AnswerFlow) -> Answer:
    """Return the answer to an invoke whose function has streamed it to its end."""
    if not flow.is_too_large:
        return Answer("result")
    error_type = "Function.ResponseSizeTooLarge"
    text = (
        "Response payload size exceeded maximum allowed payload size "
        f"({limits.STREAM_BYTES_MAX} bytes)."
    )
    document = {"errorMessage": text, "errorType": error_type}
    return Answer("error", error_type, msgspec.json.encode(document))


#: What frames of these kinds tell is an answer by itself.
_ANSWERS = frozenset(
    {"ready", "init_error", "setup_failed", "fault", "result", "error", "too_large"}
)


class Silence:
    """What is left to say when an environment is gone: nothing."""

    def deliver(self, invocation: Invocation) -> None:
        """Let an event go: there is nobody."""

    def release(self) -> bool:
        """Have no answer."""
        return False


class FrameDialogue:
    """Our own protocol, see `frames.py` and `child/runtime.py`."""

    def __init__(self, connection: Connection, take_answer: AnswerTaker) -> None:
        self._connection = connection
        self._take_answer = take_answer
        #: An answer in pieces, as far as it has come; None: it has become too large.
        self._pieces: bytearray | None = bytearray()
        #: Where pieces go instead, if somebody takes them.
        self._flow: AnswerFlow | None = None
        #: The answer of a runtime that is about to end by itself.
        self._last_words: Answer | None = None

    def deliver(self, invocation: Invocation) -> None:
        """Hand over one event."""
        self._pieces, self._last_words = bytearray(), None
        stream = invocation.stream
        self._flow = None if stream is None else AnswerFlow(stream, self._connection)
        header: Header = {
            "id": invocation.request_id,
            "deadline_ms": invocation.deadline_epoch_ms,
            "arn": invocation.invoked_function_arn,
            "trace": invocation.trace_header,
            "client_context": invocation.client_context,
        }
        self._connection.send(header, invocation.payload)

    def release(self) -> bool:
        """Give the answer of a runtime that said it would end."""
        answer, self._last_words = self._last_words, None
        if answer is not None:
            self._take_answer(answer)
        return answer is not None

    def hear(self, header: Header, body: bytes) -> None:
        """Take a frame; an answer that it completes is passed on."""
        kind = str(header.get("kind"))
        if kind == "stream" and self._flow is not None:
            self._flow.begin(str(header.get("content_type") or ""))
        elif kind == "chunk":
            self._add(body)
        elif kind == "stream_end":
            answer = self._end_of_stream()
            self._close_flow()
            self._take_answer(answer)
        elif kind in _ANSWERS:
            answer = _answer_of(kind, header, body)
            self._close_flow()
            if header.get("exits") is True:
                # Not before it has ended: until then it would seem ready for another event.
                self._last_words = answer
            else:
                self._take_answer(answer)

    def _add(self, piece: bytes) -> None:
        if self._flow is not None:
            self._flow.add(piece)
        elif self._pieces is None or len(self._pieces) + len(piece) > limits.RESULT_BYTES_MAX:
            self._pieces = None
        else:
            self._pieces += piece

    def _close_flow(self) -> None:
        flow, self._flow = self._flow, None
        if flow is not None:
            flow.close()

    def _end_of_stream(self) -> Answer:
        if self._flow is not None:
            return end_of_stream(self._flow)
        whole = self._pieces
        return Answer("too_large") if whole is None else Answer("result", "", bytes(whole))


def _answer_of(kind: str, header: dict[str, Any], body: bytes) -> Answer:
    if kind == "setup_failed":
        return Answer(kind, str(header.get("reason")))
    if kind == "fault":
        body = str(header.get("reason")).encode()
    return Answer(kind, str(header.get("type") or ""), body)
