"""Which environment takes an invoke: pools of environments and of invokes that wait for one.

A **pool** is what there is for one deployment: idle environments, most recently used last, and
invokes that wait, oldest first. An environment that becomes free takes the oldest waiting invoke;
an invoke takes the environment used most recently, so that the others grow old and go. One
environment is started for each waiting invoke that has none on its way, as long as the shard's
limits allow. A version with provisioned concurrency **wants** environments ahead of need: they are
started when nobody waits, take invokes first, are frozen when idle, and are never stopped for it or
for another's sake. One of them that was reset **returns**: it starts anew at once, and counts as
one that is there, because invokes may wait for it. Invokes wait for an environment, never for
capacity: what exceeds an account's concurrency is throttled before it comes here, which also bounds
the waiting.
"""

from collections import deque

from headrace.base.instant import Instant, later
from headrace.core.deadlines import Deadlines
from headrace.core.functions import limits
from headrace.core.functions.environment import Environment, Happening, Life
from headrace.core.functions.execution import Execution
from headrace.core.functions.outcomes import RESET, Ending
from headrace.core.functions.settings import Deployment

#: Function number, version, generation.
PoolKey = tuple[int, str, int]


class Pool:
    """Environments of one deployment, and the invokes that wait for one."""

    __slots__ = (
        "ahead",
        "ahead_in_hand",
        "ahead_returning",
        "ahead_starting",
        "deployment",
        "failures",
        "idle",
        "idle_ahead",
        "is_open",
        "is_retired",
        "members",
        "reset",
        "reset_ahead",
        "starting",
        "waiting",
        "wanted",
    )

    def __init__(self, deployment: Deployment) -> None:
        """Start empty."""
        self.deployment = deployment
        #: By id, in the order in which they became idle.
        self.idle: dict[str, Environment] = {}
        #: The same, those that are kept ahead of need.
        self.idle_ahead: dict[str, Environment] = {}
        #: Those that have to start anew, in the order in which they failed.
        self.reset: dict[str, Environment] = {}
        #: The same, those that are kept ahead of need; they do so as soon as they may.
        self.reset_ahead: dict[str, Environment] = {}
        self.waiting: deque[Execution] = deque()
        #: How many environments there are, in whatever state.
        self.members = 0
        #: How many of them start for whichever invoke waits when they are ready.
        self.starting = 0
        #: False while the function is Pending: invokes wait.
        self.is_open = True
        #: After an update or a deletion: what waits is still served, then everything stops.
        self.is_retired = False
        #: How many environments are to be there ahead of need; are ready or return; start.
        self.wanted = 0
        self.ahead = 0
        self.ahead_starting = 0
        #: How many of `ahead` return, and are not ready yet.
        self.ahead_returning = 0
        #: How many of their init phases have failed in a row.
        self.failures = 0
        #: Invokes in hand that have their place among them.
        self.ahead_in_hand = 0

    @property
    def key(self) -> PoolKey:
        """Which pool it is."""
        return pool_key(self.deployment)

    @property
    def coming(self) -> int:
        """How many environments are on their way for whichever invoke waits."""
        return self.starting + self.ahead_returning

    @property
    def must_start(self) -> bool:
        """Whether more invokes wait than environments are on their way."""
        return self.is_open and len(self.waiting) > self.coming

    @property
    def is_short(self) -> bool:
        """Whether one more invoke would need another environment than are free or start."""
        return self.left_over <= 0

    @property
    def left_over(self) -> int:
        """How many more environments are free or start than invokes wait; negative: fewer."""
        free = len(self.idle) + len(self.idle_ahead) + len(self.reset)
        return self.coming + free - len(self.waiting)

    @property
    def has_failed(self) -> bool:
        """Whether so many init phases failed that no more are tried ahead of need."""
        return self.failures >= limits.PROVISIONING_ATTEMPTS

    @property
    def wants_ahead(self) -> bool:
        """Whether more environments are to be there ahead of need than are or come."""
        missing = self.wanted > self.ahead + self.ahead_starting
        return missing and not self.has_failed and not self.is_retired

    @property
    def has_ahead(self) -> bool:
        """Whether an environment that is kept ahead of need has no invoke counted on it."""
        return self.ahead_in_hand < self.ahead

    @property
    def can_run(self) -> bool:
        """Whether an invoke waits although an environment is free."""
        return self.is_open and bool(self.waiting) and bool(self.idle or self.idle_ahead)

    @property
    def free(self) -> list[Environment]:
        """All environments that have nothing in hand."""
        idle = [*self.idle.values(), *self.idle_ahead.values()]
        return [*idle, *self.reset.values(), *self.reset_ahead.values()]


