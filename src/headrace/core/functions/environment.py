"""The life of one execution environment, as a table.

    STARTING ─ready─► IDLE ─froze─► FROZEN
      │  ▲             │ ▲            │
      │  │       took  ▼ │ answered   │ took (thaws)
      │  │            BUSY ◄──────────┘
      │  │ took        │ failed
      │  └─────────── RESET
      └──ended──► GONE ◄──ended── any of them

RESET (spec/lambda.md 4.1): its invoke ended with its processes. It has its id, its log stream and
the files in its /tmp. It starts anew inside the next invoke that is given to it; for the next that
waits, if it is a copy of a template; at once, if it is kept ahead of need.

An environment is volatile: nothing of it is recorded, and none outlives the server.
"""

import hashlib
from enum import Enum

from headrace.base.instant import Instant
from headrace.core.functions.execution import Execution
from headrace.core.functions.settings import Deployment


class Life(Enum):
    """Where an environment is in its life."""

    STARTING = "starting"
    IDLE = "idle"
    BUSY = "busy"
    FROZEN = "frozen"
    RESET = "reset"
    GONE = "gone"


class Happening(Enum):
    """What can happen to an environment."""

    READY = "ready"  #: Its init phase went well.
    TOOK = "took"  #: It was given an invoke.
    ANSWERED = "answered"  #: Its invoke is over and it can take another.
    FROZE = "froze"
    FAILED = "failed"  #: Its processes ended with its invoke, and others may take their place.
    ENDED = "ended"  #: It died or was stopped, or failed for good.


LIVES = {
    (Life.STARTING, Happening.READY): Life.IDLE,
    (Life.STARTING, Happening.ENDED): Life.GONE,
    (Life.IDLE, Happening.TOOK): Life.BUSY,
    (Life.IDLE, Happening.FROZE): Life.FROZEN,
    (Life.IDLE, Happening.ENDED): Life.GONE,
    (Life.FROZEN, Happening.TOOK): Life.BUSY,
    (Life.FROZEN, Happening.ENDED): Life.GONE,
    (Life.BUSY, Happening.ANSWERED): Life.IDLE,
    (Life.BUSY, Happening.FAILED): Life.RESET,
    (Life.BUSY, Happening.ENDED): Life.GONE,
    (Life.RESET, Happening.TOOK): Life.STARTING,
    (Life.RESET, Happening.ENDED): Life.GONE,
}


class Environment:
    """One environment: what it is for, where it is in its life, what it has in hand."""

    __slots__ = (
        "deployment",
        "execution",
        "id",
        "idle_since",
        "init_us",
        "is_ahead",
        "is_dead",
        "is_returning",
        "life",
        "stream",
    )

    def __init__(self, id: str, deployment: Deployment, stream: str) -> None:
        """Begin as STARTING."""
        self.id = id
        self.deployment = deployment
        self.stream = stream
        self.life = Life.STARTING
        #: The invoke in hand; while STARTING, the invoke inside which a failed init is retried.
        self.execution: Execution | None = None
        #: How long its init took, until a REPORT has said so.
        self.init_us: int | None = None
        self.idle_since = Instant(0)
        #: Its process ended while its invoke's ending was still to come.
        self.is_dead = False
        #: Whether it is one of those that are kept ready ahead of need.
        self.is_ahead = False
        #: Whether it is one of those and was reset, until it is ready again.
        self.is_returning = False

    def happen(self, happening: Happening) -> None:
        """Move along the table; a move that is not in it is a bug."""
        self.life = LIVES[self.life, happening]


def environment_id(deployment: Deployment, now: Instant, number: int, request_id: str) -> str:
    """Return 32 hex digits that no other environment has; `number` counts those started."""
    story = b"%d %d %d %s" % (deployment.generation, now, number, request_id.encode())
    return hashlib.blake2b(story, key=deployment.seed, digest_size=16).hexdigest()
