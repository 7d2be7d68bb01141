"""Read and play stories about queues that anyone can read: times, steps, and what must come back.

A story is lines of text; `#` begins a comment.

    queue orders-dead
    queue orders  visibility=30s  redrive=orders-dead:2

    0s      send A B
    0s      receive max=1      -> A (1)
    29.999s receive max=1      -> B (1)
    30s     receive wait=20s   -> A (2)
    60s     receive wait=20s   -> nothing yet
    60s     orders-dead has A B
    80s                        -> nothing

`queue` lines come first; steps mean the queue declared last unless they name another one. A step is
`TIME [QUEUE] VERB ARGUMENTS [-> ANSWER]`. A message goes by its body; `(2)` is its receive count.
`nothing yet` says that a receive waits; a line without a verb tells what the one that waits longest
is answered, at exactly that time. Refusals read `refused CODE`, with the query protocol's code.

Verbs: send BODY... [delay=] [group=] [id=] · receive [max=] [wait=] [visibility=] [attempt=] ·
delete BODY[@RECEIVE]... · visibility BODY[@RECEIVE] TIME · return BODY · purge · set KEY=VALUE... ·
remove · create · snapshot · restart · has BODY... (or nothing) · counts VISIBLE IN_FLIGHT DELAYED.
A handle is the newest one of that message, or that of its RECEIVE-th receive. `restart` rebuilds
the room from the newest snapshots, if any, and the records behind them.

A queue whose name ends in .fifo is one: a message's group is what stands before the first `-` of
its body, unless `group=` says another, and no two messages are duplicates unless `id=` or
`content=true` of the queue makes them so.

Of a dead-letter queue: start [to=QUEUE] [rate=] (a move task) · cancel · task STATUS MOVED/TO_MOVE
[REASON], its newest task as it stands.
"""

import re
from collections.abc import Callable, Sequence
from typing import Any

from headrace.base.arn import queue_arn
from headrace.base.errors import ServiceError
from headrace.base.instant import Instant
from headrace.core.machine import Numbers, Record, Remember, Reply
from headrace.core.sqs import commands
from headrace.core.sqs.limits import QueueRules
from headrace.core.sqs.queues import Queues
from headrace.core.sqs.replies import (
    AttributesFound,
    EntriesDone,
    MoveTaskFound,
    MoveTasksFound,
    Received,
    ReceivedMessage,
    Sent,
)

ACCOUNT = "111111111111"
REGION = "us-east-1"
#: Time 0s of every story.
START = Instant(1_700_000_000_000)
SECRET = b"a secret for stories only"
#: Units of work of one wake: enough for every story.
WAKE_AT_MOST = 1_000_000

