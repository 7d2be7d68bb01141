"""When an environment is started, and what is to be done then: ids, log lines, limits."""

from collections.abc import Sequence
from typing import Any

from headrace.base.instant import Instant
from headrace.core.functions import limits, platformlog
from headrace.core.functions.effects import (
    PrepareTemplate,
    StartEnvironment,
    StopEnvironment,
    WriteLog,
)
from headrace.core.functions.environment import Environment, environment_id
from headrace.core.functions.execution import Execution
from headrace.core.functions.placement import Pool, PoolKey, Roster
from headrace.core.functions.rates import Buckets
from headrace.core.functions.runtimes import Interpreter, choose_interpreter
from headrace.core.functions.settings import Deployment

Effects = list[Any]

#: How many environments a function may gain at once, and a second.
_GROWTH_RATE = (limits.GROWTH_MAX, limits.GROWTH_PER_SECOND)


class Starts:
    """Starts environments for the pools that need some, as the shard's limits allow.

    Invariant: `hungry` holds exactly the pools that need a start.
    """

    def __init__(self, interpreters: Sequence[Interpreter], roster: Roster) -> None:
        """Begin; `interpreters` are those found on this machine."""
        self._interpreters = interpreters
        self._roster = roster
        #: Pools that need an environment that the limits did not allow yet; each in its turn.
        self.hungry: dict[PoolKey, Pool] = {}
        #: Counts every start, so that no two environments have the same id.
        self._started_ever = 0
        self._growth = Buckets()

    def free_ahead(self, deployment: Deployment) -> int:
        """Return how many environments that are kept ahead of need have no invoke."""
        return self._roster.free_ahead(deployment)

    def free(self, deployment: Deployment) -> int:
        """Return how many environments are idle or start and have no invoke that waits for them."""
        return self._roster.free(deployment)

    def are_under_way(self, deployment: Deployment) -> bool:
        """Tell whether environments start for invokes that wait."""
        return self._roster.are_starting(deployment)

    def has_room(self, function: int, pool: Pool | None, now: Instant) -> bool:
        """Return whether an environment serves one more invoke, or may be started for it (6.1)."""
        is_short = pool is None or pool.is_short
        return not is_short or self._growth.has_room(function, *_GROWTH_RATE, now)

    def look_at(self, pool: Pool) -> None:
        """See whether a pool needs environments, now that it has changed."""
        if self.needs(pool):
            self.hungry.setdefault(pool.key, pool)
        else:
            self.hungry.pop(pool.key, None)

    def look_at_all(self) -> None:
        """See which pools want environments ahead of need, now that there are fewer of others."""
        for key, pool in self._roster.pools.items():
            if self.needs(pool):
                self.hungry.setdefault(key, pool)

    def needs(self, pool: Pool) -> bool:
        """Tell whether an environment is to be started for a pool, once the limits allow it."""
        if pool.must_start or pool.reset_ahead:
            return True
        return pool.wants_ahead and self._roster.ahead < limits.AHEAD_MAX

    def feed(self, now: Instant) -> Effects:
        """Start environments for pools that need some, one a pool in turn, as the limits allow.

        Environments that have been reset come before new ones, and invokes that wait before what is
        wanted ahead of need.
        """
        effects: Effects = []
        while self.hungry and self._roster.starting < limits.STARTING_MAX:
            key, pool = next(iter(self.hungry.items()))
            is_revival = bool(pool.reset_ahead or (pool.must_start and pool.reset))
            if not is_revival and not self._make_room(effects):
                break
            del self.hungry[key]
            if is_revival:
                effects += self._effects(self._roster.revive(pool), now)
            elif pool.must_start:
                request_id = pool.waiting[pool.coming].command.request_id
                effects += self.start(pool.deployment, None, request_id, now)
            elif self.needs(pool):
                effects += self.start(pool.deployment, None, "", now, ahead=True)
            if self.needs(pool):
                self.hungry[key] = pool
        return effects

    def _make_room(self, effects: Effects) -> bool:
        """Tell whether an environment may start, if need be by stopping the longest idle one."""
        roster = self._roster
        if not roster.is_full:
            return True
        longest_idle = next(iter(roster.idle.values()), None)
        if longest_idle is None:
            return False
        pool = roster.pool_of(longest_idle)
        roster.remove(longest_idle)
        roster.drop_if_done(pool)
        effects.append(StopEnvironment(longest_idle.id))
        return True

    def start(
        self,
        deployment: Deployment,
        execution: Execution | None,
        request_id: str,
        now: Instant,
        *,
        ahead: bool = False,
    ) -> Effects:
        """Start an environment, perhaps ahead of need.

        `execution` is the invoke inside which it starts, if any.
        """
        if not ahead:
            self._growth.take(deployment.function, *_GROWTH_RATE, now)
        environment = self._environment(deployment, request_id, now)
        environment.execution = execution
        environment.is_ahead = ahead
        self._roster.add(environment)
        return self._effects(environment, now)

    def _environment(self, deployment: Deployment, request_id: str, now: Instant) -> Environment:
        """Return an environment that is to be started; `request_id` is of what it starts for."""
        self._started_ever += 1
        id = environment_id(deployment, now, self._started_ever, request_id)
        return Environment(id, deployment, platformlog.log_stream(deployment, now, id))

    def _effects(self, environment: Environment, now: Instant) -> Effects:
        """Return how an environment starts.

        On demand the init phase has 10 seconds, and inside an invoke the function's own time;
        ahead of need and from a template it has 130 seconds (spec/lambda.md 4.1).
        """
        deployment = environment.deployment
        limit_ms = deployment.settings.timeout_s * 1_000
        kind = initialization_type(environment)
        if kind != "on-demand":
            limit_ms = max(limit_ms, limits.INIT_LIMIT_AHEAD_MS)
        elif environment.execution is None:
            limit_ms = limits.INIT_LIMIT_MS
        start = StartEnvironment(environment.id, deployment, environment.stream, limit_ms, kind)
        interpreter = self._interpreter(deployment)
        if interpreter is None:
            return [start]
        text = platformlog.opening(deployment, interpreter, now, environment.id, kind)
        return [*write_log(deployment, environment.stream, text), start]

    def template(self, deployment: Deployment, now: Instant) -> Effects:
        """Return how the template of a version with SnapStart is made; it serves no invokes."""
        self._started_ever += 1
        id = environment_id(deployment, now, self._started_ever, "")
        stream = platformlog.log_stream(deployment, now, id)
        limit_ms = max(deployment.settings.timeout_s * 1_000, limits.INIT_LIMIT_AHEAD_MS)
        prepare = PrepareTemplate(id, deployment, stream, limit_ms)
        interpreter = self._interpreter(deployment)
        if interpreter is None:
            return [prepare]
        text = platformlog.template_opening(deployment, interpreter, now, id)
        return [*write_log(deployment, stream, text), prepare]

    def _interpreter(self, deployment: Deployment) -> Interpreter | None:
        return choose_interpreter(deployment.settings.runtime, self._interpreters)


def write_log(deployment: Deployment, stream: str, text: bytes) -> Effects:
    """Return how the platform writes into a stream; nothing where it has nothing to say."""
    if not text:
        return []
    group = deployment.settings.logging.group
    return [WriteLog(deployment.account, deployment.region, group, stream, text)]


def initialization_type(environment: Environment) -> str:
    """Return why an environment is initialized, in AWS's words (spec/lambda.md 3.4)."""
    if environment.deployment.has_template:
        return "snap-start"
    return "provisioned-concurrency" if environment.is_ahead else "on-demand"
