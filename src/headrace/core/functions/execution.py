"""One invoke in hand: accepted, counted as concurrent, not answered yet."""

from typing import Any

from headrace.base import logtext
from headrace.base.instant import Instant
from headrace.core.functions import platformlog
from headrace.core.functions.commands import EnvironmentStarted, Invoke, InvokeEnded
from headrace.core.functions.effects import OfferPlace
from headrace.core.functions.limits import LOG_TAIL_BYTES
from headrace.core.functions.outcomes import UNHANDLED, Ending, error_document, fault_of
from headrace.core.functions.replies import Invoked, Place
from headrace.core.functions.settings import Deployment
from headrace.core.machine import Reply


class Execution:
    """One invoke in hand, from its acceptance to its answer."""

    __slots__ = (
        "command",
        "duration_us",
        "init_log",
        "is_ahead",
        "is_unreserved",
        "log_stream",
        "start_log",
        "ticket",
        "used_us",
        "was_lost",
    )

    def __init__(self, command: Invoke, ticket: int) -> None:
        """Begin without an environment."""
        self.command = command
        self.ticket = ticket
        #: What an init phase inside this invoke has taken of its time, and written.
        self.used_us = 0
        self.duration_us = 0  #: As reported, once it has ended.
        #: Whether an environment died before it got the event; a second time is told the caller.
        self.was_lost = False
        self.init_log = b""
        self.log_stream = ""  #: Of the environment that it is given to.
        #: What the platform wrote when its event was handed over.
        self.start_log = b""
        #: Whether it has its place among the environments that are ready ahead of need.
        self.is_ahead = False
        #: Whether it has its place in what no function of the account has reserved.
        self.is_unreserved = False

    @property
    def place(self) -> Place:
        """From what it has its place."""
        if self.is_ahead:
            return Place.AHEAD
        return Place.ACCOUNT if self.is_unreserved else Place.FUNCTION

    def answer(self, value: Any) -> list[Any]:
        """Return the effects of its end: the reply, and its place for whoever wants it."""
        reply = Reply(self.ticket, value)
        if self.is_ahead or self.command.keeps_place:
            return [reply]
        return [reply, OfferPlace(self.command.reference.arn, self.place)]

    def begins_again(self, ending: Ending) -> bool:
        """Tell whether another environment is to have it, because its event came to none yet.

        An environment that was dead before is an excuse once.
        """
        if ending is Ending.LOST and not self.was_lost:
            self.was_lost = True
            return True
        return ending is Ending.STALE

    def remaining_ms(self, timeout_s: int) -> int:
        """Return how long the handler may take; at least a millisecond."""
        return max(1, timeout_s * 1_000 - self.used_us // 1_000)


def conclude(
    execution: Execution,
    deployment: Deployment,
    init_us: int | None,
    end: InvokeEnded | EnvironmentStarted,
    now: Instant,
) -> tuple[bytes, Invoked]:
    """Return what the platform logs behind an invoke, and its reply.

    Args:
        init_us: How long the environment's init took, if this invoke is to report it.
        end: How the invoke ended, or the init phase inside it that failed.
    """
    command = execution.command
    timeout_s = deployment.settings.timeout_s
    duration_us = execution.used_us + end.duration_us
    if end.ending is Ending.TIMED_OUT:
        duration_us = timeout_s * 1_000_000
    execution.duration_us = duration_us
    lines = platformlog.end(deployment, now, command, duration_us, init_us, end)
    tail = None
    if command.log_tail:
        own = b"" if isinstance(end, EnvironmentStarted) else end.log
        whole = execution.init_log + execution.start_log + own + lines
        tail = logtext.plain(whole)[-LOG_TAIL_BYTES:]
    payload = end.payload
    if end.ending not in {Ending.ANSWERED, Ending.ERROR}:
        payload = error_document(
            end.ending,
            command.request_id,
            timeout_s,
            end.exit_status,
            end.signal,
            fault_of(end.ending, end.error_type, end.payload),
        )
    reply = Invoked(
        request_id=command.request_id,
        executed_version=deployment.version,
        payload=payload,
        function_error=None if end.ending is Ending.ANSWERED else UNHANDLED,
        log_tail=tail,
        place=execution.place,
        log_stream=execution.log_stream,
    )
    return lines, reply
