"""From request to command, and from reply to answer: the application behind the HTTP server.

Most operations run through without waiting: `serve` reads the request, asks the operation for its
command and submits it, and the driver's release writes the answer. Operations that must work first
(unpacking and storing code) have an entry in `prepare`.
"""

import logging
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any

import msgspec

from headrace import __version__
from headrace.api.context import Context
from headrace.api.operation import Operation, Prepared
from headrace.api.urls.address import address_of, is_function_url
from headrace.api.urls.answer import failed
from headrace.base.errors import ServiceError, ServiceUnavailable
from headrace.base.instant import Instant
from headrace.core.sqs.commands import ReceiveMessages
from headrace.ports.entropy import Entropy
from headrace.shell.admission import Admission
from headrace.shell.answering import BUG, Answering, Backstage, Bodies, ReceiveAnswering
from headrace.shell.driver import Driver
from headrace.shell.eventanswering import EventAnswering
from headrace.shell.exchange import Exchange
from headrace.shell.functionurls import FunctionUrls
from headrace.shell.identity import Identities, base_url_of
from headrace.shell.limits import (
    BODY_BYTES_MAX,
    CODE_BODY_BYTES_MAX,
    FUNCTION_BODY_BYTES_MAX,
    PAYLOAD_BODY_BYTES_MAX,
    SMALL_BODY_BYTES_MAX,
)
from headrace.shell.reader import Refused
from headrace.shell.rooms import Rooms
from headrace.wire.answer import encode_error
from headrace.wire.call import Call, Form
from headrace.wire.catalog import SERVICES
from headrace.wire.envelope import HttpRequest, HttpResponse
from headrace.wire.errors import (
    InvalidAction,
    NotImplementedHere,
    UnknownOperation,
    UnknownTarget,
)
from headrace.wire.route import decode, identify

log = logging.getLogger(__name__)

#: Works on the parameters of an operation before its command is made; may raise ServiceErrors.
Preparation = Callable[[dict[str, Any], Context], Awaitable[dict[str, Any]]]
#: Answers a request that speaks no protocol of AWS's.
Page = Callable[[HttpRequest], Coroutine[Any, Any, HttpResponse]]

HEALTH_PATH = "/_headrace/health"


class NotAdmitted(ServiceError):
    """The request comes from a web page, or calls this server by a name that it does not have."""

    code = "AccessDeniedException"
    query_code = "AccessDenied"
    status = 403
    fault = "Sender"


class TooLarge(ServiceError):
    """The body is longer than anything that this path takes."""

    code = "RequestEntityTooLargeException"
    query_code = "RequestEntityTooLarge"
    status = 413
    fault = "Sender"


_REFUSALS: dict[int, type[ServiceError]] = {
    403: NotAdmitted,
    413: TooLarge,
    503: ServiceUnavailable,
}
#: How the path ends of what brings a function's code, to the operation.
_BRINGS_CODE = {"/functions": "CreateFunction", "/code": "UpdateFunctionCode"}
_CODE_PATHS = tuple(_BRINGS_CODE)
#: X-Amz-Target of what sends no messages.
_SMALL_TARGETS = frozenset(
    f"{SERVICES['sqs'].target_prefix}.{name}"
    for name in SERVICES["sqs"].operations
    if not name.startswith("SendMessage")
)
_STOPPING = ServiceUnavailable("The server is stopping. Please try again.")