_UNITS_MS = {"ms": 1, "s": 1_000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_TIME = re.compile(r"(\d+)(?:\.(\d{1,3}))?(ms|s|m|h|d)")
_ATTRIBUTES = {
    "visibility": "VisibilityTimeout",
    "delay": "DelaySeconds",
    "retention": "MessageRetentionPeriod",
    "wait": "ReceiveMessageWaitTimeSeconds",
    "size": "MaximumMessageSize",
    "redrive": "RedrivePolicy",
    "content": "ContentBasedDeduplication",
    "scope": "DeduplicationScope",
    "limit": "FifoThroughputLimit",
}
#: Options whose values are AWS's own.
_PLAIN = frozenset({"size", "content", "scope", "limit"})


class ScenarioFailed(AssertionError):
    """A line of a story did not come true, or cannot be read."""


class Scenario:
    """One story being played."""

    def __init__(self, *, is_punctual: bool = True, rules: QueueRules | None = None) -> None:
        """Start at time 0 without queues.

        Args:
            is_punctual: Wake at every deadline, or only once before each step.
            rules: AWS's rules that the story wants smaller or off.
        """
        self._is_punctual = is_punctual
        self._rules = rules
        self._room = Queues(SECRET, Numbers(), rules)
        self._now = START
        self._ticket = 0
        self._block = 0
        self._default = ""
        self._numbers: dict[str, int] = {}
        self._bodies: dict[tuple[int, int], str] = {}
        self._received: dict[str, list[ReceivedMessage]] = {}
        self._records: list[tuple[int, Record]] = []  #: Since the newest snapshots.
        self._snapshots: dict[int, bytes] = {}
        self._sent = 0
        self._replies: dict[int, tuple[Instant, Any]] = {}
        self._waiting: list[int] = []
        self._verbs: dict[str, Callable[[int, list[str]], str]] = {
            "send": self._send,
            "receive": self._receive,
            "delete": self._delete,
            "visibility": self._visibility,
            "return": self._return,
            "purge": lambda queue, words: self._told(commands.PurgeQueue(queue)),
            "set": self._set,
            "remove": lambda queue, words: self._told(commands.DeleteQueue(queue)),
            "create": self._create,
            "snapshot": self._snapshot,
            "restart": self._restart,
            "start": self._start,
            "cancel": self._cancel,
            "task": self._task,
            "has": self._has,
            "counts": self._counts,
        }

    def play(self, text: str) -> int:
        """Play a whole story; return how many lines came true.

        Raises:
            ScenarioFailed: With the line that did not come true.
        """
        played = 0
        for count, line in enumerate(text.splitlines(), 1):
            step = line.partition("#")[0].strip()
            if not step:
                continue
            try:
                self._play_line(step)
            except ScenarioFailed as failure:
                raise ScenarioFailed(f"line {count}: {step}\n  {failure}") from None
            played += 1
        return played

    # --- reading ------------------------------------------------------------------------------

    def _play_line(self, step: str) -> None:
        if step.startswith("queue "):
            name, *words = step.split()[1:]
            self._default = name
            self._expect(self._create_named(name, words), "done")
            return
        action, arrow, expected = (part.strip() for part in step.partition("->"))
        time, *words = action.split()
        self._pass_time(Instant(START + time_ms(time)))
        if not words:
            self._expect(self._answer_of_waiting(), expected)
            return
        name = words.pop(0) if words[0] not in self._verbs else self._default
        if not words or words[0] not in self._verbs:
            raise ScenarioFailed(f"no verb is known in: {action}")
        verb = words.pop(0)
        found = self._verbs[verb](self._numbers.get(name, 0), words)
        if verb in {"has", "counts", "task"}:
            self._expect(found, " ".join(words))
        elif arrow:
            self._expect(found, expected)
        elif found.startswith("refused"):
            self._expect(found, "done")

    def _expect(self, found: str, expected: str) -> None:
        if found != expected:
            raise ScenarioFailed(f"expected: {expected}\n  but it is: {found}")

    # --- time and the room --------------------------------------------------------------------

    def _pass_time(self, until: Instant) -> None:
        if until < self._now:
            raise ScenarioFailed("time does not go back")
        while self._is_punctual and (due := self._room.next_deadline()) is not None:
            if due > until:
                break
            self._now = max(self._now, due)
            self._take(self._room.wake(self._now, WAKE_AT_MOST))
        self._now = until
        self._catch_up()

    def _catch_up(self) -> None:
        while (due := self._room.next_deadline()) is not None and due <= self._now:
            self._take(self._room.wake(self._now, WAKE_AT_MOST))

    def _take(self, effects: Sequence[Any]) -> None:
        for effect in effects:
            if isinstance(effect, Remember):
                record = effect.record
                self._records.append((self._block, record))
                for number, body in enumerate(effect.bodies, effect.first):
                    self._bodies[record.machine, number] = body.decode()
            elif isinstance(effect, Reply):
                at = getattr(effect.value, "received_at", self._now)
                self._replies[effect.ticket] = (at, effect.value)

    def _ask(self, command: Any) -> int:
        """Apply a command; return its ticket. A refusal counts as its reply."""
        self._ticket += 1
        self._block += 1
        ticket = self._ticket
        try:
            effects = self._room.apply(command, self._now, ticket)
        except ServiceError as refusal:
            self._replies[ticket] = (self._now, refusal)
        else:
            self._take(effects)
            self._catch_up()
        return ticket

    def _told(self, command: Any) -> str:
        return self._text_of(self._replies[self._ask(command)][1])

    def _text_of(self, reply: Any) -> str:
        """Return a reply in the words of stories."""
        if isinstance(reply, ServiceError):
            return f"refused {reply.query_code}"
        if isinstance(reply, (Sent, EntriesDone)):
            refused = [text for text in map(self._text_of, reply.results) if text != "done"]
            return ", ".join(refused) or "done"
        if not isinstance(reply, Received):
            return "done"
        for message in reply.messages:
            self._received.setdefault(self._body_of(message), []).append(message)
        found = [f"{self._body_of(m)} ({m.receive_count})" for m in reply.messages]
        return ", ".join(found) or "nothing"

    def _body_of(self, message: ReceivedMessage) -> str:
        return self._bodies[message.address.machine, message.address.number]

    def _answer_of_waiting(self) -> str:
        if not self._waiting:
            raise ScenarioFailed("no receive waits")
        ticket = self._waiting[0]
        if ticket not in self._replies:
            return "nothing yet"
        del self._waiting[0]
        at, reply = self._replies[ticket]
        text = self._text_of(reply)
        return text if at == self._now else f"{text}, at {at - START} ms"

    # --- verbs --------------------------------------------------------------------------------

    def _send(self, queue: int, words: list[str]) -> str:
        options = options_of(words, ("delay", "group", "id"))
        bodies = [word for word in words if "=" not in word]
        messages = tuple(self._message(queue, body, options) for body in bodies)
        return self._told(commands.SendMessages(queue, self._block + 1, messages))

    def _message(self, queue: int, body: str, options: dict[str, str]) -> commands.OutgoingMessage:
        delay_s = time_ms(options["delay"]) // 1_000 if "delay" in options else None
        group_id, deduplication_id = options.get("group"), options.get("id")
        view = self._room.describe(queue) if queue in self._room.machines() else None
        if view is not None and view.is_fifo:
            self._sent += 1
            group_id = group_id or body.partition("-")[0]
            content_id = body if view.is_content_deduplicated else f"message {self._sent}"
            deduplication_id = deduplication_id or content_id
        return commands.OutgoingMessage(
            body.encode(), len(body), delay_s, group_id, deduplication_id
        )

    def _receive(self, queue: int, words: list[str]) -> str:
        options = options_of(words, ("max", "wait", "visibility", "attempt"))
        wait = options.get("wait", "0s")
        visibility = options.get("visibility")
        ticket = self._ask(
            commands.ReceiveMessages(
                queue,
                int(options.get("max", "10")),
                None if wait == "ever" else time_ms(wait),
                None if visibility is None else time_ms(visibility),
                options.get("attempt"),
            )
        )
        if ticket in self._replies:
            return self._text_of(self._replies[ticket][1])
        self._waiting.append(ticket)
        return "nothing yet"

    def _handle(self, word: str) -> str:
        body, _, receive = word.partition("@")
        received = self._received.get(body)
        if not received:
            return "garbage"
        return received[int(receive) - 1 if receive else -1].receipt_handle

    def _delete(self, queue: int, words: list[str]) -> str:
        handles = tuple(self._handle(word) for word in words)
        return self._told(commands.DeleteMessages(queue, handles))

    def _visibility(self, queue: int, words: list[str]) -> str:
        entry = (self._handle(words[0]), time_ms(words[1]) // 1_000)
        return self._told(commands.ChangeVisibility(queue, (entry,)))

    def _return(self, queue: int, words: list[str]) -> str:
        message = self._received[words[0]][-1]
        receive = (message.number, message.receive_count)
        return self._told(commands.ReturnMessages(queue, (receive,)))

    def _set(self, queue: int, words: list[str]) -> str:
        return self._told(commands.SetQueueAttributes(queue, attributes_of(words)))

    def _create(self, queue: int, words: list[str]) -> str:
        name = next(name for name, number in self._numbers.items() if number == queue)
        return self._create_named(name, words)

    def _create_named(self, name: str, words: list[str]) -> str:
        attributes = attributes_of(words)
        if name.endswith(".fifo"):
            attributes["FifoQueue"] = "true"
        told = self._told(commands.CreateQueue(ACCOUNT, REGION, name, attributes, {}))
        if told == "done":
            self._numbers[name] = self._room.find(ACCOUNT, REGION, name)
        return told

    def _snapshot(self, queue: int, words: list[str]) -> str:
        self._snapshots = {
            machine: self._room.snapshot(machine) for machine in self._room.machines()
        }
        self._records.clear()
        return "done"

    def _restart(self, queue: int, words: list[str]) -> str:
        self._room = Queues(SECRET, Numbers(), self._rules)
        for machine, state in self._snapshots.items():
            self._room.load(machine, state)
        for block, record in self._records:
            self._room.replay(record, block)
        self._take(self._room.resume(self._now))
        self._waiting.clear()
        self._catch_up()
        return "done"

    def _start(self, queue: int, words: list[str]) -> str:
        options = options_of(words, ("to", "rate"))
        to = queue_arn(REGION, ACCOUNT, options["to"]) if "to" in options else None
        rate = int(options["rate"]) if "rate" in options else None
        source = self._room.describe(queue).arn
        seed = self._ticket.to_bytes(16, "big")
        return self._told(commands.StartMoveTask(REGION, source, to, rate, seed))

    def _cancel(self, queue: int, words: list[str]) -> str:
        task = self._newest_task(queue)
        return self._told(commands.CancelMoveTask(REGION, task.source_arn, task.task_id))

    def _task(self, queue: int, words: list[str]) -> str:
        task = self._newest_task(queue)
        return f"{task.status} {task.moved}/{task.to_move} {task.failure_reason}".rstrip()

    def _newest_task(self, queue: int) -> MoveTaskFound:
        source = self._room.describe(queue).arn
        ticket = self._ask(commands.ListMoveTasks(REGION, source, 1))
        found = self._replies[ticket][1]
        if not isinstance(found, MoveTasksFound) or not found.tasks:
            raise ScenarioFailed("there is no task")
        return found.tasks[0]

    def _has(self, queue: int, words: list[str]) -> str:
        blocks = frozenset(self._room.count_bodies())
        found = [
            self._bodies[address.machine, address.number]
            for holder, address in self._room.relocate(blocks)
            if holder == queue
        ]
        return " ".join(sorted(found)) or "nothing"

    def _counts(self, queue: int, words: list[str]) -> str:
        ticket = self._ask(commands.GetQueueAttributes(queue, ("All",)))
        found = self._replies[ticket][1]
        if not isinstance(found, AttributesFound):
            return self._text_of(found)
        prefix = "ApproximateNumberOfMessages"
        return " ".join(found.attributes[prefix + end] for end in ("", "NotVisible", "Delayed"))


def time_ms(text: str) -> int:
    """Return a time such as 30s, 1.5s, 250ms, 2m, 12h or 4d in milliseconds.

    Raises:
        ScenarioFailed: It is none.
    """
    match = _TIME.fullmatch(text)
    if match is None:
        raise ScenarioFailed(f"not a time: {text}")
    whole, part, unit = match.groups()
    thousandths = int(whole) * 1_000 + int((part or "0").ljust(3, "0"))
    return thousandths * _UNITS_MS[unit] // 1_000


def options_of(words: Sequence[str], known: Sequence[str]) -> dict[str, str]:
    """Return the KEY=VALUE words.

    Raises:
        ScenarioFailed: A key is not among `known`.
    """
    options = dict(word.split("=", 1) for word in words if "=" in word)
    for key in options:
        if key not in known:
            raise ScenarioFailed(f"unknown option: {key}")
    return options


def attributes_of(words: Sequence[str]) -> dict[str, str]:
    """Return KEY=VALUE words as queue attributes; redrive=QUEUE:COUNT, redrive= removes it.

    Raises:
        ScenarioFailed: A key is unknown.
    """
    attributes = {}
    for key, value in options_of(words, tuple(_ATTRIBUTES)).items():
        if key == "redrive" and value:
            name, _, count = value.partition(":")
            arn = queue_arn(REGION, ACCOUNT, name)
            text = f'{{"deadLetterTargetArn":"{arn}","maxReceiveCount":{count}}}'
        elif key in _PLAIN or key == "redrive":
            text = value
        else:
            text = str(time_ms(value) // 1_000)
        attributes[_ATTRIBUTES[key]] = text
    return attributes
