"""What of a PutLogEvents request is taken, and what AWS says of the rest.

Source: spec/lambda.md 5.4 and the API reference of PutLogEvents.
"""

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
    _check(events)
    oldest = now - limits.TOO_OLD_MS
    too_old = sum(at < oldest for at, _ in events)
    expired = sum(at < max(oldest, kept_since) for at, _ in events)
    in_time = sum(at <= now + limits.TOO_NEW_MS for at, _ in events)
    return Batch(
        events=tuple(events[expired:in_time]),
        too_old_end=too_old or None,
        expired_end=expired if expired > too_old else None,
        too_new_start=in_time if in_time < len(events) else None,
    )


def _check(events: Sequence[Event]) -> None:
    total = 0
    for _, text in events:
        size = len(text.encode()) + limits.EVENT_BYTES_EXTRA
        if size > limits.EVENT_BYTES_MAX + limits.EVENT_BYTES_EXTRA:
            raise InvalidParameter(
                f"Log event too large: {size} bytes exceeds limit of {limits.EVENT_BYTES_MAX}"
            )
        total += size
    if total > limits.BATCH_BYTES_MAX:
        raise InvalidParameter(
            f"Upload too large: {total} bytes exceeds limit of {limits.BATCH_BYTES_MAX}"
        )
    instants = [at for at, _ in events]
    if instants != sorted(instants):
        raise InvalidParameter(
            "Log events in a single PutLogEvents request must be in chronological order."
        )
    if instants[-1] - instants[0] > limits.BATCH_SPAN_MS_MAX:
        raise InvalidParameter(
            "The batch of log events in a single PutLogEvents request cannot span more than 24 "
            "hours."
        )
