"""Limits of the data folder: sizes at which the journal does something about its files.

All of these are ours. Those that a test on a small disk must change are fields of `SpaceLimits`.
"""

import msgspec

KIB = 1_024
MIB = 1_024 * KIB

#: Bytes of heads that one batch of a replay carries; more make the event loop wait too long.
HEADS_BATCH_BYTES = 256 * KIB

#: Rows that one batch of a replay carries.
HEADS_BATCH_ROWS = 1_000

#: Bytes of the WAL file that are written with zeros at the start: a flush into a file that does not
#: grow takes about two thirds of the time (docs/DURABILITY.md has the figures).
WAL_PREWRITTEN_BYTES = 8 * MIB

#: Bytes of WAL from which on it is copied into the database file, beside the commits.
WAL_CHECKPOINT_BYTES = 4 * MIB

#: Bytes of WAL beyond which commits wait for that copy, so that the file starts over.
WAL_BYTES_MAX = 32 * MIB

#: Jobs waiting for the committing thread. The driver has one append under way and the keeper one
#: job, so more is a bug; it is answered with AppendRefused.
JOBS_MAX = 64

#: Threads that read beside the commits, each with a connection of its own.
READERS = 2

#: Blocks deleted in one transaction; appends come in between.
DELETED_AT_ONCE = 256

#: Pages given back to the file system in one transaction; appends come in between.
VACUUMED_AT_ONCE = 128

#: Pages that may stay free inside the file, to be filled again, before any is given back (8 MiB).
FREE_PAGES_KEPT = 2_048


class SpaceLimits(msgspec.Struct, frozen=True, gc=False):
    """How much disk is kept back."""

    #: Bytes of the file that is given up when the disk is full, so that deletes still work.
    reserve_bytes: int = 16 * MIB
    #: Free bytes on the disk below which commands that grow the data are refused.
    low_bytes: int = 64 * MIB
    #: Free bytes from which on they are taken again. Above `low_bytes` + `reserve_bytes`.
    enough_bytes: int = 96 * MIB
