"""Lambda's Telemetry API: what an environment does, told to the extensions that asked for it.

Source: spec/lambda.md 3.7, 5.2; AWS's pages "Telemetry API reference" and "event schema". Events
are objects {"time", "type", "record"} of three categories: platform (what we know), function and
extension (lines that they wrote). Those of the init phase are kept until it is over, so that who
subscribes in it misses none. Knows no socket: `couriers.py` has those.
"""

import time
from collections.abc import Callable
from typing import Any, Literal
from urllib.parse import urlsplit

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.instants import format_moment
from headrace.core.functions.loglines import billed_ms
from headrace.ports.sandbox import EnvironmentSpec, Invocation
from headrace.sandbox import limits
from headrace.sandbox.couriers import Destination, HttpDestination, TcpDestination
from headrace.sandbox.deliveries import Buffering, Delivery, Subscription
from headrace.sandbox.dialogue import Answer
from headrace.sandbox.runtime_api import refusal
from headrace.sandbox.webserver import Exchange, Reply, Request

_SCHEMAS = ("2022-07-01", "2022-12-13", "2025-01-29")
#: The host in a destination is the environment itself.
_HOSTS = ("sandbox.localdomain", "sandbox", "localhost", "127.0.0.1")

_PORT_MAX = 65_535
#: What the decoder says of a field that is always needed.
_MISSING = "Object missing required field `{}` - at `$.destination`"

Category = Literal["platform", "function", "extension"]
Members = dict[str, Any]


class _Destination(msgspec.Struct):
    """Where events go; in a subscription."""

    protocol: str
    uri: str | None = msgspec.field(name="URI", default=None)  #: HTTP's.
    port: int | None = None  #: TCP's.


class _Wish(msgspec.Struct):
    """The body of a subscription."""

    schema_version: str = msgspec.field(name="schemaVersion")
    types: list[Category]
    destination: _Destination
    buffering: Buffering = msgspec.field(default_factory=Buffering)


