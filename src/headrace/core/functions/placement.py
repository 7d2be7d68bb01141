"""Which environment takes an invoke: pools of environments and of invokes that wait for one.

A **pool** is what there is for one deployment: idle environments, most recently used last, and
invokes that wait, oldest first. An environment that becomes free takes the oldest waiting invoke;
an invoke takes the environment used most recently, so that the others grow old and go. One
environment is started for each waiting invoke that has none on its way, as long as the shard's
limits allow. Invokes wait for an environment, never for capacity: what exceeds an account's
concurrency is throttled before it comes here, which also bounds the waiting.
"""

from collections import deque

from headrace.base.instant import Instant, later
from headrace.core.deadlines import Deadlines
from headrace.core.functions import limits
from headrace.core.functions.environment import Environment, Happening
from headrace.core.functions.execution import Execution
from headrace.core.functions.settings import Deployment

#: Function number, version, generation.
PoolKey = tuple[int, str, int]


class Pool:
    """Environments of one deployment, and the invokes that wait for one."""

    __slots__ = ("deployment", "idle", "is_open", "is_retired", "members", "starting", "waiting")

    def __init__(self, deployment: Deployment) -> None:
        """Start empty."""
        self.deployment = deployment
        #: By id, in the order in which they became idle.
        self.idle: dict[str, Environment] = {}
        self.waiting: deque[Execution] = deque()
        #: How many environments there are, in whatever state.
        self.members = 0
        #: How many of them start for whichever invoke waits when they are ready.
        self.starting = 0
        #: False while the function is Pending: invokes wait.
        self.is_open = True
        #: After an update or a deletion: what waits is still served, then everything stops.
        self.is_retired = False

    @property
    def key(self) -> PoolKey:
        """Which pool it is."""
        return pool_key(self.deployment)

    @property
    def must_start(self) -> bool:
        """Whether more invokes wait than environments are on their way."""
        return self.is_open and len(self.waiting) > self.starting

    @property
    def can_run(self) -> bool:
        """Whether an invoke waits although an environment is free."""
        return self.is_open and bool(self.waiting) and bool(self.idle)


class Roster:
    """All pools and environments of a shard.

    Invariants: `idle`, here and in the pools, holds exactly the environments that are IDLE or
    FROZEN, and each of those has a deadline; no retired pool is kept without a member or a
    waiting invoke.
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

    def pool_of(self, environment: Environment) -> Pool:
        """Return the pool that an environment belongs to."""
        return self.pools[pool_key(environment.deployment)]

    def add(self, environment: Environment) -> None:
        """Take in an environment that starts."""
        self.environments[environment.id] = environment
        self.starting += 1
        pool = self.pool_of(environment)
        pool.members += 1
        if environment.execution is None:
            pool.starting += 1

    def finish_start(self, environment: Environment) -> None:
        """Note that an environment starts no longer."""
        self.starting -= 1
        if environment.execution is None:
            self.pool_of(environment).starting -= 1

    def rest(self, environment: Environment, now: Instant) -> None:
        """Let an environment be idle from now on."""
        environment.idle_since = now
        self.pool_of(environment).idle[environment.id] = environment
        self.idle[environment.id] = environment
        self.deadlines.put(environment.id, later(now, limits.FREEZE_AFTER_MS))

    def freeze(self, environment: Environment) -> None:
        """Note that an idle environment is frozen; the next thing is to stop it."""
        environment.happen(Happening.FROZE)
        stop_at = later(environment.idle_since, limits.STOP_AFTER_MS)
        self.deadlines.put(environment.id, stop_at)

    def match(self, pool: Pool) -> tuple[Environment, Execution]:
        """Take the free environment used last and the invoke that waits longest."""
        id, environment = pool.idle.popitem()
        del self.idle[id]
        self.deadlines.withdraw(id)
        return environment, pool.waiting.popleft()

    def remove(self, environment: Environment) -> None:
        """Take an environment that ended out of everything."""
        environment.happen(Happening.ENDED)
        del self.environments[environment.id]
        pool = self.pool_of(environment)
        pool.members -= 1
        if self.idle.pop(environment.id, None) is not None:
            del pool.idle[environment.id]
            self.deadlines.withdraw(environment.id)

    def drop_if_done(self, pool: Pool) -> None:
        """Forget a retired pool that has nothing left."""
        if pool.is_retired and not pool.members and not pool.waiting:
            self.pools.pop(pool.key, None)


def pool_key(deployment: Deployment) -> PoolKey:
    """Return the key of a deployment's pool."""
    return deployment.function, deployment.version, deployment.generation
