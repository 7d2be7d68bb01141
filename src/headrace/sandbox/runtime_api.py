"""Lambda's Runtime API: what a runtime may do in which state, and what it is answered.

    STARTED ─next─► READY ─event─► RUNNING ─response, error─► ANSWERED ─next─► READY
       └─init/error─► FAILED          └─► RESPONDING ─its end──────┘

Source: spec/lambda.md 2.3, 3.1, 3.3. Knows no socket: `endpoint.py` brings the requests. A streamed
response goes on its way bit by bit where the caller takes it so, and is taken whole where not; its
trailers count in both cases.
"""

import base64
import binascii
import uuid
from collections.abc import Callable
from enum import Enum

import msgspec

from headrace.ports.sandbox import AnswerStream, Invocation
from headrace.sandbox import limits
from headrace.sandbox.answerflow import AnswerFlow, Valve
from headrace.sandbox.dialogue import Answer, AnswerTaker, end_of_stream
from headrace.sandbox.webserver import BodyTaker, Exchange, Reply, Request

_ERROR_TYPE = "lambda-runtime-function-error-type"
_ERROR_BODY = "lambda-runtime-function-error-body"
_INVOCATION_ID = "lambda-runtime-invocation-id"
_RESPONSE_MODE = "lambda-runtime-function-response-mode"

ACCEPTED = Reply(202, b'{"status":"OK"}\n')


class State(Enum):
    """Where a runtime is; the values are AWS's words in error messages."""

    STARTED = "Started"
    READY = "Ready"
    RUNNING = "Running"
    RESPONDING = "InvocationResponse"  #: A streamed response has begun.
    ANSWERED = "ResponseSent"
    FAILED = "InitError"


def refusal(status: int, kind: str, text: str) -> Reply:
    """Return an error document of the Runtime API."""
    return Reply(status, msgspec.json.encode({"errorMessage": text, "errorType": kind}) + b"\n")


class StreamedBody:
    """The body of a streamed response; a `BodyTaker`."""

    def __init__(self, flow: AnswerFlow, lose: Callable[["StreamedBody"], None]) -> None:
        self.flow = flow
        self._lose = lose

    def add(self, piece: bytes) -> None:
        """Pass a piece on."""
        self.flow.add(piece)

    def lose(self) -> None:
        """The runtime has broken it off."""
        self._lose(self)


