"""Queues, mappings and a pretended function in virtual time, without asyncio, journal or sandbox.

The rooms are the real ones; this carries effects from one to commands of the other, as
`shell/pollers.py` does in the server. An hour of traffic takes as long as its decisions. Two things
are watched all the time: no message is deleted that the function did not handle, and no record's
bodies are lost while somebody may still ask for them.
"""

import heapq
import json
from collections import deque
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from headrace.base.arn import queue_arn
from headrace.base.errors import ServiceError
from headrace.base.instant import Instant, later
from headrace.core.functions.lineage import continued
from headrace.core.machine import BodyAddress, Forget, Numbers, Record, Remember, Reply, answer_of
from headrace.core.mapping.batch import visibility_timeout_ms
from headrace.core.mapping.commands import (
    BatchFinished,
    CreateMapping,
    FunctionFailed,
    GetMapping,
    Limit,
    Outcome,
    PlaceFreed,
    Polled,
    PollFailed,
    Source,
    Succeeded,
    Target,
    Throttled,
)
from headrace.core.mapping.decisions import Told
from headrace.core.mapping.effects import (
    DeleteBatch,
    DropLooping,
    GiveBack,
    InvokeBatch,
    Poll,
    StopPolling,
)
from headrace.core.mapping.mappings import Mappings
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.state import State
from headrace.core.sqs.commands import (
    CreateQueue,
    DeadLetterMessages,
    DeleteMessages,
    OutgoingMessage,
    ReceiveMessages,
    SendMessages,
    WithdrawReceive,
)
from headrace.core.sqs.content import Attribute, Content, encode
from headrace.core.sqs.queues import Queues
from headrace.core.sqs.replies import Received
from headrace.shell.handingback import return_of
from headrace.shell.pollers import polled_message

ACCOUNT = "123456789012"
REGION = "eu-central-1"
START = Instant(1_800_000_000_000)
#: Units of work of one `wake`: few, so that its limit is tried too.
WAKE_AT_MOST = 50
#: Messages of one SendMessages command.
SEND_AT_MOST = 10


class Call(msgspec.Struct):
    """One invoke of the pretended function."""

    number: int  #: 1, 2, 3, ... over all functions.
    at: Instant
    function_arn: str
    records: list[dict[str, Any]]
    running: int  #: Invokes under way, without this one.
    trace_header: str  #: That of the invoke, for what the function sends.
    outcome: Outcome | None = None  #: None while it runs.
    ended_at: Instant | None = None

    @property
    def ids(self) -> list[str]:
        """The message ids, in order."""
        return [record["messageId"] for record in self.records]

    @property
    def bodies(self) -> list[str]:
        """The bodies, in order."""
        return [record["body"] for record in self.records]

    @property
    def receive_counts(self) -> list[int]:
        """How often each message was received, as the event says."""
        return [int(record["attributes"]["ApproximateReceiveCount"]) for record in self.records]


class Result(msgspec.Struct, frozen=True):
    """What becomes of a call."""

    outcome: Outcome
    duration_ms: int = 0
    handled: frozenset[str] = frozenset()  #: Ids of messages that may be deleted afterwards.
    frees: Limit = Limit.ACCOUNT  #: Where it had its place, if it ran.


#: The pretended function: decides a call when it begins.
Function = Callable[[Call], Result]


def succeed(call: Call, duration_ms: int = 0) -> Result:
    """Handle every message."""
    return Result(Succeeded(b"null"), duration_ms, frozenset(call.ids))


def report(call: Call, failed: Iterable[str], duration_ms: int = 0) -> Result:
    """Handle every message but those with these ids, and report them."""
    failing = frozenset(failed)
    items = [{"itemIdentifier": message_id} for message_id in sorted(failing)]
    payload = json.dumps({"batchItemFailures": items}).encode()
    return Result(Succeeded(payload), duration_ms, frozenset(call.ids) - failing)


def fail(duration_ms: int = 0) -> Result:
    """Raise."""
    return Result(FunctionFailed(), duration_ms)


