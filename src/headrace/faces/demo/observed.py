"""What the demo saw: which messages were acknowledged, handled, dead-lettered, or wait."""

import json
import math
from collections.abc import Sequence

import msgspec


class Observed(msgspec.Struct):
    """The demo's own book-keeping, by message id."""

    #: Acknowledged sends: message id to line of the delivery.
    acknowledged: dict[str, int] = msgspec.field(default_factory=dict)
    #: Handled deliveries: message id to milliseconds from send to handler.
    handled: dict[str, int] = msgspec.field(default_factory=dict)
    #: Dead-lettered: message id to how often its receive count rose.
    dead: dict[str, int] = msgspec.field(default_factory=dict)
    #: Messages that are still in the queue, waiting or in flight.
    waiting: int = 0
    #: Receives beyond the first, of deliveries that were handled in the end.
    retried: int = 0

    def note_digest(self, body: str) -> None:
        """Note the deliveries of one digest; a delivery may come in two of them."""
        for delivery in json.loads(body)["deliveries"]:
            if delivery["message_id"] not in self.handled:
                self.handled[delivery["message_id"]] = delivery["waited_ms"]
                self.retried += delivery["receive_count"] - 1

    @property
    def missing(self) -> set[str]:
        """Acknowledged messages that were neither handled nor dead-lettered."""
        return self.acknowledged.keys() - self.handled.keys() - self.dead.keys()


def percentile(values: Sequence[int], share: float) -> int:
    """Return the smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Return rows of a name and a value as aligned text."""
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"  {name.ljust(width)}  {value}" for name, value in rows)
