"""All invokes in hand and their environments: who runs where, and what the shell has to do.

Volatile: nothing here is recorded. An invoke whose server dies is answered by nobody; an event
source mapping gets its messages again, and a caller's connection breaks.
"""

from collections.abc import Collection, Sequence
from typing import Any

from headrace.base.instant import Instant
from headrace.core.functions import platformlog
from headrace.core.functions.capacity import Capacity, Share
from headrace.core.functions.commands import EnvironmentStarted, Invoke, InvokeEnded
from headrace.core.functions.effects import (
    FreezeEnvironment,
    RunInvoke,
    StopEnvironment,
)
from headrace.core.functions.environment import Environment, Happening, Life
from headrace.core.functions.errors import (
    FunctionError,
    InvalidZipFile,
    ServiceException,
)
from headrace.core.functions.execution import Execution, conclude
from headrace.core.functions.outcomes import SURVIVED, Ending
from headrace.core.functions.placement import Pool, Roster, may_be_reset, pool_key
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Deployment
from headrace.core.functions.starts import Starts, initialization_type, write_log

Effects = list[Any]


class Fleet:
    """Accepts invokes, places them on environments, and answers them.

    Invariant: each accepted invoke waits in exactly one pool or is in the hand of exactly one
    environment, until it is answered.
    """

    def __init__(self, interpreters: Sequence[Interpreter]) -> None:
        """Start without environments; `interpreters` are those found on this machine."""
        self._roster = Roster()
        self.starts = Starts(interpreters, self._roster)
        self.capacity = Capacity()

    @property
    def environments(self) -> Collection[Environment]:
        """All environments, in whatever state."""
        return self._roster.environments.values()

    def check_capacity(
        self, deployment: Deployment, share: Share, payload_bytes: int, now: Instant
    ) -> None:
        """Refuse an invoke beyond its share, its rate or our memory, with `TooManyRequests`."""
        pool = self._roster.pools.get(pool_key(deployment))
        ahead = pool is not None and pool.has_ahead
        has_room = self.starts.has_room(deployment.function, pool, now)
        self.capacity.check(deployment, share, payload_bytes, now, ahead=ahead, has_room=has_room)

    def invoke(
        self,
        command: Invoke,
        deployment: Deployment,
        share: Share,
        *,
        is_open: bool,
        now: Instant,
        ticket: int,
    ) -> Effects:
        """Accept an invoke; it is answered later. `is_open` is false while it has to wait."""
        pool = self._roster.pool_for(deployment)
        pool.is_open = is_open
        execution = Execution(command, ticket)
        execution.is_ahead = pool.has_ahead
        pool.ahead_in_hand += execution.is_ahead
        self.capacity.take(execution, deployment, share, now)
        pool.waiting.append(execution)
        return self._serve(pool, now)

    def ahead_of(self, function: int, version: str) -> tuple[int, bool]:
        """Return how many environments of a version are there ahead of need.

        And whether no more are tried, because too many init phases failed.
        """
        pool = self._roster.pools.get((function, version, 0))
        return (0, False) if pool is None else (pool.ahead, pool.has_failed)

    def provision(
        self, deployment: Deployment, wanted: int, now: Instant, *, anew: bool = False
    ) -> Effects:
        """Have so many environments of a deployment there ahead of need from now on.

        Of those that are too many the idle ones are stopped, the longest idle first, and the
        others become as any other. With `anew`, failures of before count no more.
        """
        pool = self._roster.pools.get(pool_key(deployment))
        if pool is None and not wanted:
            return []
        pool = self._roster.pool_for(deployment)
        if anew or wanted != pool.wanted:
            pool.failures = 0
        pool.wanted = wanted
        effects: Effects = []
        for environment in self._roster.surplus(pool):
            self._roster.demote(environment)
            if environment.life in {Life.IDLE, Life.FROZEN, Life.RESET}:
                effects += self._stop(environment)
        self.starts.look_at_all()
        return effects + self._serve(pool, now)

    def open(self, deployment: Deployment, now: Instant) -> Effects:
        """Serve what waited for a function to become Active."""
        pool = self._roster.pools.get(pool_key(deployment))
        if pool is None:
            return []
        pool.is_open = True
        return self._serve(pool, now)

    def retire(
        self, function: int, version: str | None, current: Deployment | None, now: Instant
    ) -> Effects:
        """Let go of environments of a function, but not of those of the current deployment.

        Invokes that were accepted are still served by what they were accepted for.

        Args:
            version: Whose environments; None: those of all versions.
        """
        keep = None if current is None else pool_key(current)
        pools = self._roster.pools
        effects: Effects = []
        ours = [key for key in pools if key[0] == function and version in {None, key[1]}]
        for key in ours:
            if key == keep:
                continue
            pool = pools[key]
            pool.is_retired = pool.is_open = True
            for environment in pool.free:
                effects += self._stop(environment)
            effects += self._serve(pool, now)
            self._roster.drop_if_done(pool)
        return effects

    def started(self, end: EnvironmentStarted, now: Instant) -> Effects:
        """Take note of how an init phase ended."""
        environment = self._roster.environments.get(end.environment)
        if environment is None or environment.life is not Life.STARTING:
            return []
        self._roster.finish_start(environment)
        pool = self._roster.pool_of(environment)
        if end.ending is Ending.OK:
            self.capacity.tallies.of(environment.deployment.function).starts += 1
            effects = self._ready(environment, end, now)
        else:
            self._lose(environment)
            effects = self._init_failed(environment, pool, end, now)
            self._roster.drop_if_done(pool)
        return effects + self.starts.feed(now)

    def ended(self, end: InvokeEnded, now: Instant) -> Effects:
        """Take note of how an invoke ended, and answer it."""
        environment = self._roster.environments.get(end.environment)
        if environment is None or environment.life is not Life.BUSY:
            return []
        execution = environment.execution
        assert execution is not None
        if execution.begins_again(end.ending):
            return self._place_again(environment, execution, now)
        lines, reply = conclude(execution, environment.deployment, environment.init_us, end, now)
        effects = [*_log(environment, lines), *self._answer(environment, execution, reply)]
        environment.execution = None
        environment.init_us = None
        if end.ending in SURVIVED and not environment.is_dead:
            environment.happen(Happening.ANSWERED)
            effects += self._free(environment, now)
        else:
            pool = self._roster.pool_of(environment)
            if may_be_reset(environment, pool, end.ending):
                self._roster.reset(environment, now)
            else:
                effects += self._stop(environment)
            effects += self._serve(pool, now)
            self._roster.drop_if_done(pool)
        return effects + self.starts.feed(now)

    def _place_again(self, environment: Environment, execution: Execution, now: Instant) -> Effects:
        """Give an invoke that never began to another environment, before all that wait."""
        pool = self._roster.pool_of(environment)
        self._lose(environment)
        pool.waiting.appendleft(execution)
        return self._serve(pool, now)

    def gone(self, id: str, now: Instant) -> Effects:
        """Take note that an environment's process is no more."""
        environment = self._roster.environments.get(id)
        if environment is None or environment.life is Life.RESET:
            return []
        if environment.life not in {Life.IDLE, Life.FROZEN}:
            environment.is_dead = True  # how its init or invoke ended is told separately
            return []
        self._remove(environment)
        return self.starts.feed(now)

    def next_deadline(self) -> Instant | None:
        """Return when an idle environment is to be frozen or stopped next."""
        return self._roster.deadlines.next()

    def wake(self, now: Instant) -> Effects:
        """Freeze or stop the one environment whose time has come first."""
        due = self._roster.deadlines.take_due(now)
        if due is None:
            return []
        at, id = due
        environment = self._roster.environments[id]
        if environment.life is Life.IDLE:
            self._roster.freeze(environment)
            return [FreezeEnvironment(id)]
        return self._stop(environment) + self.starts.feed(at)

    def _serve(self, pool: Pool, now: Instant) -> Effects:
        """Give waiting invokes the free environments, and start what is missing."""
        effects: Effects = []
        while pool.can_run:
            effects += self._run(*self._roster.match(pool), now)
        self.starts.look_at(pool)
        return effects + self.starts.feed(now)

    def _ready(self, environment: Environment, end: EnvironmentStarted, now: Instant) -> Effects:
        environment.happen(Happening.READY)
        execution = environment.execution
        if execution is None:
            if environment.is_ahead:
                self._roster.pool_of(environment).failures = 0
            else:
                environment.init_us = end.duration_us
            told = _log(environment, _beginning(environment, end, now))
            return told + self._free(environment, now)
        line = _init_end(environment, "invoke", end, now)
        execution.used_us = end.duration_us
        execution.init_log = end.log + line
        return _log(environment, line) + self._run(environment, execution, now)

    def _init_failed(
        self, environment: Environment, pool: Pool, end: EnvironmentStarted, now: Instant
    ) -> Effects:
        """Retry a failed init inside the invoke that waits longest, or fail the invoke it was in.

        Source: spec/lambda.md 4.1.
        """
        execution = environment.execution
        if environment.is_ahead:
            pool.failures += 1
            effects = _log(environment, _init_end(environment, "init", end, now))
            for other in list(pool.reset_ahead.values()) if pool.has_failed else ():
                effects += self._stop(other)
            return effects + self._serve(pool, now)
        if end.ending in {Ending.REFUSED, Ending.UNUSABLE}:
            return self._refuse(environment, pool, end) + self._serve(pool, now)
        phase = "init" if execution is None else "invoke"
        line = _init_end(environment, phase, end, now)
        effects = _log(environment, line)
        if execution is not None:
            deployment = environment.deployment
            execution.init_log, execution.log_stream = end.log + line, environment.stream
            start = platformlog.start(deployment, now, execution.command)
            execution.start_log = start
            lines, reply = conclude(execution, deployment, None, end, now)
            effects += _log(environment, start + lines)
            effects += self._answer(environment, execution, reply)
        elif pool.waiting:
            execution = pool.waiting.popleft()
            request_id = execution.command.request_id
            effects += self.starts.start(environment.deployment, execution, request_id, now)
        return effects + self._serve(pool, now)

    def _refuse(self, environment: Environment, pool: Pool, end: EnvironmentStarted) -> Effects:
        """Answer the invoke for which no environment can be had, if one still waits for it."""
        execution = environment.execution
        if execution is None:
            if len(pool.waiting) <= pool.coming:
                return []
            execution = pool.waiting.popleft()
        return self._answer(environment, execution, _refusal(end))

    def _run(self, environment: Environment, execution: Execution, now: Instant) -> Effects:
        environment.happen(Happening.TOOK)
        environment.execution = execution
        execution.log_stream = environment.stream
        command = execution.command
        deployment = environment.deployment
        execution.start_log = platformlog.start(deployment, now, command)
        return [
            *_log(environment, execution.start_log),
            RunInvoke(
                environment=environment.id,
                request_id=command.request_id,
                payload=command.payload,
                timeout_ms=execution.remaining_ms(deployment.settings.timeout_s),
                function_arn=command.reference.qualified_arn,
                trace_header=command.trace_header,
                client_context=command.client_context,
            ),
        ]

    def _answer(self, environment: Environment, execution: Execution, value: Any) -> Effects:
        if execution.is_ahead:
            self._roster.pool_of(environment).ahead_in_hand -= 1
        self.capacity.give_back(execution, environment.deployment)
        self.capacity.tallies.end(environment.deployment.function, execution, value)
        return execution.answer(value)

    def _free(self, environment: Environment, now: Instant) -> Effects:
        """Give an idle environment its next invoke, or let it be idle."""
        pool = self._roster.pool_of(environment)
        self._roster.rest(environment, now)
        effects = self._serve(pool, now)
        if pool.is_retired and environment.life is Life.IDLE:
            effects += self._stop(environment)
        return effects

    def _stop(self, environment: Environment) -> Effects:
        self._remove(environment)
        return [StopEnvironment(environment.id)]

    def _remove(self, environment: Environment) -> None:
        pool = self._roster.pool_of(environment)
        self._lose(environment)
        self._roster.drop_if_done(pool)

    def _lose(self, environment: Environment) -> None:
        self._roster.remove(environment)
        if environment.is_ahead:
            self.starts.look_at_all()


def _refusal(end: EnvironmentStarted) -> FunctionError:
    sentence = end.payload.decode()
    if end.ending is Ending.UNUSABLE:
        return InvalidZipFile(f"Lambda could not unzip the deployment package. {sentence}")
    return ServiceException(f"No execution environment could be started. {sentence}")


def _beginning(environment: Environment, end: EnvironmentStarted, now: Instant) -> bytes:
    """Return what is told of a beginning that went well, outside any invoke (4.4, 5.1).

    As text, a REPORT tells of what its invoke waited for, a line by itself of what was ahead.
    """
    deployment = environment.deployment
    if deployment.has_template and not environment.is_ahead:
        told = platformlog.extensions(deployment, now, end)
        return told + platformlog.restore_end(deployment, now, end.duration_us)
    return _init_end(environment, "init", end, now)


def _init_end(environment: Environment, phase: str, end: EnvironmentStarted, now: Instant) -> bytes:
    kind = initialization_type(environment)
    deployment = environment.deployment
    told = platformlog.extensions(deployment, now, end)
    return told + platformlog.init_end(deployment, now, kind, phase, end)


def _log(environment: Environment, text: bytes) -> Effects:
    return write_log(environment.deployment, environment.stream, text)
