"""What can be asked of log groups (imperative names)."""

import msgspec


class GroupPlace(msgspec.Struct, frozen=True, gc=False, order=True):
    """Whose group is meant, and its name."""

    account: str
    region: str
    name: str


class CreateLogGroup(msgspec.Struct, frozen=True):
    """Make a group. Reply: `Done`."""

    place: GroupPlace
    tags: dict[str, str] = {}
    group_class: str = "STANDARD"
    kms_key_id: str = ""


class NoteLogGroup(msgspec.Struct, frozen=True, gc=False):
    """Make a group unless it is there, because a function writes into it. Reply: `GroupNoted`."""

    place: GroupPlace


class DeleteLogGroup(msgspec.Struct, frozen=True, gc=False):
    """Delete a group with its streams. Reply: `Done`."""

    place: GroupPlace


class SetRetention(msgspec.Struct, frozen=True, gc=False):
    """Say for how many days events are kept; None: for ever. Reply: `Done`."""

    place: GroupPlace
    days: int | None


class TagLogGroup(msgspec.Struct, frozen=True):
    """Add tags, or put others in their place. Reply: `Done`."""

    place: GroupPlace
    tags: dict[str, str]


class UntagLogGroup(msgspec.Struct, frozen=True):
    """Take tags away; keys that are not there are fine. Reply: `Done`."""

    place: GroupPlace
    keys: tuple[str, ...]