class RuntimeApi:
    """The runtime of one environment; a `Dialogue`."""

    def __init__(self, take_answer: AnswerTaker) -> None:
        self.state = State.STARTED
        self._take_answer = take_answer
        self._invocation: Invocation | None = None  #: The event in hand, or to be handed over.
        self._request_id = ""  #: Of the event in hand, or of the last one.
        self._invocation_id = ""
        self._asking: list[Exchange] = []  #: Those who wait in `next`.
        self._stream: AnswerStream | None = None  #: Who takes the event's answer bit by bit.
        self._body: StreamedBody | None = None  #: The streamed response under way.
        self._answer: Answer | None = None  #: Given, but the runtime has not come back yet.

    # --- the environment's side --------------------------------------------------------------

    def deliver(self, invocation: Invocation) -> None:
        """Hand over one event, now or when the runtime asks."""
        self._invocation = invocation
        if self.state is State.READY:
            self._hand_over()

    def release(self) -> bool:
        """Give the answer of a runtime that has not come back; False when there is none."""
        answer, self._answer = self._answer, None
        if answer is None:
            return False
        self._take_answer(answer)
        return True

    # --- the runtime's side ------------------------------------------------------------------

    def next(self, _request: Request, exchange: Exchange) -> None:
        """GET /runtime/invocation/next: wait for an event."""
        if self.state in {State.RUNNING, State.RESPONDING, State.FAILED}:
            exchange.answer(self._wrong_state(State.READY))
            return
        before, self.state = self.state, State.READY
        self._asking.append(exchange)
        if before is State.STARTED:
            self._take_answer(Answer("ready"))
        elif before is State.ANSWERED:
            self.release()
        self._hand_over()

    def open_body(self, request_id: str, request: Request, valve: Valve) -> BodyTaker | None:
        """POST /runtime/invocation/{id}/response begins: return who takes what is streamed.

        None: the body comes whole, because nobody wants it sooner or it will be refused.
        """
        if self._stream is None or request.headers.get(_RESPONSE_MODE) != "streaming":
            return None
        if self._refuse(request_id, request, "InvocationResponse") is not None:
            return None
        self.state = State.RESPONDING
        self._body = StreamedBody(AnswerFlow(self._stream, valve), self._lose)
        self._body.flow.begin(request.headers.get("content-type", ""))
        return self._body

    def respond(self, request_id: str, request: Request, exchange: Exchange) -> None:
        """POST /runtime/invocation/{id}/response: take a result."""
        refused = self._refuse(request_id, request, "InvocationResponse")
        mode = request.headers.get(_RESPONSE_MODE, "")
        if refused is None and mode not in {"", "streaming"}:
            refused = refusal(400, "InvalidFunctionResponseMode", "Invalid function response mode")
        if refused is not None:
            exchange.answer(refused)
        elif request.is_too_large:
            self._note(Answer("too_large"))
            exchange.answer(
                refusal(
                    413,
                    "RequestEntityTooLarge",
                    f"Exceeded maximum allowed payload size ({limits.RESULT_BYTES_MAX} bytes).",
                )
            )
        elif _ERROR_TYPE in request.trailers:
            document = _decode(request.trailers.get(_ERROR_BODY, ""))
            self._note(Answer("error", request.trailers[_ERROR_TYPE], document))
            exchange.answer(ACCEPTED)
        else:
            body = self._body
            whole = Answer("result", "", request.body)
            self._note(whole if body is None else end_of_stream(body.flow))
            exchange.answer(ACCEPTED)

    def fail(self, request_id: str, request: Request, exchange: Exchange) -> None:
        """POST /runtime/invocation/{id}/error: take a function error."""
        refused = self._refuse(request_id, request, "InvocationErrorResponse")
        if refused is None:
            self._note(Answer("error", request.headers.get(_ERROR_TYPE, ""), request.body))
        exchange.answer(refused or ACCEPTED)

    def fail_init(self, request: Request, exchange: Exchange) -> None:
        """POST /runtime/init/error: the init phase has failed."""
        if self.state is not State.STARTED:
            exchange.answer(self._wrong_state(State.FAILED))
            return
        self.state = State.FAILED
        exchange.answer(ACCEPTED)
        self._take_answer(Answer("init_error", request.headers.get(_ERROR_TYPE, ""), request.body))

    # --- inside ------------------------------------------------------------------------------

    def _hand_over(self) -> None:
        self._asking = [one for one in self._asking if one.is_open]
        if self._invocation is None or not self._asking:
            return
        invocation, self._invocation = self._invocation, None
        self.state = State.RUNNING
        self._request_id = invocation.request_id
        self._stream, self._body = invocation.stream, None
        self._invocation_id = str(uuid.uuid4())
        headers = {
            "Lambda-Runtime-Aws-Request-Id": invocation.request_id,
            "Lambda-Runtime-Deadline-Ms": str(invocation.deadline_epoch_ms),
            "Lambda-Runtime-Invoked-Function-Arn": invocation.invoked_function_arn,
            "Lambda-Runtime-Trace-Id": invocation.trace_header,
            "Lambda-Runtime-Client-Context": invocation.client_context,
            "Lambda-Runtime-Invocation-Id": self._invocation_id,
        }
        shown = {name: one_line(value) for name, value in headers.items() if value}
        self._asking.pop(0).answer(Reply(200, invocation.payload, shown))

    def _refuse(self, request_id: str, request: Request, wanted: str) -> Reply | None:
        """Return why an answer is not taken; None: it is."""
        if request_id != self._request_id:
            return refusal(400, "InvalidRequestID", "Invalid request ID")
        if request.headers.get(_INVOCATION_ID, self._invocation_id) != self._invocation_id:
            return refusal(410, "InvokeTimeout", "Invoke timeout")
        awaited = State.RESPONDING if request.is_streamed else State.RUNNING
        if self.state is not awaited:
            return refusal(403, "InvalidStateTransition", _not_allowed(self.state, wanted))
        return None

    def _lose(self, body: StreamedBody) -> None:
        """End an answer whose connection ended before it did."""
        if body is self._body:
            error_type = "Runtime.TruncatedResponse"
            document = {
                "errorMessage": "HTTP request detected as truncated",
                "errorType": error_type,
            }
            self._note(Answer("error", error_type, msgspec.json.encode(document)))

    def _note(self, answer: Answer) -> None:
        self.state = State.ANSWERED
        if self._body is not None:
            self._body.flow.close()
        self._stream = self._body = None
        self._answer = answer

    def _wrong_state(self, wanted: State) -> Reply:
        return refusal(403, "InvalidStateTransition", _not_allowed(self.state, wanted.value))


def _not_allowed(state: State, wanted: str) -> str:
    return (
        f"State transition from {state.value} to {wanted} failed for runtime. "
        "Error: State transition is not allowed"
    )


def _decode(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        return text.encode()


def one_line(value: str) -> str:
    """Return a text as the value of a header, which ends with its line."""
    return " ".join(value.split("\r\n")).replace("\n", " ").replace("\r", " ")