class Service:
    """Serves every operation in its tables."""

    def __init__(
        self,
        driver: Driver,
        rooms: Rooms,
        bodies: Bodies,
        entropy: Entropy,
        tables: Mapping[str, Mapping[str, Operation]],
        admission: Admission,
        identities: Identities,
        public_url: str = "",
    ) -> None:
        """Serve `tables`: the service's signing name to AWS's operation name to operation.

        `public_url` stands in queue URLs instead of what the caller used, unless it is empty.
        """
        self.driver = driver
        self.rooms = rooms
        self.backstage = Backstage(driver, bodies)
        #: AWS's operation name to what is to be done before its command is made.
        self.prepare: dict[str, Preparation] = {}
        #: Beginnings of paths that belong to no protocol, to who answers them.
        self.pages: dict[str, Page] = {}
        #: What the server is doing, for whoever asks: "starting", "running", "stopping".
        self.state = "starting"
        self._entropy = entropy
        self._tables = tables
        self._admission = admission
        self._identities = identities
        self._public_url = public_url
        self._urls = FunctionUrls(driver, rooms, entropy, identities, self.backstage.streams)
        self._is_draining = False

    # What the HTTP server asks.

    @property
    def is_pressed(self) -> bool:
        """Whether nothing more should be read for now."""
        return self.driver.is_pressed

    def body_limit(self, method: str, target: str, headers: dict[str, str]) -> int:
        """Let the request in and return how long its body may be.

        Raises:
            Refused: It is not let in.
        """
        is_url = is_function_url(target, headers)
        refusal = self._admission.refusal(headers, is_for_pages=is_url)
        if refusal is not None:
            raise Refused(403, refusal)
        if is_url:
            return PAYLOAD_BODY_BYTES_MAX
        if method == "PUT" and _is_upload(method, target, headers):
            return CODE_BODY_BYTES_MAX  # whatever the key of the object looks like
        if "/functions" in target:
            path = target.partition("?")[0].rstrip("/")
            if path.endswith(_CODE_PATHS):
                return FUNCTION_BODY_BYTES_MAX
            if path.endswith(("/invocations", "/response-streaming-invocations")):
                return PAYLOAD_BODY_BYTES_MAX
        if "/layers/" in target and target.partition("?")[0].rstrip("/").endswith("/versions"):
            return CODE_BODY_BYTES_MAX
        if headers.get("x-amz-target") in _SMALL_TARGETS:
            return SMALL_BODY_BYTES_MAX
        return BODY_BYTES_MAX

    def serve(self, exchange: Exchange) -> None:
        """Answer a request, now or later."""
        try:
            self._serve(exchange)
        except Exception:
            log.exception("a bug while serving")
            self._answer_for_bug(exchange)

    def refuse(self, head: HttpRequest, status: int, sentence: str) -> HttpResponse:
        """Write what the HTTP server turns away in the words of the request's protocol."""
        protocol = identify(head)
        kind = _REFUSALS.get(status)
        if kind is None or protocol.form is Form.NONE:
            text = f"{sentence}\n".encode()
            return HttpResponse(status, [("Content-Type", "text/plain; charset=utf-8")], text)
        if kind is TooLarge and protocol.form is Form.REST_JSON:
            sentence = _code_is_too_large(head) or sentence
        return encode_error(protocol, kind(sentence), self._entropy.uuid())

    # What the server's life asks.

    def drain(self) -> None:
        """Answer parked receives with nothing; refuse receives, invokes and creations from now on.

        What a function under way may still need (sends, deletes) goes on.
        """
        self._is_draining = True
        self.state = "stopping"
        for answering in list(self.backstage.receives):
            answering.withdraw(answering.answer_empty)

    async def settled(self) -> None:
        """Return when no request is being prepared and no answer's bodies are being read."""
        await self.backstage.settled()

    def _serve(self, exchange: Exchange) -> None:
        request = exchange.request
        if is_function_url(request.target, request.headers):
            self._serve_url(exchange)
            return
        page = self._page_of(request)
        if page is not None:
            work = self._answer_with(page, exchange)
            self.backstage.begin(work, lambda: self._answer_for_bug(exchange))
            return
        protocol = identify(request)
        try:
            call = decode(protocol, request)
        except ServiceError as refusal:
            if protocol.form is Form.NONE and request.path == HEALTH_PATH:
                exchange.answer(self._health())
            else:
                exchange.answer(encode_error(protocol, refusal, self._entropy.uuid()))
            return
        operation = self._tables[call.service].get(call.operation)
        context = self.context_of(call)
        if operation is None:
            unknown = _not_served(call)
            exchange.answer(encode_error(protocol, unknown, context.request_id, call.operation))
            return
        kind = _ANSWERINGS.get(call.operation, Answering)
        answering = kind(self.backstage, exchange, call, operation, context)
        if self._is_draining and call.operation in _REFUSED_WHILE_DRAINING:
            answering.refuse(_STOPPING)
            return
        prepare = self.prepare.get(call.operation)
        if prepare is None:
            self._submit(answering)
        else:
            exchange.blocks = True
            context.now = self.driver.clock.now()
            work = self._prepare_and_submit(answering, prepare)
            self.backstage.begin(work, answering.refuse_for_bug)

    def _serve_url(self, exchange: Exchange) -> None:
        """Answer a request to a function URL, which is never one of AWS's protocols."""
        address = address_of(exchange.request)
        assert address is not None
        if self._is_draining:
            exchange.answer(failed(503, "Service Unavailable"))
        else:
            self._urls.serve(exchange, address)

    def _page_of(self, request: HttpRequest) -> Page | None:
        """Return who answers a path of ours, whatever protocol the request seems to speak."""
        if not request.target.startswith(("/_", "/metrics")):
            return None
        for beginning, page in self.pages.items():
            if request.path.startswith(beginning):
                return page
        return None

    async def _answer_with(self, page: Page, exchange: Exchange) -> None:
        exchange.answer(await page(exchange.request))

    def _answer_for_bug(self, exchange: Exchange) -> None:
        protocol = identify(exchange.request)
        exchange.answer(encode_error(protocol, BUG, self._entropy.uuid()))

    def _submit(self, answering: Answering) -> None:
        """Make the command and submit it in the same turn: what it looked up still holds."""
        driver = self.driver
        if not driver.running:
            driver.reply(None, answering.take)
            return
        context = answering.context
        context.now = driver.clock.now()
        context.block = driver.block
        try:
            command = answering.operation.command(answering.call.parameters, context, self.rooms)
        except ServiceError as refusal:
            driver.reply(refusal, answering.take)
            return
        if type(command) is Prepared:
            answering.operation = answering.operation._replace(answer=command.answer)
            command = command.command
        if command is None:
            driver.reply(None, answering.take)
        elif type(command) is ReceiveMessages:
            assert isinstance(answering, ReceiveAnswering)
            answering.submit(driver, command)
        elif type(answering) is EventAnswering:
            answering.submit(driver, command)
        else:
            driver.submit(command, answering.take, context.now)

    async def _prepare_and_submit(self, answering: Answering, prepare: Preparation) -> None:
        try:
            parameters = await prepare(answering.call.parameters, answering.context)
        except ServiceError as refusal:
            answering.refuse(refusal)
            return
        answering.call = msgspec.structs.replace(answering.call, parameters=parameters)
        self._submit(answering)

    def context_of(self, call: Call) -> Context:
        """Return what is known before the command is made; `_submit` adds instant and block."""
        headers = call.headers
        entropy = self._entropy
        identity = self._identities.of(call.credentials, headers.get("host", ""))
        return Context(  # in the order of its fields, which is faster than by name
            identity.account,
            identity.region,
            entropy.uuid(),
            entropy.take(16),
            Instant(0),
            0,
            self._public_url or base_url_of(headers),
            identity.sender_id,
            headers.get("x-amzn-trace-id"),
        )

    def _health(self) -> HttpResponse:
        state = self.state
        if state == "running" and not self.driver.running:
            state = "recovering"
        document = {"service": "headrace", "version": __version__, "state": state}
        status = 200 if state == "running" else 503
        return HttpResponse(
            status, [("Content-Type", "application/json")], msgspec.json.encode(document) + b"\n"
        )


