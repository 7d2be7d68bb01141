"""Lambda's Extensions API: registration, events, and when extensions have done their work.

An external extension is a program of a layer that we started; everything else that registers is
internal: a thread of the runtime. Source: spec/lambda.md 3.7, 4.1. Knows no socket.
"""

import uuid
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from headrace.ports.sandbox import EnvironmentSpec, ExtensionFound, Invocation
from headrace.sandbox import limits
from headrace.sandbox.runtime_api import ACCEPTED, refusal
from headrace.sandbox.webserver import Exchange, Reply, Request

INVOKE = "INVOKE"
SHUTDOWN = "SHUTDOWN"

_NAME = "lambda-extension-name"
_IDENTIFIER = "lambda-extension-identifier"
_ERROR_TYPE = "lambda-extension-function-error-type"


class _Registration(msgspec.Struct):
    events: list[str] = []


class _Extension:
    """One extension that has registered."""

    __slots__ = ("asking", "events", "id", "is_busy", "name", "pending")

    def __init__(self, name: str, events: list[str]) -> None:
        self.name = name
        self.id = str(uuid.uuid4())
        self.events = events
        #: Whether it has work in hand: from its registration, or an event, until it asks again.
        self.is_busy = True
        self.asking: Exchange | None = None
        #: An event that is to be handed over when it asks.
        self.pending: dict[str, Any] | None = None


class Failure(msgspec.Struct, frozen=True):
    """Why an environment cannot go on."""

    error_type: str
    reason: str


