"""What the log groups answer."""

import msgspec


class Done(msgspec.Struct, frozen=True, gc=False):
    """It is done; there is nothing to tell."""


class GroupNoted(msgspec.Struct, frozen=True, gc=False):
    """The group is there."""

    number: int
