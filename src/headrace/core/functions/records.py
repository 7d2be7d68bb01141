"""What has happened to functions and must be remembered (past tense). Tags 100 to 199."""

from headrace.core.functions.settings import Code, Settings
from headrace.core.machine import Record


class FunctionCreated(Record, frozen=True, array_like=True, tag=100):
    """A function came to be, with its $LATEST."""

    account: str
    region: str
    name: str
    seed: bytes  #: What its ids, and the keys to its code links, derive from.
    settings: Settings
    code: Code
    tags: dict[str, str]
    preparation_ms: int = 0  #: How long it showed itself as Pending.


class FunctionUpdated(Record, frozen=True, array_like=True, tag=101):
    """$LATEST was changed: this is all of it as it now is."""

    seed: bytes  #: What the revision ids of this change derive from.
    settings: Settings
    code: Code
    preparation_ms: int = 0  #: How long the update showed itself as InProgress.


class FunctionDeleted(Record, frozen=True, array_like=True, tag=102):
    """The function is gone, with all its versions."""