class ExtensionsApi:
    """The extensions of one environment."""

    def __init__(
        self,
        spec: EnvironmentSpec,
        on_change: Callable[[], None],
        on_registered: Callable[[], None],
    ) -> None:
        """Begin without extensions.

        Args:
            on_change: Called when one has done its work or has failed.
            on_registered: Called once when all programs that were started have registered.
        """
        self.failure: Failure | None = None
        self._spec = spec
        self._on_change = on_change
        self._on_registered = on_registered
        self._programs: set[str] | None = None  #: None until we are told.
        self._alive: set[str] = set()
        self._extensions: dict[str, _Extension] = {}
        self._is_complete = False
        self._is_open = True  #: Whether the init phase goes on.
        self._is_over = False  #: Whether the shutdown phase has begun.

    # --- the environment's side --------------------------------------------------------------

    @property
    def is_idle(self) -> bool:
        """Whether every extension is there and waits for its next event."""
        return self._is_complete and not any(one.is_busy for one in self._extensions.values())

    @property
    def events(self) -> dict[str, list[str]]:
        """What those who have registered want to hear of, by their names."""
        return {one.name: one.events for one in self._extensions.values()}

    @property
    def shutdown_ms(self) -> int:
        """How long the shutdown phase may take; 0: nobody has registered."""
        if not self._extensions:
            return 0
        return limits.SHUTDOWN_EXTERNAL_MS if self._programs else limits.SHUTDOWN_INTERNAL_MS

    @property
    def is_gone(self) -> bool:
        """Whether no program that was started is alive."""
        return not self._alive

    @property
    def external(self) -> tuple[ExtensionFound, ...]:
        """The programs that were started, and how far they have come."""
        registered = {one.name: one for one in self._extensions.values()}
        found = []
        for name in sorted(self._programs or ()):
            one = registered.get(name)
            if one is None:
                found.append(ExtensionFound(name, "Started"))
            else:
                state = "Registered" if one.is_busy else "Ready"
                found.append(ExtensionFound(name, state, tuple(one.events)))
        return tuple(found)

    def expect(self, names: Sequence[str]) -> None:
        """Take note of the programs that are being started."""
        self._programs = set(names)
        self._alive = set(names)
        self._check_complete()

    def end_init(self) -> None:
        """Take no more registrations."""
        self._is_open = False

    def begin(self, invocation: Invocation) -> None:
        """Tell all that want to know of an event."""
        tracing = {"type": "X-Amzn-Trace-Id", "value": invocation.trace_header}
        event = {
            "eventType": INVOKE,
            "deadlineMs": invocation.deadline_epoch_ms,
            "requestId": invocation.request_id,
            "invokedFunctionArn": invocation.invoked_function_arn,
            "tracing": tracing,
        }
        self._tell(event)

    def shut_down(self, reason: str, deadline_epoch_ms: int) -> None:
        """Tell all that want to know that this is the end: spindown, timeout or failure."""
        self._is_over = True
        self._tell(
            {"eventType": SHUTDOWN, "shutdownReason": reason, "deadlineMs": deadline_epoch_ms}
        )

    def note_end(self, name: str, how: str) -> None:
        """Take note that a program has ended; too early, it takes the environment with it."""
        self._alive.discard(name)
        if not self._is_over:
            self.fail("Extension.Crash", how)

    def fail(self, error_type: str, reason: str) -> None:
        """Take note of why the environment cannot go on; the first reason counts."""
        if self.failure is None:
            self.failure = Failure(error_type, reason)
            self._on_change()

    def close(self) -> None:
        """Tell nobody of changes any more; who was told holds this."""
        self._on_change = self._on_registered = _nothing

    # --- the extensions' side ----------------------------------------------------------------

    def register(self, request: Request, exchange: Exchange) -> None:
        """POST /extension/register."""
        name = request.headers.get(_NAME, "")
        try:
            events = msgspec.json.decode(request.body or b"{}", type=_Registration).events
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            exchange.answer(refusal(400, "InvalidRequestFormat", "Invalid registration request"))
            return
        refused = self._refuse_registration(name, events)
        if refused is not None:
            exchange.answer(refused)
            return
        extension = _Extension(name, events)
        self._extensions[extension.id] = extension
        spec = self._spec
        about = {
            "functionName": spec.function_name,
            "functionVersion": spec.function_version,
            "handler": spec.handler,
        }
        if "accountid" in request.headers.get("lambda-extension-accept-feature", "").lower():
            about["accountId"] = spec.variables.get("AWS_ACCESS_KEY_ID", "")
        headers = {"Lambda-Extension-Identifier": extension.id}
        exchange.answer(Reply(200, msgspec.json.encode(about), headers))
        self._check_complete()

    def next(self, request: Request, exchange: Exchange) -> None:
        """GET /extension/event/next: wait for an event."""
        extension = self._find(request, exchange)
        if extension is None:
            return
        extension.asking = exchange
        if extension.pending is not None:
            self._hand_over(extension)
        elif extension.is_busy:
            extension.is_busy = False
            self._on_change()

    def name_of(self, request: Request, exchange: Exchange) -> str | None:
        """Return whose request it is; None: nobody's, and it has been answered."""
        extension = self._find(request, exchange)
        return None if extension is None else extension.name

    def fail_init(self, request: Request, exchange: Exchange) -> None:
        """POST /extension/init/error: it cannot begin."""
        self._report("Extension.InitError", request, exchange)

    def fail_exit(self, request: Request, exchange: Exchange) -> None:
        """POST /extension/exit/error: it cannot go on."""
        self._report("Extension.ExitError", request, exchange)

    # --- inside ------------------------------------------------------------------------------

    def _report(self, kind: str, request: Request, exchange: Exchange) -> None:
        if self._find(request, exchange) is None:
            return
        reason = request.headers.get(_ERROR_TYPE, "")
        if not reason:
            exchange.answer(
                refusal(403, "Extension.MissingHeader", f"Missing {_ERROR_TYPE} header")
            )
            return
        exchange.answer(ACCEPTED)
        if not self._is_over:
            self.fail(kind, reason)

    def _refuse_registration(self, name: str, events: list[str]) -> Reply | None:
        is_external = self._programs is None or name in self._programs
        registered = [one.name for one in self._extensions.values()]
        if not name:
            return refusal(403, "Extension.InvalidExtensionName", "Empty extension name")
        if not self._is_open:
            text = "Extension registration closed already"
            return refusal(403, "Extension.RegistrationClosed", text)
        if name in registered:
            text = f"Extension with name {name} already registered"
            return refusal(403, "Extension.AlreadyRegistered", text)
        if len(registered) >= limits.EXTENSIONS_MAX:
            text = f"Extension limit ({limits.EXTENSIONS_MAX}) reached"
            return refusal(403, "Extension.TooManyExtensions", text)
        for event in events:
            if event not in {INVOKE, SHUTDOWN}:
                return refusal(403, "InvalidEventType", f"{event}: Invalid event type")
            if event == SHUTDOWN and not is_external:
                return refusal(
                    403,
                    "ShutdownEventNotSupportedForInternalExtension",
                    f"{event} is not for {name}",
                )
        return None

    def _find(self, request: Request, exchange: Exchange) -> _Extension | None:
        identifier = request.headers.get(_IDENTIFIER, "")
        found = self._extensions.get(identifier)
        if not identifier:
            exchange.answer(
                refusal(
                    403,
                    "Extension.MissingExtensionIdentifier",
                    "Missing Lambda-Extension-Identifier header",
                )
            )
        elif found is None:
            text = f"Unknown extension {identifier}"
            exchange.answer(refusal(403, "Extension.UnknownExtensionIdentifier", text))
        return found

    def _check_complete(self) -> None:
        registered = {one.name for one in self._extensions.values()}
        if self._programs is None or self._is_complete or not self._programs <= registered:
            return
        self._is_complete = True
        if self._programs:  # Else nobody waits for a sign.
            self._on_registered()
        self._on_change()

    def _tell(self, event: dict[str, Any]) -> None:
        for extension in self._extensions.values():
            if event["eventType"] in extension.events:
                extension.is_busy = True
                extension.pending = event
                self._hand_over(extension)

    def _hand_over(self, extension: _Extension) -> None:
        if extension.asking is None or not extension.asking.is_open:
            return
        headers = {
            "Lambda-Extension-Identifier": extension.id,
            "Lambda-Extension-Event-Identifier": str(uuid.uuid4()),
        }
        exchange, extension.asking = extension.asking, None
        event, extension.pending = extension.pending, None
        extension.is_busy = True
        exchange.answer(Reply(200, msgspec.json.encode(event), headers))


def describe_end(status: int) -> str:
    """Return how a program ended, in AWS's words, from its wait status."""
    number = status & 0x7F
    if number:
        return "signal: killed" if number == 9 else f"signal: {number}"
    code = status >> 8
    return f"exit status {code}" if code else "exit code 0"


def _nothing() -> None:
    """Take the place of who has ended."""
