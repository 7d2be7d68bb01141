"""The slots of one mapping: how many batches it may have begun at once, by the law of scaling."""

from headrace.base.instant import Instant
from headrace.core.mapping import scaling
from headrace.core.mapping.scaling import Bounds


class Slots:
    """A scale between its bounds (`scaling`)."""

    __slots__ = ("_bounds", "_scale")

    def __init__(self, bounds: Bounds, now: Instant) -> None:
        """Start with what a mapping begins with."""
        self._bounds = bounds
        self._scale = scaling.start(bounds, now)

    @property
    def limit(self) -> int:
        """How many there are."""
        return self._scale.limit

    def rebound(self, bounds: Bounds) -> None:
        """Other bounds rule from now on."""
        self._scale = scaling.rebound(self._scale, self._bounds, bounds)
        self._bounds = bounds

    def fall(self, now: Instant, in_hand: int) -> None:
        """Messages have come: let go of slots that were free until now (`scaling.fallen`)."""
        self._scale = scaling.fallen(self._scale, self._bounds, now, in_hand)

    def shrink(self) -> None:
        """Let go of one: the function had no room, or failed."""
        self._scale = scaling.shrunk(self._scale, self._bounds)

    def grow(self, at: Instant) -> None:
        """One more: all were taken for a step that ended at `at`."""
        self._scale = scaling.grown(self._scale, self._bounds, at)

    def see(self, now: Instant, in_hand: int) -> Instant | None:
        """Take note of how many are taken; return when one more comes if all stay so, or None."""
        if in_hand < self.limit:
            self._scale = scaling.eased(self._scale, now)
            return None
        self._scale = scaling.taken(self._scale, self._bounds, now)
        return None if self.limit >= self._bounds.most else self._scale.grows_at
