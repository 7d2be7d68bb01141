"""What a mapping counts."""

from collections.abc import Sequence

import msgspec

from headrace.core.mapping.commands import PolledMessage
from headrace.core.mapping.filters.misfit import is_mismatch


class Tally(msgspec.Struct, gc=False):
    """Counts as AWS's event metrics count them (spec/esm.md section 6), since the last start."""

    polled: int = 0  #: Messages received.
    filtered: int = 0  #: Messages that passed no filter; their deletion counts as well.
    invoked: int = 0  #: Messages handed to the function, again for each try.
    failed: int = 0  #: Messages of invokes that failed, and those reported as failed.
    deleted: int = 0  #: Messages whose deletion was asked for; the pollers count the deleted.
    dropped: int = 0  #: Messages of loops that were taken out (RecursiveInvocationsDropped).

    # For advice (spec/esm.md 8.2):
    again: int = 0  #: Messages received that had been received before.
    body_length: int = 0  #: Characters of all bodies received.
    mismatched: int = 0  #: Filtered messages whose body has the other form than is asked for.
    attempts: int = 0  #: Invokes that were asked for.
    oddities: dict[str, int] = {}  #: Of answers, by kind (core/mapping/oddities.py).

    def count_polled(self, messages: Sequence[PolledMessage]) -> None:
        """A receive brought these."""
        self.polled += len(messages)
        for message in messages:
            self.again += message.receive_count > 1
            self.body_length += len(message.body)

    def count_filtered(self, reasons: Sequence[str]) -> None:
        """Messages passed no filter and are deleted for it (spec/esm.md 5.3), each with why."""
        self.filtered += len(reasons)
        self.deleted += len(reasons)
        self.mismatched += sum(map(is_mismatch, reasons))

    def count_attempt(self, messages: int) -> None:
        """A batch of so many goes to the function, perhaps again."""
        self.invoked += messages
        self.attempts += 1

    def count_oddity(self, kind: str) -> None:
        """An answer was odd; nothing, if `kind` is empty."""
        if kind:
            self.oddities[kind] = self.oddities.get(kind, 0) + 1
