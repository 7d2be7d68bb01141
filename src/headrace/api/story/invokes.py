"""Follow one asynchronous invoke by its request id through the history.

Its acceptance says function and number, by which all records and decisions behind it speak of it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from headrace.api.story.event import Event, Life
from headrace.core.functions.decisions import EventHandedOut, EventSentOn, EventTried
from headrace.core.functions.eventbody import Ending
from headrace.core.functions.names import function_arn
from headrace.core.functions.records import (
    EventAccepted,
    EventConcluded,
    EventFailed,
    EventSettled,
    FunctionCreated,
    FunctionDeleted,
)
from headrace.core.machine import Record
from headrace.core.mapping.decisions import ServerStarted


class InvokeTracer:
    """Collects what happened to one asynchronous invoke."""

    def __init__(
        self, request: bytes, name: tuple[str, str, str], machine: int, life: Life
    ) -> None:
        """Look for an invoke of any function that ever had a name.

        Args:
            request: `eventbody.key_of` the request id.
            name: Account, region and name of the function.
            machine: Of the function that has the name now; 0: there is none.
        """
        self.life, self.events = life, life.events
        self.function = 0  #: Machine number; 0: the invoke was not found.
        self.number = 0
        self.arn = ""  #: Of the function, with the qualifier that was invoked if one was given.
        self.ending: Ending | None = None
        self.is_gone = False  #: Nothing of it is left to be done.
        self._request = request
        account, region, _ = self._name = name
        self._unqualified = function_arn(account, region, name[2])
        self._machines = {machine} if machine else set()
        self._handed = 0  # how often
        self._targets: set[tuple[str, bool]] = set()  # that are to get something
        self._told: set[tuple[str, bool]] = set()  # of which a decision says how it ended
        self._takers: dict[type, Callable[[Any], None]] = {
            EventHandedOut: self._handed_out,
            EventTried: self._tried,
            EventFailed: self._failed,
            EventConcluded: self._concluded,
            EventSentOn: self._sent_on,
            EventSettled: self._settled,
        }

    def take(self, records: Iterable[Record]) -> None:
        """Take the records of one block, or decisions."""
        for record in records:
            if not self.function:
                self._look_for(record)
            elif record.machine == self.function:
                taker = self._takers.get(type(record))
                if taker is not None:
                    if record.number == self.number:  # type: ignore[attr-defined]
                        taker(record)
                elif isinstance(record, FunctionDeleted) and not self.is_gone:
                    self._add(record, "function-deleted")
                    self.is_gone = True
            elif isinstance(record, ServerStarted) and not self.is_gone:
                self._add(record, "restart", version=record.version)

    def _look_for(self, record: Record) -> None:
        if isinstance(record, EventAccepted):
            if record.request == self._request and record.machine in self._machines:
                self.function, self.number = record.machine, record.number
                suffix = f":{record.qualifier}" if record.qualifier else ""
                self.arn = f"{self._unqualified}{suffix}"
                self._add(record, "accepted")
        elif isinstance(record, FunctionCreated):
            name = (record.account, record.region, record.name)
            self._machines |= {record.machine} if name == self._name else set()

    def _handed_out(self, record: EventHandedOut) -> None:
        self._handed += 1
        details = {"waited_for": record.waited_for} if record.waited_for else {}
        self._add(record, "handed", attempt=self._handed, **details)

    def _tried(self, record: EventTried) -> None:
        details: dict[str, Any] = {}
        if record.log_stream:
            details |= {"log_stream": record.log_stream, "version": record.version}
        if not record.is_answered:
            details |= {"error_type": record.error_type, "error_message": record.error_message}
        self._add(record, "invoked", **details)

    def _failed(self, record: EventFailed) -> None:
        self._add(record, "failed", failures=record.failures, retry_at=record.due_at)

    def _concluded(self, record: EventConcluded) -> None:
        self.ending = ending = record.ending
        self._targets = set(record.targets)
        self.is_gone = not self._targets
        details: dict[str, Any] = {"condition": ending.condition, "attempts": ending.attempts}
        if ending.waits_for:
            details["waited_for"] = ending.waits_for
        details["targets"] = [target for target, _ in record.targets]
        self._add(record, "concluded", **details)

    def _sent_on(self, record: EventSentOn) -> None:
        if not record.again:
            self._told.add((record.target, record.is_dead_letter))
        details: dict[str, Any] = {"target": record.target, "dead_letter": record.is_dead_letter}
        if record.error:
            details |= {"error_message": record.error, "again": record.again}
        elif record.id:
            is_message = record.target.split(":")[2:3] == ["sqs"]
            details["message_id" if is_message else "request_id"] = record.id
        self._add(record, "not-sent" if record.error else "sent", **details)

    def _settled(self, record: EventSettled) -> None:
        target = (record.target, record.is_dead_letter)
        if target not in self._told:
            details = {"target": record.target, "dead_letter": record.is_dead_letter}
            self._add(record, "settled", **details)
        self._targets.discard(target)
        self.is_gone = not self._targets

    def _add(self, record: Record, what: str, **details: Any) -> None:
        self.life.add(Event(record.at, what, details=details))
