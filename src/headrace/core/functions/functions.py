"""The room of all functions on a shard: commands, look-ups, records, snapshots."""

from collections.abc import Iterable, Sequence
from typing import Any

from headrace.base.instant import Instant
from headrace.core.functions import codelinks
from headrace.core.functions.capacity import share_of
from headrace.core.functions.changes import Machine
from headrace.core.functions.codeuse import CodeInUse, code_in_use
from headrace.core.functions.commands import (
    AcceptEvent,
    EnvironmentGone,
    EnvironmentStarted,
    EventEnded,
    EventSent,
    Invoke,
    InvokeEnded,
    LookAtEvent,
    MoveEvents,
)
from headrace.core.functions.decision import Scene
from headrace.core.functions.directory import Directory
from headrace.core.functions.events import Events
from headrace.core.functions.eventstate import FrozenFunction
from headrace.core.functions.fleet import Fleet
from headrace.core.functions.following import Following
from headrace.core.functions.function import (
    FunctionView,
    decode_snapshot,
    deployment,
    encode_before_events,
    encode_snapshot,
    events_of,
    is_pending,
    is_settled,
    view,
)
from headrace.core.functions.invoking import find_accepting, find_invokable
from headrace.core.functions.layer import decode_layer, encode_layer, is_layer
from headrace.core.functions.limits import PREPARATION_MS_DEFAULT
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.records import (
    EVENT_RECORDS,
    RECORDS,
    ConcurrencyProvisioned,
    FunctionDeleted,
)
from headrace.core.functions.replies import Done
from headrace.core.functions.rules import GROWING, RULES, Rule, check
from headrace.core.functions.runtimes import Interpreter
from headrace.core.machine import BodyAddress, Frozen, Numbers, Record, Remember, Reply

Effects = list[Any]

#: Units of work of the time that a command lets pass before it acts. The driver has let time pass
#: before, a thousand units a turn, and lets the rest pass in the turns that follow: of a million
#: events that are given up at once nothing depends on which command comes between.
PASS_AT_MOST = 100
#: Units of work that an effect is.
EFFECT_UNITS = 2
#: Units of work that a chunk of the events of a deleted function is, besides what comes of it.
LEFTOVER_UNITS = 500


