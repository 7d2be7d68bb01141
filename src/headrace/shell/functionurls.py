"""Serve function URLs: a plain HTTP request runs a function, and its result is the answer."""

import logging
from typing import Any

from headrace.api.functions.payload import check_size
from headrace.api.urls.address import Address
from headrace.api.urls.answer import answer_of, failed
from headrace.api.urls.cors import answer_preflight, with_permission
from headrace.api.urls.event import Visitor, event_of
from headrace.base.arn import partition_of
from headrace.base.errors import ServiceError
from headrace.core.functions.commands import Invoke
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.replies import Invoked
from headrace.core.functions.url import AUTH_NONE, RESPONSE_STREAM, Url
from headrace.core.functions.urlaccess import may_use
from headrace.ports.entropy import Entropy
from headrace.shell.driver import Driver
from headrace.shell.exchange import Exchange
from headrace.shell.identity import Identities
from headrace.shell.rooms import Rooms
from headrace.shell.streams import Streams
from headrace.shell.urlstream import UrlSender
from headrace.wire.answer import encode_error
from headrace.wire.call import Form
from headrace.wire.call import Protocol as Speech
from headrace.wire.credentials import read_credentials
from headrace.wire.envelope import HttpResponse

log = logging.getLogger(__name__)

_LAMBDA = Speech(Form.REST_JSON, "lambda")

#: Statuses of refusals that callers are told in AWS's words; others are a 502.
_TOLD = frozenset({413, 429, 503})

_DENIED = [("Content-Type", "application/json"), ("x-amzn-ErrorType", "AccessDeniedException")]
_UNKNOWN = HttpResponse(403, _DENIED, b'{"Message":null}')
_FORBIDDEN = HttpResponse(
    403,
    _DENIED,
    b'{"Message":"Forbidden. For troubleshooting Function URL authorization issues, see: '
    b'https://docs.aws.amazon.com/lambda/latest/dg/urls-auth.html"}',
)

#: Keeps a browser from taking what a function answers on a path of this server for a page of the
#: server itself, which may send any request to it.
_SANDBOX = ("Content-Security-Policy", "sandbox allow-scripts allow-forms allow-popups")


class FunctionUrls:
    """Runs functions for whoever calls their URLs and may."""

    def __init__(
        self,
        driver: Driver,
        rooms: Rooms,
        entropy: Entropy,
        identities: Identities,
        streams: Streams,
    ) -> None:
        """Look URLs up in `rooms`, submit invokes to `driver`, and take streams by `streams`."""
        self._driver = driver
        self._streams = streams
        self._rooms = rooms
        self._entropy = entropy
        self._identities = identities

    def serve(self, exchange: Exchange, address: Address) -> None:
        """Answer a request to a function URL, now or later."""
        visit = _Visit(exchange, address, self._entropy.uuid())
        driver = self._driver
        if not driver.running:
            driver.reply(None, visit.take)
            return
        found = self._rooms.functions.directory.find_url(address.id)
        if found is None or address.region not in {"", found[0].region}:
            driver.reply(_UNKNOWN, visit.take)
            return
        function, qualifier = found
        visit.url = url = function.urls[qualifier]
        preflight = answer_preflight(exchange.request, url.cors)
        if preflight is not None:
            driver.reply(preflight, visit.take)
            return
        visitor = self._visitor(exchange, url)
        policy = function.policies.get(qualifier)
        if not may_use(url, policy, visitor.account, function.account, function.region):
            driver.reply(_FORBIDDEN, visit.take)
            return
        target = FunctionReference(
            function.account, function.region, function.name, qualifier or None
        )
        self._invoke(visit, visitor, target)

    def _invoke(self, visit: "_Visit", visitor: Visitor, target: FunctionReference) -> None:
        driver = self._driver
        now = driver.clock.now()
        request = visit.exchange.request
        visit.trace_header = request.headers.get("x-amzn-trace-id") or (
            f"Root=1-{now // 1_000:08x}-{self._entropy.take(12).hex()};Sampled=0"
        )
        payload = event_of(
            request, visit.address, visitor, visit.request_id, visit.trace_header, now
        )
        try:
            check_size(payload, "RequestResponse")
        except ServiceError as refusal:
            driver.reply(refusal, visit.take)
            return
        command = Invoke(target, payload, visit.request_id, trace_header=visit.trace_header)
        # A caller who wants the head only is answered when it is known how long the body is.
        if visit.streams and request.method != "HEAD":
            visit.sender = UrlSender(visit.exchange, visit.dress)
            self._streams[visit.request_id] = visit.sender
            driver.submit(command, lambda reply: self._end(visit, reply), now)
        else:
            driver.submit(command, visit.take, now)

    def _end(self, visit: "_Visit", reply: Any) -> None:
        self._streams.pop(visit.request_id, None)
        visit.take(reply)

    def _visitor(self, exchange: Exchange, url: Url) -> Visitor:
        """Return who calls; a URL for everybody looks at no credentials."""
        peer = exchange.line.peer
        credentials = read_credentials(exchange.request)
        if url.auth_type == AUTH_NONE or not credentials.access_key_id:
            return Visitor(peer)
        identity = self._identities.of(credentials, exchange.request.headers.get("host", ""))
        return Visitor(
            peer=peer,
            account=identity.account,
            access_key=credentials.access_key_id,
            user_id=identity.sender_id,
            arn=f"arn:{partition_of(identity.region)}:iam::{identity.account}:root",
        )