def throttle(limit: Limit = Limit.ACCOUNT) -> Result:
    """There is no room for the call."""
    return Result(Throttled(limit), frees=Limit.NONE)


class Pipeline:
    """A shard's queues and mappings, and a function that a test writes."""

    def __init__(self, function: Function = succeed, settle_ms: int = 100) -> None:
        """Start with nothing but the function."""
        numbers = Numbers()
        self.now = START
        self.function = function
        self.queues = Queues(b"secret" * 6, numbers)
        self.mappings = Mappings(numbers, settle_ms)
        self.calls: list[Call] = []
        self.records: list[Record] = []
        self.deleted: set[str] = set()  #: Ids of messages that mappings deleted as handled.
        self.filtered: set[str] = set()  #: Ids of messages that mappings deleted as not theirs.
        self.running = 0
        self.running_most = 0
        self.timeouts_s: dict[str, int] = {}  #: By function ARN; 3 where it is not there.
        self.allows_loops = False  #: RecursiveLoop of all functions.
        self.dropped: set[str] = set()  #: Ids of messages that mappings took out as looping.
        self._handled: set[str] = set()
        self._seen: set[str] = set()  # ids of messages that a function was invoked with
        self._id_of: dict[str, str] = {}  # receipt handle to message id
        self._bodies: dict[BodyAddress, bytes] = {}
        self._alive: dict[int, int] = {}  # block to bodies that are needed
        self._block = 0
        self._tickets: dict[int, Callable[[Any], None]] = {}
        self._last_ticket = 0
        self._parked: dict[tuple[int, int], tuple[int, int]] = {}
        self._effects: deque[Any] = deque()
        self._events: list[tuple[Instant, int, Callable[[], None]]] = []
        self._last_event = 0
        self._seed = 0
        self._carriers: dict[type, Callable[[Any], None]] = {
            Told: lambda effect: None,
            Poll: self._poll,
            StopPolling: self._stop_polling,
            InvokeBatch: self._invoke,
            DeleteBatch: self._delete,
            DropLooping: self._drop,
            GiveBack: self._give_back,
        }

    # --- what a test says ------------------------------------------------------------------------

    def create_queue(self, name: str, **attributes: Any) -> int:
        """Create a queue with AWS's attributes; return its number."""
        texts = {key: str(value) for key, value in attributes.items()}
        found = self.ask(CreateQueue(ACCOUNT, REGION, name, texts, {}))
        number: int = found.queue
        return number

    def create_mapping(
        self, queue: int, function: str = "handle", timeout_s: int = 3, **settings: Any
    ) -> int:
        """Map a queue to a function and wait until that is enabled; return its number."""
        view = self.queues.describe(queue)
        arn = function_arn(function)
        self.timeouts_s[arn] = timeout_s
        self._seed += 1
        command = CreateMapping(
            seed=self._seed.to_bytes(16),
            account=ACCOUNT,
            region=REGION,
            source=Source(view.arn, view.visibility_timeout_s),
            target=Target(arn, function, timeout_s),
            settings=Settings(arn, **settings),
        )
        uuid = self.ask(command).uuid
        number = self.mappings.find(ACCOUNT, REGION, uuid)
        while self.ask(GetMapping(number)).state is not State.ENABLED:
            self.advance(1)
        return number

    def send(
        self,
        queue: int,
        *bodies: str,
        delay_s: int | None = None,
        attributes: Mapping[str, Attribute] | None = None,
        group: str | None = None,
        trace_header: str | None = None,
    ) -> list[str]:
        """Send messages, to a FIFO queue those of one group; return their ids."""
        deduplication_ids = [self._deduplication_id(group) for _ in bodies]
        messages = [
            _message(body, delay_s, attributes, group, deduplication_id, trace_header)
            for body, deduplication_id in zip(bodies, deduplication_ids, strict=True)
        ]
        ids: list[str] = []
        for first in range(0, len(messages), SEND_AT_MOST):
            some = tuple(messages[first : first + SEND_AT_MOST])
            sent = self.ask(SendMessages(queue, self._block + 1, some))
            ids += [answer_of(result).message_id for result in sent.results]
        return ids

    def _deduplication_id(self, group: str | None) -> str | None:
        """Return a new one for a message of a FIFO queue: no two are duplicates."""
        if group is None:
            return None
        self._seed += 1
        return f"message-{self._seed}"

    def ask(self, command: Any) -> Any:
        """Submit a command that is answered at once, and return or raise its answer."""
        answers: list[Any] = []
        self.submit(command, answers.append)
        self._carry_all()
        return answer_of(answers[0])

    def submit(self, command: Any, taker: Callable[[Any], None]) -> int:
        """Submit a command; `taker` gets its answer, perhaps later. Returns its ticket."""
        self._last_ticket += 1
        ticket = self._last_ticket
        self._tickets[ticket] = taker
        room = self.queues if type(command) in self.queues.commands else self.mappings
        try:
            effects = room.apply(command, self.now, ticket)
        except ServiceError as refusal:
            effects = [Reply(ticket, refusal)]
        self._take(effects)
        return ticket

    def advance(self, milliseconds: int) -> None:
        """Let time pass, through each instant at which something happens."""
        end = later(self.now, milliseconds)
        while (at := self.next_event()) is not None and at <= end:
            self.step()
        self.now = end

    def next_event(self) -> Instant | None:
        """Return when something happens next by itself."""
        instants = [self.queues.next_deadline(), self.mappings.next_deadline()]
        if self._events:
            instants.append(self._events[0][0])
        known = [at for at in instants if at is not None]
        return max(self.now, min(known)) if known else None

    def step(self) -> bool:
        """Go to the next instant and do what happens there first; return whether there was any."""
        at = self.next_event()
        if at is None:
            return False
        self.now = at
        for room in (self.queues, self.mappings):
            due = room.next_deadline()
            if due is not None and due <= at:
                self._take(room.wake(at, WAKE_AT_MOST))
                self._carry_all()
                return True
        _, _, event = heapq.heappop(self._events)
        event()
        self._carry_all()
        return True

    def at(self, milliseconds: int, event: Callable[[], None]) -> None:
        """Have something happen so many milliseconds from now."""
        self._last_event += 1
        heapq.heappush(self._events, (later(self.now, milliseconds), self._last_event, event))

    def free(self, function: str, limit: Limit = Limit.ACCOUNT) -> None:
        """Say that an invoke of a function that was no mapping's has ended."""
        self.ask(PlaceFreed(function_arn(function), limit))

    def left(self, queue: int) -> int:
        """Return how many messages are in a queue, wherever in it."""
        return sum(self.queues.directory.queue(queue).counts(self.now))

    # --- effects ---------------------------------------------------------------------------------

    def _take(self, effects: list[Any]) -> None:
        """One block: keep records and bodies, then answer, then queue the other effects."""
        self._block += 1
        replies: list[Reply] = []
        for effect in effects:
            if isinstance(effect, Remember):
                self._keep(effect)
            elif isinstance(effect, Reply):
                replies.append(effect)
            elif isinstance(effect, Forget):
                self._alive[effect.block] -= effect.count
                assert self._alive[effect.block] >= 0, "a body was forgotten twice"
            else:
                self._effects.append(effect)
        for reply in replies:
            self._tickets.pop(reply.ticket)(reply.value)

    def _keep(self, effect: Remember) -> None:
        self.records.append(effect.record)
        for offset, body in enumerate(effect.bodies):
            address = BodyAddress(self._block, effect.record.machine, effect.first + offset)
            self._bodies[address] = body
        if effect.bodies:
            self._alive[self._block] = self._alive.get(self._block, 0) + len(effect.bodies)

    def _carry_all(self) -> None:
        while self._effects:
            effect = self._effects.popleft()
            self._carriers[type(effect)](effect)

    def _tell(self, command: Any) -> None:
        self.submit(command, lambda _value: None)

    def _poll(self, effect: Poll) -> None:
        key = (effect.mapping, effect.poll)
        try:
            queue = self.queues.find_arn(effect.source_arn)
        except ServiceError:
            self._tell(PollFailed(*key))
            return
        timeout_ms = visibility_timeout_ms(
            effect.window_ms,
            self.timeouts_s.get(effect.function_arn, 3),
            self.queues.describe(queue).visibility_timeout_s,
        )

        def take(value: Any) -> None:
            self._parked.pop(key, None)
            if isinstance(value, ServiceError):
                self._tell(PollFailed(*key))
            else:
                self._tell(self._polled(effect, value))

        self._parked[key] = (queue, 0)
        ticket = self.submit(ReceiveMessages(queue, effect.at_most, None, timeout_ms), take)
        if key in self._parked:
            self._parked[key] = (queue, ticket)

    def _polled(self, effect: Poll, received: Received) -> Polled:
        counted = "" if self.allows_loops else effect.function_arn
        messages = tuple(
            polled_message(message, self._bodies[message.address], counted)
            for message in received.messages
        )
        for message in messages:
            self._id_of[message.receipt_handle] = message.message_id
        return Polled(effect.mapping, effect.poll, messages, received.visible_at)

    def _stop_polling(self, effect: StopPolling) -> None:
        key = (effect.mapping, effect.poll)
        if key in self._parked:
            queue, ticket = self._parked.pop(key)
            self._tell(WithdrawReceive(queue, ticket))
            self._tickets.pop(ticket)
            self._tell(Polled(*key, (), self.now))

    def _invoke(self, effect: InvokeBatch) -> None:
        assert self.now < effect.expires_at, "a batch was handed over after its lease"
        records = json.loads(effect.payload)["Records"]
        number = len(self.calls) + 1
        header = continued(effect.trace_header, effect.function_arn, str(number), self.now)
        call = Call(number, self.now, effect.function_arn, records, self.running, header)
        self._seen.update(call.ids)
        result = self.function(call)
        self.calls.append(call)
        runs = not isinstance(result.outcome, Throttled)
        self.running += runs
        self.running_most = max(self.running_most, self.running)

        def end() -> None:
            self.running -= runs
            call.outcome, call.ended_at = result.outcome, self.now
            self._handled |= result.handled
            frees = result.frees if runs else Limit.NONE
            self._tell(BatchFinished(effect.mapping, effect.batch, result.outcome, frees))

        self.at(result.duration_ms, end)

    def _delete(self, effect: DeleteBatch) -> None:
        ids = {self._id_of[handle] for handle in effect.receipt_handles}
        if effect.filtered:
            assert not ids & self._seen, "a message was deleted as filtered that was handed over"
            self.filtered |= ids
        else:
            assert ids <= self._handled, "a message was deleted that was not handled"
            self.deleted |= ids
        try:
            queue = self.queues.find_arn(effect.source_arn)
        except ServiceError:
            return
        self._tell(DeleteMessages(queue, effect.receipt_handles))

    def _drop(self, effect: DropLooping) -> None:
        self.dropped |= {self._id_of[handle] for handle in effect.receipt_handles}
        queue = self.queues.find_arn(effect.source_arn)
        self._tell(DeadLetterMessages(queue, effect.receipt_handles))

    def _give_back(self, effect: GiveBack) -> None:
        command = return_of(self.queues, effect.source_arn, effect.receipt_handles)
        if command is not None:
            self._tell(command)


def _message(
    body: str,
    delay_s: int | None,
    attributes: Mapping[str, Attribute] | None,
    group: str | None,
    deduplication_id: str | None,
    trace_header: str | None,
) -> OutgoingMessage:
    chosen = dict(attributes) if attributes else None
    content = Content(body, "AIDASENDER", chosen, trace_header, group, deduplication_id)
    size = len(body.encode())
    return OutgoingMessage(encode(content), size, delay_s, group, deduplication_id)


def function_arn(name: str) -> str:
    """Return the ARN of a function here."""
    return f"arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}"


def arn_of_queue(name: str) -> str:
    """Return the ARN of a queue here."""
    return queue_arn(REGION, ACCOUNT, name)