class Roster:
    """All pools and environments of a shard.

    Invariants: `idle` of the pools holds exactly the environments that are IDLE or FROZEN and not
    kept ahead of need, `reset` those that are RESET, our own `idle` both, and each of those has a
    deadline; `idle_ahead` of the pools holds the others, which have one until they are frozen, and
    `reset_ahead` those that are RESET, which have none; no retired pool is kept without a member or
    a waiting invoke.
    """

    def __init__(self) -> None:
        """Start empty."""
        self.environments: dict[str, Environment] = {}
        self.pools: dict[PoolKey, Pool] = {}
        #: By id, longest idle first, over all pools.
        self.idle: dict[str, Environment] = {}
        #: By id: when it is to be frozen or, frozen, to be stopped.
        self.deadlines: Deadlines[str] = Deadlines()
        self.starting = 0
        #: How many environments are, or are to be, there ahead of need.
        self.ahead = 0

    @property
    def is_full(self) -> bool:
        """Whether no further environment may exist."""
        return len(self.environments) >= limits.ENVIRONMENTS_MAX

    def pool_for(self, deployment: Deployment) -> Pool:
        """Return the pool of a deployment, made if there was none."""
        key = pool_key(deployment)
        pool = self.pools.get(key)
        if pool is None:
            pool = self.pools[key] = Pool(deployment)
        return pool

    def free_ahead(self, deployment: Deployment) -> int:
        """Return how many environments that are kept ahead of need have no invoke."""
        pool = self.pools.get(pool_key(deployment))
        return 0 if pool is None else max(0, pool.ahead - pool.ahead_in_hand)

    def free(self, deployment: Deployment) -> int:
        """Return how many environments are idle or start and have no invoke that waits for them."""
        pool = self.pools.get(pool_key(deployment))
        return 0 if pool is None else pool.left_over

    def are_starting(self, deployment: Deployment) -> bool:
        """Tell whether environments of a deployment start for invokes that wait."""
        pool = self.pools.get(pool_key(deployment))
        return pool is not None and pool.coming > 0

    def pool_of(self, environment: Environment) -> Pool:
        """Return the pool that an environment belongs to."""
        return self.pools[pool_key(environment.deployment)]

    def add(self, environment: Environment) -> None:
        """Take in an environment that starts."""
        self.environments[environment.id] = environment
        self.starting += 1
        pool = self.pool_of(environment)
        pool.members += 1
        if environment.is_ahead:
            self.ahead += 1
            pool.ahead_starting += 1
        elif environment.execution is None:
            pool.starting += 1

    def finish_start(self, environment: Environment) -> None:
        """Note that an environment starts no longer: it is ready, or will be removed."""
        self.starting -= 1
        pool = self.pool_of(environment)
        if environment.is_returning:
            environment.is_returning = False
            pool.ahead_returning -= 1
        elif environment.is_ahead:
            pool.ahead_starting -= 1
            pool.ahead += 1
        elif environment.execution is None:
            pool.starting -= 1

    def rest(self, environment: Environment, now: Instant) -> None:
        """Let an environment be idle from now on."""
        environment.idle_since = now
        pool = self.pool_of(environment)
        if environment.is_ahead:
            pool.idle_ahead[environment.id] = environment
        else:
            pool.idle[environment.id] = environment
            self.idle[environment.id] = environment
        self.deadlines.put(environment.id, later(now, limits.FREEZE_AFTER_MS))

    def reset(self, environment: Environment, now: Instant) -> None:
        """Let an environment whose processes are gone wait for the next invoke, as if frozen.

        Or for its turn to start, where it is kept ahead of need.
        """
        environment.happen(Happening.FAILED)
        pool = self.pool_of(environment)
        if environment.is_ahead:
            environment.is_returning = True
            pool.ahead_returning += 1
            pool.reset_ahead[environment.id] = environment
            return
        environment.idle_since = now
        pool.reset[environment.id] = environment
        self.idle[environment.id] = environment
        self.deadlines.put(environment.id, later(now, limits.STOP_AFTER_MS))

    def revive(self, pool: Pool) -> Environment:
        """Take an environment that was reset, to start anew: one that is kept ahead of need first.

        Else the one that failed last. It starts for whichever invoke waits then, if it is a copy of
        a template, and else inside an invoke: the one that waits longest of those that no other
        environment starts for.
        """
        if pool.reset_ahead:
            environment = pool.reset_ahead.pop(next(iter(pool.reset_ahead)))
        else:
            id, environment = pool.reset.popitem()
            del self.idle[id]
            self.deadlines.withdraw(id)
            if environment.deployment.has_template:
                pool.starting += 1
            else:
                environment.execution = pool.waiting[pool.coming]
                del pool.waiting[pool.coming]
        environment.happen(Happening.TOOK)
        self.starting += 1
        return environment

    def freeze(self, environment: Environment) -> None:
        """Note that an idle environment is frozen; the next thing, if any, is to stop it."""
        environment.happen(Happening.FROZE)
        if not environment.is_ahead:
            stop_at = later(environment.idle_since, limits.STOP_AFTER_MS)
            self.deadlines.put(environment.id, stop_at)

    def match(self, pool: Pool) -> tuple[Environment, Execution]:
        """Take the free environment used last and the invoke that waits longest.

        Those that are kept ahead of need come first: they cost nothing more (L-A60).
        """
        if pool.idle_ahead:
            id, environment = pool.idle_ahead.popitem()
        else:
            id, environment = pool.idle.popitem()
            del self.idle[id]
        self.deadlines.withdraw(id)
        return environment, pool.waiting.popleft()

    def surplus(self, pool: Pool) -> list[Environment]:
        """Return which of a pool's environments ahead of need are too many.

        Those that were reset come first, then those that are idle.
        """
        count = pool.ahead + pool.ahead_starting - pool.wanted
        if count <= 0:
            return []
        free = pool.reset_ahead | pool.idle_ahead
        others = [
            one
            for one in self.environments.values()
            if one.is_ahead and one.id not in free and self.pool_of(one) is pool
        ]
        return [*free.values(), *others][:count]

    def demote(self, environment: Environment) -> None:
        """Keep an environment ahead of need no longer; a free one is then to be stopped."""
        pool = self.pool_of(environment)
        is_starting = environment.life is Life.STARTING
        self.ahead -= 1
        if is_starting and not environment.is_returning:
            pool.ahead_starting -= 1
        else:
            self._count_off(pool, environment)
        pool.starting += is_starting
        environment.is_ahead = False
        if pool.idle_ahead.pop(environment.id, None) is not None:
            pool.idle[environment.id] = environment
            self.idle[environment.id] = environment

    def remove(self, environment: Environment) -> None:
        """Take an environment that ended out of everything; it starts no longer."""
        environment.happen(Happening.ENDED)
        id = environment.id
        del self.environments[id]
        pool = self.pool_of(environment)
        pool.members -= 1
        if environment.is_ahead:
            self.ahead -= 1
            self._count_off(pool, environment)
        if self.idle.pop(id, None) is not None:
            if pool.idle.pop(id, None) is None:
                del pool.reset[id]
            self.deadlines.withdraw(id)
        elif pool.idle_ahead.pop(id, None) is not None:
            self.deadlines.withdraw(id)
        else:
            pool.reset_ahead.pop(id, None)

    def _count_off(self, pool: Pool, environment: Environment) -> None:
        """Count an environment no more among those that are there ahead of need."""
        pool.ahead -= 1
        pool.ahead_returning -= environment.is_returning
        environment.is_returning = False

    def drop_if_done(self, pool: Pool) -> None:
        """Forget a retired pool that has nothing left."""
        if pool.is_retired and not pool.members and not pool.waiting:
            self.pools.pop(pool.key, None)


def may_be_reset(environment: Environment, pool: Pool, ending: Ending) -> bool:
    """Tell whether others may take the place of processes that ended with their invoke."""
    is_wanted = not pool.is_retired and not (environment.is_ahead and pool.has_failed)
    return ending in RESET and not environment.is_dead and is_wanted


def pool_key(deployment: Deployment) -> PoolKey:
    """Return the key of a deployment's pool."""
    return deployment.function, deployment.version, deployment.generation
