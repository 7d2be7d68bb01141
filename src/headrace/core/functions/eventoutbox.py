"""What came of asynchronous invokes, on its way to destinations and dead-letter queues.

An event that is over stays in its log until each of its targets has got its record or can never get
it. That is a fact of its own, so that a crash between outcome and target loses nothing; who is told
twice sees the same request id. Source: spec/lambda.md 6.2, A8.
"""

from collections.abc import Iterable
from typing import Any

from headrace.base.instant import Instant, later
from headrace.core.deadlines import Deadlines
from headrace.core.functions import limits
from headrace.core.functions.commands import EventSent
from headrace.core.functions.directory import Directory
from headrace.core.functions.effects import SendResult
from headrace.core.functions.eventlog import EventLog
from headrace.core.functions.eventpolicy import backoff_ms
from headrace.core.functions.names import LATEST
from headrace.core.functions.records import EventSettled
from headrace.core.functions.tally import Tallies
from headrace.core.machine import BodyAddress, Remember

Effects = list[Any]


class Outbox:
    """Sends what events that are over have left, and sends it again."""

    def __init__(self, logs: dict[int, EventLog], directory: Directory, tallies: Tallies) -> None:
        """Start with nothing to send; `logs` are the events of each function."""
        self._logs = logs
        self._tallies = tallies
        self._directory = directory
        #: By function and event: when what came of it is sent (again).
        self._due: Deadlines[tuple[int, int]] = Deadlines()
        #: Which targets are being told, so that their answers come.
        self._sending: dict[tuple[int, int], set[tuple[str, bool]]] = {}
        #: How often in a row it could not be sent.
        self._refused: dict[tuple[int, int], int] = {}

    def put(self, function: int, event: int, at: Instant) -> None:
        """Have what came of an event sent at an instant."""
        self._due.put((function, event), at)

    def drop(self, function: int, events: Iterable[int]) -> None:
        """Send nothing more of these events of a function that was deleted."""
        for event in events:
            self._due.withdraw((function, event))
            self._refused.pop((function, event), None)
            self._sending.pop((function, event), None)

    def next_deadline(self) -> Instant | None:
        """Return when something is sent next; None while as much as may be is under way."""
        return None if self._is_full else self._due.next()

    @property
    def _is_full(self) -> bool:
        return len(self._sending) >= limits.SENDS_IN_HAND_MAX

    def wake(self, due: Instant) -> Effects:
        """Send the one thing whose time has come first."""
        taken = self._due.take_due(due)
        assert taken is not None
        return self._send(*taken[1])

    def sent(self, command: EventSent, now: Instant) -> Effects:
        """Take note of what a target said; what is settled already is no news."""
        key = (command.function, command.event)
        target = (command.target, command.is_dead_letter)
        self._told(key, target)
        log = self._logs.get(command.function)
        event = None if log is None else log.tried.get(command.event)
        if log is None or event is None or target not in event.targets:
            return []
        if command.is_refused:
            tally = self._tallies.of(command.function)
            tally.send_refused(is_dead_letter=command.is_dead_letter)
        if command.try_again:
            refused = self._refused[key] = self._refused.get(key, 0) + 1
            self._due.put(key, later(now, backoff_ms(refused)))
            return []
        self._refused.pop(key, None)
        record = EventSettled(command.function, now, command.event, *target)
        forgets = log.take(record, 0)
        if forgets:
            self._due.withdraw(key)
        return [Remember(record), *forgets]

    def send(self, function: int, number: int, now: Instant) -> Effects:
        """Send what came of an event, or have it sent when less is under way."""
        if self._is_full:
            self.put(function, number, now)
            return []
        return self._send(function, number)

    def _told(self, key: tuple[int, int], target: tuple[str, bool]) -> None:
        """Take note that a target has answered."""
        targets = self._sending.get(key)
        if targets is not None:
            targets.discard(target)
            if not targets:
                del self._sending[key]

    def _send(self, function: int, number: int) -> Effects:
        """Send what came of an event to each target that has not got it."""
        log = self._logs.get(function)
        event = None if log is None else log.tried.get(number)
        if event is None or event.ending is None:
            return []
        result = None
        if event.result_block:
            result = BodyAddress(event.result_block, function, 2 * number + 1)
        if event.targets:
            self._sending[function, number] = set(event.targets)
        found = self._directory.functions[function]
        return [
            SendResult(
                function=function,
                event=number,
                target=target,
                is_dead_letter=is_dead_letter,
                function_arn=f"{found.arn}:{event.qualifier or LATEST}",
                ending=event.ending,
                address=BodyAddress(event.block, function, 2 * number),
                result=result,
            )
            for target, is_dead_letter in event.targets
        ]
