"""How many batches a mapping may have in hand at once: starts at 5, grows while there is work.

Values in, values out, whole milliseconds. While every slot is taken, one more is added each step
of 200 ms (300 a minute); while not, one goes each step, down to where it started, and to 2 when
long nothing came. MaximumConcurrency sets the most, and a mapping with it stays at 5; provisioned
pollers set where it starts, its most and a faster step. The fall is reckoned when somebody asks, so
an idle mapping needs no alarm (spec/esm.md 4.1).
"""

import msgspec

from headrace.base.instant import Instant, later
from headrace.core.mapping.limits import (
    CONCURRENCY_MAX,
    CONCURRENCY_QUIET,
    CONCURRENCY_START,
    GROWTH_STEP_MS,
    POLLER_CONCURRENCY,
    PROVISIONED_GROWTH_STEP_MS,
    QUIET_MS,
)


class Bounds(msgspec.Struct, frozen=True, gc=False):
    """Between what a mapping's slots move, and how fast they grow."""

    start: int  #: Slots at the start, and those that falling leaves.
    most: int
    quiet: int  #: Slots that are left when nothing came for long.
    step_ms: int  #: From one more slot to the next.


class Scale(msgspec.Struct, frozen=True, gc=False):
    """How many at once now, and what is needed to move on from there."""

    limit: int
    grows_at: Instant  #: When the next slot is due if all are taken then; past: long ago.
    eased_at: Instant | None  #: From when on slots were free; None while all are taken.


def bounds_of(
    maximum_concurrency: int,
    least_pollers: int = 0,
    most_pollers: int = 0,
    *,
    is_fifo: bool = False,
) -> Bounds:
    """Return the bounds that settings mean; 0 is not set (spec/esm.md 4.1).

    A FIFO queue gives only one batch at once of each group, so its mapping has as many slots at
    once as it can use.
    """
    step_ms = 0 if is_fifo else GROWTH_STEP_MS
    if least_pollers:
        least = least_pollers * POLLER_CONCURRENCY
        most = most_pollers * POLLER_CONCURRENCY
        return Bounds(least, most, least, PROVISIONED_GROWTH_STEP_MS)
    if maximum_concurrency:
        start = min(CONCURRENCY_START, maximum_concurrency)
        return Bounds(start, maximum_concurrency, start, step_ms)
    return Bounds(CONCURRENCY_START, CONCURRENCY_MAX, CONCURRENCY_QUIET, step_ms)


def start(bounds: Bounds, now: Instant) -> Scale:
    """Return where a mapping begins."""
    return Scale(bounds.start, Instant(now - 2 * bounds.step_ms), now)


def next_growth(scale: Scale, bounds: Bounds, now: Instant) -> Instant:
    """Return when a slot comes if all stay taken from `now` on.

    Work that paused for less than a step goes on where it was; after a longer pause the first slot
    takes a whole step.
    """
    if now - scale.grows_at > bounds.step_ms:
        return later(now, bounds.step_ms)
    return max(scale.grows_at, now)


def taken(scale: Scale, bounds: Bounds, now: Instant) -> Scale:
    """All slots are taken at `now`."""
    return Scale(scale.limit, next_growth(scale, bounds, now), None)


def eased(scale: Scale, now: Instant) -> Scale:
    """A slot is free at `now`."""
    return scale if scale.eased_at is not None else Scale(scale.limit, scale.grows_at, now)


def grown(scale: Scale, bounds: Bounds, at: Instant) -> Scale:
    """All slots were taken for a step that ended at `at`."""
    limit = min(scale.limit + 1, bounds.most)
    return Scale(limit, later(at, bounds.step_ms), scale.eased_at)


def fallen(scale: Scale, bounds: Bounds, now: Instant, in_hand: int) -> Scale:
    """Take away the slots that were free for a step each, never one that is in use.

    It is asked whenever messages come, so a long time since the slots became free, or since it was
    last asked, means that nothing came. `in_hand` counts what is taken or promised: also the
    receive that is under way.
    """
    if scale.eased_at is None:
        return scale
    free_ms = now - scale.eased_at
    steps = free_ms // GROWTH_STEP_MS
    left = bounds.quiet if free_ms >= QUIET_MS else bounds.start
    limit = min(scale.limit, max(left, in_hand, scale.limit - steps))
    return Scale(limit, scale.grows_at, later(scale.eased_at, steps * GROWTH_STEP_MS))


def shrunk(scale: Scale, bounds: Bounds) -> Scale:
    """Take away one slot: the function had no room, or failed.

    As many remain as a quiet mapping keeps: AWS says of no case in which there are fewer, which is
    why a reserved concurrency of 1 makes throttles (spec/esm.md 4.1, 4.3, T26).
    """
    limit = min(scale.limit, max(bounds.quiet, scale.limit - 1))
    return Scale(limit, scale.grows_at, scale.eased_at)


def rebound(scale: Scale, before: Bounds, after: Bounds) -> Scale:
    """Keep changed bounds: at most what they allow, and at once what they promise beyond before."""
    limit = scale.limit if after.start <= before.start else max(scale.limit, after.start)
    return Scale(min(limit, after.most), scale.grows_at, scale.eased_at)
