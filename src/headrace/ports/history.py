"""Where it is kept for a while what happened, after the journal has let go of it."""

from collections.abc import Iterator
from typing import Protocol

import msgspec

from headrace.base.instant import Instant
from headrace.core.machine import Record
from headrace.ports.journal import Block, Head


class Page(msgspec.Struct, frozen=True, gc=False):
    """The head of one block, or some decisions together."""

    seq: int  #: Of the block; 0: decisions (core/mapping/decisions.py), in the same encoding.
    at: Instant
    format: int
    head: bytes


class Kept(msgspec.Struct, frozen=True):
    """What there is to read, as of one moment."""

    is_on: bool  #: Whether anything is kept at all.
    is_whole: bool  #: Nothing was ever removed from it.
    pages: Iterator[Page]  #: In order; reads as it goes, so not on the event loop.


class History(Protocol):
    """The heads of blocks in order, decisions between them; bounded, never in anyone's way."""

    #: Whether anything is kept: nobody need tell what it would not keep.
    is_on: bool

    def take_block(self, block: Block) -> None:
        """Keep the head of a durable block, soon; returns at once."""
        ...

    def take_head(self, head: Head) -> None:
        """Keep the head of a block that was found in the journal, unless it is kept already."""
        ...

    def tell(self, decision: Record) -> None:
        """Keep a decision, soon, behind what was taken before; returns at once."""
        ...

    async def read(self) -> Kept:
        """Return what there is, after all that was taken until now is written."""
        ...

    async def close(self) -> None:
        """Write out what waits."""
        ...
