"""What the log groups ask the shell to do (imperative names)."""

import msgspec

from headrace.base.instant import Instant
from headrace.core.logs.group import LogGroup


class DropEvents(msgspec.Struct, frozen=True):
    """Let go of all streams and events of a group: it is deleted."""

    group: LogGroup


class ExpireEvents(msgspec.Struct, frozen=True):
    """Let go of events of a group that are older than an instant."""

    group: LogGroup
    before: Instant