_REFUSED_WHILE_DRAINING = frozenset(
    {
        "ReceiveMessage",
        "Invoke",
        "InvokeAsync",
        "InvokeWithResponseStream",
        "CreateFunction",
        "CreateEventSourceMapping",
    }
)

#: AWS's operation name to who answers it, where that is more than a reply in one piece.
_ANSWERINGS: dict[str, type[Answering]] = {
    "ReceiveMessage": ReceiveAnswering,
    "InvokeWithResponseStream": EventAnswering,
}


def _is_upload(method: str, target: str, headers: dict[str, str]) -> bool:
    return identify(HttpRequest(method, target, headers, b"")).form is Form.REST_XML


def _not_served(call: Call) -> ServiceError:
    """Return what AWS says of an operation that it does not know."""
    if call.protocol.form is Form.REST_XML:
        return NotImplementedHere(f"The operation {call.operation} is not served here.")
    if call.protocol.form in {Form.QUERY_XML, Form.QUERY_JSON}:
        return InvalidAction(f"The action {call.operation} is not valid for this endpoint.")
    unknown = UnknownTarget if call.protocol.form is Form.JSON else UnknownOperation
    return unknown(f"The operation {call.operation} is not served here.")


def _code_is_too_large(head: HttpRequest) -> str:
    """Return AWS's sentence for a function's code that is too long; empty: it brings none."""
    for end, operation in _BRINGS_CODE.items():
        if head.path.rstrip("/").endswith(end):
            limit = FUNCTION_BODY_BYTES_MAX + 1
            return f"Request must be smaller than {limit} bytes for the {operation} operation"
    return ""