class Functions:
    """All functions of a shard (`core.machine.Room`, kind 2).

    Functions and their asynchronous invokes are durable. Environments and invokes in hand are
    volatile: a room that was loaded has none.
    """

    commands: tuple[type, ...] = (
        *RULES,
        Invoke,
        EnvironmentStarted,
        InvokeEnded,
        EnvironmentGone,
        AcceptEvent,
        EventEnded,
        EventSent,
        MoveEvents,
        LookAtEvent,
    )
    growing: tuple[type, ...] = GROWING
    records: tuple[type[Record], ...] = RECORDS

    def __init__(
        self,
        numbers: Numbers,
        interpreters: Sequence[Interpreter] = (),
        architectures: Sequence[str] = ("x86_64",),
        preparation_ms: int = PREPARATION_MS_DEFAULT,
        *,
        exact_runtimes: bool = False,
    ) -> None:
        """Start without functions.

        Args:
            interpreters: Those found on this machine; without any nothing can be created.
            architectures: What this machine runs in AWS's words, the default first.
            preparation_ms: How long a new or updated function shows itself as unfinished.
            exact_runtimes: Whether a runtime needs an interpreter of its own version.
        """
        self.machine = Machine(tuple(interpreters), tuple(architectures), exact_runtimes)
        self.directory = Directory()
        self.fleet = Fleet(self.machine.interpreters)
        self.events = Events(self.directory, self.fleet)
        self._numbers = numbers
        self._preparation_ms = preparation_ms
        self._following = Following(self.directory, self.fleet)
        self._now = Instant(0)

    # Look-ups, for the api and the pollers.

    def find(self, reference: FunctionReference) -> FunctionView:
        """Return what a caller means, as of the last instant seen.

        Raises:
            ResourceNotFound: There is no such function, version or alias.
        """
        number, function, version = self.directory.find_version(reference)
        return view(number, function, version, settled=is_settled(version, self._now))

    def describe(self, function: int) -> FunctionView:
        """Return a function's $LATEST by the function's number, as of the last instant seen."""
        found = self.directory.functions[function]
        return view(function, found, found.latest, settled=is_settled(found.latest, self._now))

    def check(self, command: Any) -> None:
        """Refuse a creation, another code or a layer version as `apply` would; change nothing.

        For what must be prepared before the command and costs something: storing an archive.
        """
        check(command, self.directory, self.machine, self._now)

    def code_digest(self, path: str, query: str, now: Instant) -> str | None:
        """Return which archive a code link gives, or None if the link is not good (any more)."""
        link = codelinks.parse_link(path)
        if link is None:
            return None
        holders = self.directory.layers if link.is_layer else self.directory
        seed = holders.seed(link.account, link.region, link.name)
        is_good = seed is not None and codelinks.is_good(query, seed, link.digest, now)
        return link.digest if is_good else None

    def code_digests(self) -> frozenset[str]:
        """Return the archives that some function or layer is made of, for `Blobs.keep_only`."""
        return self.directory.code_digests()

    def code_in_use(self) -> CodeInUse:
        """Return what the functions run on, as of the last instant seen."""
        return code_in_use(self.directory.functions.values(), self._now)

    # The machine (`core.machine.Room`).

    def apply(self, command: Any, now: Instant, ticket: int) -> Effects:
        """Decide a command."""
        assert now >= self._now, "time went back"
        rule = RULES.get(type(command))
        if rule is not None:
            effects = self._decide(rule, command, now, ticket)
        elif isinstance(command, Invoke):
            effects = self._invoke(command, now, ticket)
        elif isinstance(command, AcceptEvent):
            number = find_accepting(command.reference, self.directory)
            effects = self.wake(now, PASS_AT_MOST)
            effects += self.events.accept(command, number, now, ticket)
        elif isinstance(command, LookAtEvent):
            return [Reply(ticket, self.events.look_at(command, now))]
        else:
            effects = self._complete(command, now, ticket)
        self._now = now
        return effects

    def next_deadline(self) -> Instant | None:
        """Return when an environment, a change or an event has its next moment."""
        if self.events.leftovers:
            return self._now
        due = self.fleet.next_deadline()
        for at in (self._following.settling.next(), self.events.next_deadline()):
            if at is not None and (due is None or at < due):
                due = at
        return due

    def wake(self, now: Instant, at_most: int) -> Effects:
        """Let time pass to `now`."""
        assert now >= self._now, "time went back"
        effects: Effects = []
        left = at_most
        while left > 0:
            due = self.next_deadline()
            if due is None or due > now:
                break
            before = len(effects)
            if self.events.leftovers:
                effects += self.events.leftovers.take()
                left -= LEFTOVER_UNITS
            elif self._following.settling.next() == due:
                effects += self._following.settle(due)
            elif self.events.next_deadline() == due:
                # What was too much for the time until now goes on now.
                effects += self.events.wake(due, max(due, self._now))
            else:
                effects += self.fleet.wake(now)
            left -= max(1, EFFECT_UNITS * (len(effects) - before))
        self._now = now
        return effects

    def resume(self, now: Instant) -> Effects:
        """Make templates and start environments that are to be there ahead of need.

        Invokes in hand died with the server, as all environments did.
        """
        self._now = now
        effects: Effects = []
        for number in sorted(self.directory.functions):
            effects += self._following.follow(number, None, now)
        self.events.leftovers.clear()
        self.events.resume(now)
        return effects

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact."""
        self._numbers.saw(record.machine)
        self._take(record, block)
        self.events.leftovers.clear()
        self._now = max(self._now, record.at)

    def machines(self) -> Iterable[int]:
        """Return the numbers of all functions and layers."""
        return (*self.directory.functions, *self.directory.layers.layers)

    def snapshot(self, machine: int) -> bytes:
        """Return a function's or layer's whole state."""
        layer = self.directory.layers.layers.get(machine)
        if layer is not None:
            return encode_layer(layer)
        events = self.events.book.encode(machine)
        return encode_snapshot(self.directory.functions[machine], events)

    def freeze(self, machine: int) -> Frozen | None:
        """Return the state of a function of many events; see `core.machine.FreezingRoom`."""
        events = self.events.book.freeze(machine)
        if events is None:
            return None
        return FrozenFunction(encode_before_events(self.directory.functions[machine]), events)

    def load(self, machine: int, state: bytes) -> None:
        """Add a function or layer from its snapshot."""
        self._numbers.saw(machine)
        if is_layer(state):
            self.directory.layers.add(machine, decode_layer(state))
            return
        self.directory.add(machine, decode_snapshot(state))
        self.events.book.load(machine, events_of(state))

    def count_bodies(self) -> dict[int, int]:
        """Return how many bodies of each block asynchronous invokes need."""
        return self.events.book.count_bodies()

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return (function, address) of each body in `blocks` that an asynchronous invoke needs."""
        return self.events.book.relocate(blocks)

    # Decisions.

    def _take(self, record: Record, block: int = 0) -> Effects:
        """Apply a fact; return what is forgotten with it."""
        if isinstance(record, EVENT_RECORDS):
            return [*self.events.book.take(record, block)]
        self.directory.take(record)
        return self.events.drop(record.machine) if isinstance(record, FunctionDeleted) else []

    def _decide(self, rule: Rule, command: Any, now: Instant, ticket: int) -> Effects:
        """Ask a rule, remember its facts, answer, and see to the environments."""
        scene = Scene(
            self.directory, self.machine, self.fleet, self._numbers, self._preparation_ms, now
        )
        decision = rule(command, scene)
        if not decision.records:
            return [Reply(ticket, decision.reply)]
        effects = self.wake(now, PASS_AT_MOST)
        number = decision.records[0].machine
        before = self.directory.functions.get(number)
        for record in decision.records:
            effects.append(Remember(record))
            effects += self._take(record)
        effects += [*decision.effects, Reply(ticket, decision.reply)]
        anew = isinstance(decision.records[-1], ConcurrencyProvisioned)
        effects += self._following.follow(number, before, now, anew=anew)
        return effects + self.events.follow(number, now)

    def _invoke(self, command: Invoke, now: Instant, ticket: int) -> Effects:
        number, function, version = find_invokable(
            command.reference, command.request_id, self.directory
        )
        if command.dry_run:
            return [Reply(ticket, Done())]
        serving = deployment(number, function, version, now)
        share = share_of(self.directory, function)
        self.fleet.check_capacity(serving, share, len(command.payload), now)
        is_open = not is_pending(version, now)
        effects = self.wake(now, PASS_AT_MOST)
        if command.event is not None:
            self.events.began(number, command.event, now)
        return effects + self.fleet.invoke(
            command, serving, share, is_open=is_open, now=now, ticket=ticket
        )

    def _complete(self, command: Any, now: Instant, ticket: int) -> Effects:
        """Take note of what the shell has carried out."""
        effects = self.wake(now, PASS_AT_MOST)
        if isinstance(command, EnvironmentStarted):
            effects += self.fleet.started(command, now)
        elif isinstance(command, InvokeEnded):
            effects += self.fleet.ended(command, now)
        elif isinstance(command, EventEnded | EventSent | MoveEvents):
            effects += self.events.complete(command, now)
        else:
            assert isinstance(command, EnvironmentGone)
            effects += self.fleet.gone(command.environment, now)
        if isinstance(command, EnvironmentStarted | InvokeEnded):
            effects += self.events.room_came_free(now)
        return [*effects, Reply(ticket, Done())]
