"""How many batches a mapping may have in hand at once: starts at 5, grows while there is work.

Values in, values out, whole milliseconds. While every slot is taken, one more is added each 200 ms
(300 a minute); while not, one goes each 200 ms, down to where it started. The fall is reckoned
when somebody asks, so an idle mapping needs no alarm (spec/esm.md 4.1).
"""

import msgspec

from headrace.base.instant import Instant, later
from headrace.core.mapping.limits import CONCURRENCY_MAX, CONCURRENCY_START, GROWTH_STEP_MS


class Scale(msgspec.Struct, frozen=True, gc=False):
    """How many at once now, and what is needed to move on from there."""

    limit: int
    grows_at: Instant  #: When the next slot is due if all are taken then; past: long ago.
    eased_at: Instant | None  #: From when on slots were free; None while all are taken.


def ceiling(maximum_concurrency: int) -> int:
    """Return the most that may be in hand at once; `maximum_concurrency` 0 means not set."""
    return maximum_concurrency or CONCURRENCY_MAX


def start(maximum_concurrency: int, now: Instant) -> Scale:
    """Return where a mapping begins."""
    limit = min(CONCURRENCY_START, ceiling(maximum_concurrency))
    return Scale(limit, Instant(now - 2 * GROWTH_STEP_MS), now)


def next_growth(scale: Scale, now: Instant) -> Instant:
    """Return when a slot comes if all stay taken from `now` on.

    Work that paused for less than a step goes on where it was; after a longer pause the first slot
    takes a whole step.
    """
    if now - scale.grows_at > GROWTH_STEP_MS:
        return later(now, GROWTH_STEP_MS)
    return max(scale.grows_at, now)


def taken(scale: Scale, now: Instant) -> Scale:
    """All slots are taken at `now`."""
    return Scale(scale.limit, next_growth(scale, now), None)


def eased(scale: Scale, now: Instant) -> Scale:
    """A slot is free at `now`."""
    return scale if scale.eased_at is not None else Scale(scale.limit, scale.grows_at, now)


def grown(scale: Scale, at: Instant, maximum_concurrency: int) -> Scale:
    """All slots were taken for a step that ended at `at`."""
    limit = min(scale.limit + 1, ceiling(maximum_concurrency))
    return Scale(limit, later(at, GROWTH_STEP_MS), scale.eased_at)


def fallen(scale: Scale, now: Instant, maximum_concurrency: int, in_hand: int) -> Scale:
    """Take away the slots that were free for a step each, never one that is in use.

    `in_hand` counts what is taken or promised: also the receive that is under way.
    """
    if scale.eased_at is None:
        return scale
    steps = (now - scale.eased_at) // GROWTH_STEP_MS
    floor = max(min(CONCURRENCY_START, ceiling(maximum_concurrency)), in_hand)
    limit = min(scale.limit, max(floor, scale.limit - steps))
    return Scale(limit, scale.grows_at, later(scale.eased_at, steps * GROWTH_STEP_MS))


def shrunk(scale: Scale) -> Scale:
    """Take away one slot: the function had no room, or failed; one always remains."""
    return Scale(max(1, scale.limit - 1), scale.grows_at, scale.eased_at)


def capped(scale: Scale, maximum_concurrency: int) -> Scale:
    """Keep a changed MaximumConcurrency."""
    return Scale(min(scale.limit, ceiling(maximum_concurrency)), scale.grows_at, scale.eased_at)