class _Visit:
    """One request to a function URL on its way to its answer."""

    __slots__ = ("address", "exchange", "request_id", "sender", "trace_header", "url")

    def __init__(self, exchange: Exchange, address: Address, request_id: str) -> None:
        self.exchange = exchange
        self.address = address
        self.request_id = request_id
        self.trace_header = ""
        self.url: Url | None = None  #: Once it is found.
        self.sender: UrlSender | None = None  #: Who takes the answer while it is written.

    @property
    def streams(self) -> bool:
        """Whether the function may write its answer bit by bit."""
        return self.url is not None and self.url.invoke_mode == RESPONSE_STREAM

    def take(self, reply: Any) -> None:
        """Answer with a reply of the driver; a bug on the way is answered with a 502.

        A stream that was begun ends, whatever the reply: its caller has status and headers already.
        After a failure it is broken off, for a body that ends well says that it is whole.
        """
        if self.sender is not None:
            is_whole = isinstance(reply, Invoked) and reply.function_error is None
            if is_whole:
                self.sender.end()
            else:
                self.sender.break_off()
            if self.sender.has_begun:
                return
        try:
            answer = self._answer(reply)
        except Exception:
            log.exception("a bug while answering a function URL")
            answer = failed()
        self.exchange.answer(self.dress(answer))

    def dress(self, answer: HttpResponse) -> HttpResponse:
        """Return an answer with the headers that every answer carries."""
        if self.trace_header and self.url is not None:  # it is the function's, not the server's own
            answer = with_permission(self.exchange.request, self.url.cors, answer)
        headers = [*answer.headers]
        if not any(name.lower() == "x-amzn-requestid" for name, _ in headers):
            headers.append(("x-amzn-RequestId", self.request_id))
        if self.trace_header:
            headers.append(("X-Amzn-Trace-Id", self.trace_header))
        if self.address.is_path:
            headers.append(_SANDBOX)
        return HttpResponse(answer.status, headers, answer.body)

    def _answer(self, reply: Any) -> HttpResponse:
        if isinstance(reply, Invoked):
            if reply.function_error is not None:
                return failed()
            unsent = b"" if self.sender is None else self.sender.unsent
            return answer_of(unsent + reply.payload, streams=self.streams)
        if isinstance(reply, HttpResponse):
            return reply
        assert isinstance(reply, ServiceError), "a function URL got a reply that is none"
        if reply.status in _TOLD:
            return encode_error(_LAMBDA, reply, self.request_id)
        return failed()