class Telemetry:
    """The events of one environment, and who gets them."""

    def __init__(
        self,
        spec: EnvironmentSpec,
        deliver: Callable[[Subscription], Delivery],
        memory_peak_mb: Callable[[], int],
        *,
        now: Callable[[], float] = time.time,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Begin with the init phase.

        Args:
            deliver: Makes what takes the events of a subscription.
            memory_peak_mb: Returns what platform.report says.
        """
        self._spec = spec
        self._deliver = deliver
        self._memory_peak_mb = memory_peak_mb
        self._now = now
        self._clock_ns = clock_ns
        self._deliveries: dict[str, Delivery] = {}
        #: What has happened in the init phase, by category; None: it is over.
        self._early: list[tuple[Category, bytes]] | None = []
        self._early_bytes = 0
        self._invocation: Invocation | None = None
        self._init_us: int | None = None  #: Told by the first report only.
        self._began_ns = clock_ns()
        self._is_runtime_done = False
        self._platform("initStart", self._init_record() | self._about_function())

    # --- what happens ------------------------------------------------------------------------

    def take_lines(self, category: Category, text: bytes) -> None:
        """Take whole lines that the function or its extensions wrote."""
        takers = self._takers(category)
        if not (takers or self._keeps_early()):
            return
        # One reading of a pipe may hold 65,536 lines: what they have in common is made once.
        head = msgspec.json.encode({"time": self._moment(), "type": category})[:-1] + b',"record":'
        for line in text.splitlines():
            event = head + msgspec.json.encode(self._record_of(line)) + b"}"
            self._pass_on(event, category, takers)

    def begin(self, invocation: Invocation) -> None:
        """Take note that an event goes out."""
        self._invocation = invocation
        self._began_ns = self._clock_ns()
        self._is_runtime_done = False
        record: Members = {
            "requestId": invocation.request_id,
            "version": self._spec.function_version,
        }
        self._platform("start", record | _tracing(invocation))

    def note_runtime(self, answer: Answer) -> None:
        """Take note that the runtime has done its part, of the init phase or of an invoke; once."""
        if self._is_runtime_done:
            return
        self._is_runtime_done = True
        status = _status_of(answer)
        if self._invocation is None:
            self._platform("initRuntimeDone", self._init_record() | _ending(status, answer))
            return
        record: Members = {"requestId": self._invocation.request_id, **_ending(status, answer)}
        metrics = {"durationMs": self._elapsed_ms(), "producedBytes": len(answer.payload)}
        self._platform("runtimeDone", record | {"metrics": metrics} | _tracing(self._invocation))

    def end_init(self, extensions: dict[str, list[str]], answer: Answer) -> None:
        """Take note that the init phase is over, for all; extensions' events by name."""
        if self._early is None:
            return
        for name, events in extensions.items():
            self._platform("extension", {"name": name, "state": "Ready", "events": events})
        ending = _ending(_status_of(answer), answer)
        self._init_us = (self._clock_ns() - self._began_ns) // 1_000
        metrics = {"durationMs": self._elapsed_ms()}
        self._platform("initReport", self._init_record() | ending | {"metrics": metrics})
        self._early = None

    def end(self, answer: Answer) -> None:
        """Take note that an invoke is over, for all; "timeout" and "failure" are no answers."""
        invocation, self._invocation = self._invocation, None
        if invocation is None:
            return
        duration_us = (self._clock_ns() - self._began_ns) // 1_000
        metrics: Members = {
            "durationMs": duration_us / 1_000,
            "billedDurationMs": billed_ms(duration_us, self._init_us, restored=False),
            "memorySizeMB": self._spec.memory_mb,
            "maxMemoryUsedMB": self._memory_peak_mb(),
        }
        if self._init_us is not None:
            metrics["initDurationMs"] = self._init_us / 1_000
            self._init_us = None
        record: Members = {
            "requestId": invocation.request_id,
            **_ending(_status_of(answer), answer),
            "metrics": metrics,
        }
        self._platform("report", record | _tracing(invocation))

    # --- who hears of it ---------------------------------------------------------------------

    def subscribe(self, name: str, request: Request, exchange: Exchange) -> None:
        """PUT /telemetry, from a registered extension."""
        try:
            wish = msgspec.json.decode(request.body, type=_Wish)
            destination = _find_destination(wish)
        except (msgspec.DecodeError, ValueError, RecursionError) as error:
            exchange.answer(refusal(400, "ValidationError", str(error)))
            return
        if self._early is None:
            text = "Telemetry API subscription is closed already"
            exchange.answer(refusal(403, "Telemetry.SubscriptionClosed", text))
            return
        former = self._deliveries.pop(name, None)
        if former is not None:
            former.close()
        types = frozenset(wish.types)
        subscription = Subscription(name, types, destination, wish.buffering)
        delivery = self._deliveries[name] = self._deliver(subscription)
        delivery.begin_with([event for category, event in self._early if category in types])
        exchange.answer(Reply(200, b'"OK"', content_type="text/plain"))
        told = {"name": name, "state": "Subscribed", "types": wish.types}
        self._platform("telemetrySubscription", told)

    @property
    def subscriber_count(self) -> int:
        """How many there are; no more when the init phase is over."""
        return len(self._deliveries)

    def pause(self) -> None:
        """Deliver nothing from now on: nobody is awake to hear it."""
        for delivery in self._deliveries.values():
            delivery.pause()

    def resume(self) -> None:
        """Go on delivering."""
        for delivery in self._deliveries.values():
            delivery.resume()

    def flush(self) -> None:
        """Deliver what waits, without waiting for more: the end is near."""
        for delivery in self._deliveries.values():
            delivery.resume()
            delivery.flush()

    def close(self) -> None:
        """Deliver nothing more."""
        for delivery in self._deliveries.values():
            delivery.close()

    # --- inside ------------------------------------------------------------------------------

    def _platform(self, kind: str, record: Members) -> None:
        self._note("platform", f"platform.{kind}", record)

    def _note(self, category: Category, kind: str, record: Any) -> None:
        event = {"time": self._moment(), "type": kind, "record": record}
        self._pass_on(msgspec.json.encode(event), category, self._takers(category))

    def _pass_on(self, event: bytes, category: Category, takers: list[Delivery]) -> None:
        if self._early is not None and self._keeps_early():
            self._early_bytes += len(event)
            self._early.append((category, event))
        for delivery in takers:
            delivery.take(event)

    def _keeps_early(self) -> bool:
        """Return whether events are kept for who subscribes later."""
        return self._early is not None and self._early_bytes <= limits.TELEMETRY_EARLY_BYTES_MAX

    def _takers(self, category: Category) -> list[Delivery]:
        return [one for one in self._deliveries.values() if category in one.subscription.types]

    def _moment(self) -> str:
        return format_moment(Instant(int(self._now() * 1_000)))

    def _record_of(self, line: bytes) -> Any:
        """Return a line as a record: an object where the function logs in JSON, else text."""
        if line.startswith(b"{") and self._spec.variables.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
            try:
                return msgspec.json.decode(line)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                pass
        return line.decode(errors="replace")

    def _elapsed_ms(self) -> float:
        return (self._clock_ns() - self._began_ns) // 1_000 / 1_000

    def _init_record(self) -> Members:
        return {"initializationType": self._spec.initialization_type, "phase": "init"}

    def _about_function(self) -> Members:
        spec = self._spec
        return {
            "functionName": spec.function_name,
            "functionVersion": spec.function_version,
            "instanceId": spec.environment_id,
            "instanceMaxMemory": spec.memory_mb * 1_048_576,
        }


def _find_destination(wish: _Wish) -> Destination:
    """Return where the events of a subscription are to go.

    Raises:
        ValueError: Something in it cannot be.
    """
    if wish.schema_version not in _SCHEMAS:
        raise ValueError(f"schemaVersion {wish.schema_version} is not supported")
    if not wish.types:
        raise ValueError("types must not be empty")
    read = _READERS.get(wish.destination.protocol)
    if read is None:
        raise ValueError(f"protocol {wish.destination.protocol} is not supported")
    destination = read(wish.destination)
    if destination.port < limits.TELEMETRY_PORT_MIN:
        least = limits.TELEMETRY_PORT_MIN
        raise ValueError(f"destination port {destination.port} must be {least} or more")
    if destination.port == limits.API_PORT:
        raise ValueError(f"destination port {limits.API_PORT} is reserved")
    wish.buffering.check()
    return destination


def _read_http(wish: _Destination) -> Destination:
    if wish.uri is None:
        raise ValueError(_MISSING.format("URI"))
    parts = urlsplit(wish.uri)
    if parts.scheme != "http" or parts.hostname not in _HOSTS:
        raise ValueError("destination URI must be http://sandbox.localdomain:port")
    return HttpDestination(parts.port or 80, parts.path or "/")


def _read_tcp(wish: _Destination) -> Destination:
    if wish.uri is not None:
        raise ValueError("destination URI must not be given for protocol TCP")
    if wish.port is None:
        raise ValueError(_MISSING.format("port"))
    if not 0 <= wish.port <= _PORT_MAX:
        raise ValueError(f"Port out of range 0-{_PORT_MAX}")
    return TcpDestination(wish.port)


_READERS: dict[str, Callable[[_Destination], Destination]] = {
    "HTTP": _read_http,
    "TCP": _read_tcp,
}


def _status_of(answer: Answer) -> str:
    """Return AWS's word for how something ended."""
    if answer.kind in {"ready", "result"}:
        return "success"
    if answer.kind in {"error", "init_error", "too_large"}:
        return "error"
    return "timeout" if answer.kind == "timeout" else "failure"


def _ending(status: str, answer: Answer) -> Members:
    return {"status": status} | ({"errorType": answer.error_type} if answer.error_type else {})


def _tracing(invocation: Invocation) -> Members:
    header = invocation.trace_header
    return {"tracing": {"type": "X-Amzn-Trace-Id", "value": header}} if header else {}
