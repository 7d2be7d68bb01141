"""What a mapping counts."""

import msgspec


class Tally(msgspec.Struct, gc=False):
    """Counts as AWS's event metrics count them (spec/esm.md section 6), since the last start."""

    polled: int = 0  #: Messages received.
    filtered: int = 0  #: Messages that passed no filter; their deletion counts as well.
    invoked: int = 0  #: Messages handed to the function, again for each try.
    failed: int = 0  #: Messages of invokes that failed, and those reported as failed.
    deleted: int = 0  #: Messages whose deletion was asked for; the pollers count the deleted.
    dropped: int = 0  #: Messages of loops that were taken out (RecursiveInvocationsDropped).

    def count_filtered(self, messages: int) -> None:
        """So many messages passed no filter and are deleted for it (spec/esm.md 5.3)."""
        self.filtered += messages
        self.deleted += messages
