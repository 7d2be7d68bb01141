"""What of a PutLogEvents request is taken, and what AWS says of the rest.

Source: spec/lambda.md 5.4 and the API reference of PutLogEvents.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Sequence

import msgspec

from headrace.base.instant import Instant
from headrace.core.logs import limits
from headrace.core.logs.errors import InvalidParameter

#: Timestamp and text of an event.
Event = tuple[int, str]


class Batch(msgspec.Struct, frozen=True):
    """The events that are taken, and where the others stand among all; None: there are none."""

    events: tuple[Event, ...]
    too_old_end: int | None = None  #: Behind the last one that is too old.
    expired_end: int | None = None  #: Behind the last one that the group would not keep.
    too_new_start: int | None = None  #: The first one that is too early.


def sift(events: Sequence[Event], now: Instant, kept_since: Instant) -> Batch:
    """Return what of a request's events is taken.

    Raises:
        InvalidParameter: The batch is too large, too long in time, or out of order.
    """
    instants = [at for at, _ in events]
    _check(events, instants)
    oldest = now - limits.TOO_OLD_MS
    too_old = bisect_left(instants, oldest)
    expired = bisect_left(instants, max(oldest, kept_since))
    in_time = bisect_right(instants, now + limits.TOO_NEW_MS)
    return Batch(
        events=tuple(events[expired:in_time]),
        too_old_end=too_old or None,
        expired_end=expired if expired > too_old else None,
        too_new_start=in_time if in_time < len(events) else None,
    )


def _check(events: Sequence[Event], instants: Sequence[int]) -> None:
    sizes = [len(text.encode()) for _, text in events]
    if max(sizes) > limits.EVENT_BYTES_MAX:
        first = next(size for size in sizes if size > limits.EVENT_BYTES_MAX)
        raise InvalidParameter(
            f"Log event too large: {first + limits.EVENT_BYTES_EXTRA} bytes exceeds limit of "
            f"{limits.EVENT_BYTES_MAX}"
        )
    total = sum(sizes) + limits.EVENT_BYTES_EXTRA * len(sizes)
    if total > limits.BATCH_BYTES_MAX:
        raise InvalidParameter(
            f"Upload too large: {total} bytes exceeds limit of {limits.BATCH_BYTES_MAX}"
        )
    if instants != sorted(instants):
        raise InvalidParameter(
            "Log events in a single PutLogEvents request must be in chronological order."
        )
    if instants[-1] - instants[0] > limits.BATCH_SPAN_MS_MAX:
        raise InvalidParameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours."
        )
