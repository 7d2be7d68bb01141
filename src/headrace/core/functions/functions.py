"""The room of all functions on a shard: commands, look-ups, records, snapshots."""

from collections.abc import Iterable, Sequence
from typing import Any

from headrace.base.instant import Instant
from headrace.core.deadlines import Deadlines
from headrace.core.functions import codelinks
from headrace.core.functions.changes import (
    Machine,
    check_code_update,
    check_creation,
    check_deletion,
    check_update,
)
from headrace.core.functions.commands import (
    CreateFunction,
    DeleteFunction,
    EnvironmentGone,
    EnvironmentStarted,
    GetFunction,
    Invoke,
    InvokeEnded,
    ListFunctions,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.directory import Directory
from headrace.core.functions.errors import function_not_found
from headrace.core.functions.fleet import Fleet
from headrace.core.functions.function import (
    Function,
    FunctionView,
    Version,
    decode_snapshot,
    deployment,
    encode_snapshot,
    is_pending,
    is_settled,
    updated,
    view,
)
from headrace.core.functions.limits import PREPARATION_MS_DEFAULT
from headrace.core.functions.names import LATEST, FunctionReference
from headrace.core.functions.records import FunctionCreated, FunctionDeleted, FunctionUpdated
from headrace.core.functions.replies import Done, FunctionShown, FunctionsListed
from headrace.core.functions.runtimes import Interpreter
from headrace.core.machine import BodyAddress, Numbers, Record, Remember, Reply

Effects = list[Any]

#: Units of work of the time that a command lets pass before it acts: all there can be, because
#: each environment is frozen and stopped once and each function settles once. The driver has let
#: time pass before; this keeps the room right without it.
PASS_AT_MOST = 1_000_000


class Functions:
    """All functions of a shard (`core.machine.Room`, kind 2).

    Functions are durable. Environments and invokes in hand are volatile: a room that was loaded
    has none.
    """

    commands: tuple[type, ...] = (
        CreateFunction,
        UpdateFunctionCode,
        UpdateFunctionConfiguration,
        DeleteFunction,
        GetFunction,
        ListFunctions,
        Invoke,
        EnvironmentStarted,
        InvokeEnded,
        EnvironmentGone,
    )
    growing: tuple[type, ...] = (CreateFunction, UpdateFunctionCode, UpdateFunctionConfiguration)
    records: tuple[type[Record], ...] = (FunctionCreated, FunctionUpdated, FunctionDeleted)

    def __init__(
        self,
        numbers: Numbers,
        interpreters: Sequence[Interpreter] = (),
        architectures: Sequence[str] = ("x86_64",),
        preparation_ms: int = PREPARATION_MS_DEFAULT,
    ) -> None:
        """Start without functions.

        Args:
            interpreters: Those found on this machine; without any nothing can be created.
            architectures: What this machine runs in AWS's words, the default first.
            preparation_ms: How long a new or updated function shows itself as unfinished.
        """
        self.machine = Machine(tuple(interpreters), tuple(architectures))
        self.directory = Directory()
        self.fleet = Fleet(self.machine.interpreters)
        self._numbers = numbers
        self._preparation_ms = preparation_ms
        #: When the last change of a function settles, if environments may care.
        self._settling: Deadlines[int] = Deadlines()
        self._now = Instant(0)
        self._deciders: dict[type, Any] = {
            CreateFunction: self._create,
            UpdateFunctionCode: self._update_code,
            UpdateFunctionConfiguration: self._update_configuration,
            DeleteFunction: self._delete,
            GetFunction: self._get,
            ListFunctions: self._list,
            Invoke: self._invoke,
        }

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
        """Refuse a creation or a change of code as `apply` would, and change nothing.

        For what must be prepared before the command and costs something: storing an archive.
        """
        if isinstance(command, CreateFunction):
            check_creation(command, self.directory, self.machine)
        elif isinstance(command, UpdateFunctionCode):
            check_code_update(command, self.directory, self.machine, self._now)

    def code_digest(self, path: str, query: str, now: Instant) -> str | None:
        """Return which archive a code link gives, or None if the link is not good (any more)."""
        parts = codelinks.parse_link(path)
        if parts is None:
            return None
        account, region, name, digest = parts
        number = self.directory.number(account, region, name)
        if number is None:
            return None
        seed = self.directory.functions[number].seed
        return digest if codelinks.is_good(query, seed, digest, now) else None

    def code_digests(self) -> frozenset[str]:
        """Return the archives that some version is made of, for `Blobs.keep_only`."""
        return self.directory.code_digests()

    # The machine (`core.machine.Room`).

    def apply(self, command: Any, now: Instant, ticket: int) -> Effects:
        """Decide a command."""
        assert now >= self._now, "time went back"
        decide = self._deciders.get(type(command))
        if decide is None:
            effects = self._complete(command, now, ticket)
        else:
            effects = decide(command, now, ticket)
        self._now = now
        return effects

    def next_deadline(self) -> Instant | None:
        """Return when an environment is to be frozen or stopped, or a change settles, next."""
        idle, settling = self.fleet.next_deadline(), self._settling.next()
        if idle is None or settling is None:
            return settling if idle is None else idle
        return min(idle, settling)

    def wake(self, now: Instant, at_most: int) -> Effects:
        """Let time pass to `now`."""
        assert now >= self._now, "time went back"
        effects: Effects = []
        for _ in range(at_most):
            due = self.next_deadline()
            if due is None or due > now:
                break
            if self._settling.next() == due:
                effects += self._settle(due)
            else:
                effects += self.fleet.wake(now)
        self._now = now
        return effects

    def resume(self, now: Instant) -> Effects:
        """Return nothing: invokes in hand died with the server."""
        self._now = now
        return []

    def replay(self, record: Record, block: int) -> None:
        """Apply a fact."""
        self._numbers.saw(record.machine)
        self.directory.take(record)
        self._now = max(self._now, record.at)

    def machines(self) -> Iterable[int]:
        """Return the numbers of all functions."""
        return tuple(self.directory.functions)

    def snapshot(self, machine: int) -> bytes:
        """Return a function's whole state."""
        return encode_snapshot(self.directory.functions[machine])

    def load(self, machine: int, state: bytes) -> None:
        """Add a function from its snapshot."""
        self._numbers.saw(machine)
        self.directory.add(machine, decode_snapshot(state))

    def count_bodies(self) -> dict[int, int]:
        """Return nothing: functions keep no bodies in blocks."""
        return {}

    def relocate(self, blocks: frozenset[int]) -> list[tuple[int, BodyAddress]]:
        """Return nothing: functions keep no bodies in blocks."""
        return []

    # Decisions.

    def _create(self, command: CreateFunction, now: Instant, ticket: int) -> Effects:
        check_creation(command, self.directory, self.machine)
        reference = command.reference
        record = FunctionCreated(
            machine=self._numbers.take(),
            at=now,
            account=reference.account,
            region=reference.region,
            name=reference.name,
            seed=command.seed,
            settings=command.settings,
            code=command.code,
            tags=command.tags,
            preparation_ms=self._preparation_ms,
        )
        return self._change(record, now, ticket)

    def _update_code(self, command: UpdateFunctionCode, now: Instant, ticket: int) -> Effects:
        number, function, settings = check_code_update(command, self.directory, self.machine, now)
        record = FunctionUpdated(
            number, now, command.seed, settings, command.code, self._preparation_ms
        )
        if command.dry_run:
            after = updated(function, record)
            return [Reply(ticket, FunctionShown(view(number, after, after.latest, settled=True)))]
        return self._change(record, now, ticket)

    def _update_configuration(
        self, command: UpdateFunctionConfiguration, now: Instant, ticket: int
    ) -> Effects:
        number, function = check_update(command.reference, command.revision_id, self.directory, now)
        self.machine.check(command.settings)
        code = function.latest.code
        record = FunctionUpdated(
            number, now, command.seed, command.settings, code, self._preparation_ms
        )
        return self._change(record, now, ticket)

    def _change(
        self, record: FunctionCreated | FunctionUpdated, now: Instant, ticket: int
    ) -> Effects:
        """Remember a creation or an update, answer it, and see to the environments."""
        effects = self.wake(now, PASS_AT_MOST)
        number = record.machine
        self.directory.take(record)
        function = self.directory.functions[number]
        shown = FunctionShown(view(number, function, function.latest, settled=False))
        effects += [Remember(record), Reply(ticket, shown)]
        if is_settled(function.latest, now):
            return effects + self._use_latest(number, now)
        self._settling.put(number, function.latest.settles_at)
        return effects

    def _settle(self, due: Instant) -> Effects:
        settled = self._settling.take_due(due)
        assert settled is not None
        return self._use_latest(settled[1], due)

    def _use_latest(self, number: int, now: Instant) -> Effects:
        """Let environments of former deployments go, and invokes that waited run."""
        function = self.directory.functions[number]
        current = deployment(number, function, function.latest, now)
        return self.fleet.retire(number, current, now) + self.fleet.open(current, now)

    def _delete(self, command: DeleteFunction, now: Instant, ticket: int) -> Effects:
        number = check_deletion(command.reference, self.directory)
        if number is None:
            return [Reply(ticket, Done())]
        effects = self.wake(now, PASS_AT_MOST)
        record = FunctionDeleted(number, now)
        self.directory.take(record)
        self._settling.withdraw(number)
        effects += [Remember(record), Reply(ticket, Done())]
        return effects + self.fleet.retire(number, None, now)

    def _get(self, command: GetFunction, now: Instant, ticket: int) -> Effects:
        number, function, version = self.directory.find_version(command.reference)
        seen = view(number, function, version, settled=is_settled(version, now))
        link = codelinks.format_link(seen, function.seed, now)
        return [Reply(ticket, FunctionShown(seen, command.reference.qualifier, link))]

    def _list(self, command: ListFunctions, now: Instant, ticket: int) -> Effects:
        numbers, more = self.directory.page(
            command.account, command.region, command.after, command.at_most
        )
        views = []
        for number in numbers:
            function = self.directory.functions[number]
            settled = is_settled(function.latest, now)
            views.append(view(number, function, function.latest, settled=settled))
        return [Reply(ticket, FunctionsListed(tuple(views), more))]

    def _invoke(self, command: Invoke, now: Instant, ticket: int) -> Effects:
        number, function, version = self._find_invokable(command.reference)
        if command.dry_run:
            return [Reply(ticket, Done())]
        serving = deployment(number, function, version, now)
        self.fleet.check_capacity(function.account, function.region, len(command.payload))
        is_open = not is_pending(version, now)
        effects = self.wake(now, PASS_AT_MOST)
        return effects + self.fleet.invoke(
            command, serving, is_open=is_open, now=now, ticket=ticket
        )

    def _find_invokable(self, reference: FunctionReference) -> tuple[int, Function, Version]:
        """Return what is to be invoked; an absent function is named with its version (1.4)."""
        if reference.qualifier is None:
            number = self.directory.number(reference.account, reference.region, reference.name)
            if number is None:
                raise function_not_found(f"{reference.arn}:{LATEST}")
        return self.directory.find_version(reference)

    def _complete(self, command: Any, now: Instant, ticket: int) -> Effects:
        """Take note of what the shell has carried out."""
        effects = self.wake(now, PASS_AT_MOST)
        if isinstance(command, EnvironmentStarted):
            effects += self.fleet.started(command, now)
        elif isinstance(command, InvokeEnded):
            effects += self.fleet.ended(command, now)
        else:
            assert isinstance(command, EnvironmentGone)
            effects += self.fleet.gone(command.environment, now)
        return [*effects, Reply(ticket, Done())]
