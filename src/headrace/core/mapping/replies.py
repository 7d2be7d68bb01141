"""What the mappings answer."""

import msgspec

from headrace.base.instant import Instant
from headrace.core.mapping.settings import Settings
from headrace.core.mapping.state import State


class Done(msgspec.Struct, frozen=True, gc=False):
    """It is taken note of; there is nothing to say."""


class MappingFound(msgspec.Struct, frozen=True):
    """A mapping as its users see it."""

    uuid: str
    account: str
    region: str
    source_arn: str
    settings: Settings
    state: State
    last_modified: Instant


class TagsFound(msgspec.Struct, frozen=True):
    """The tags of a mapping."""

    tags: dict[str, str]


class MappingsFound(msgspec.Struct, frozen=True):
    """Mappings in ascending order of UUID; `more` tells whether others follow."""

    mappings: tuple[MappingFound, ...]
    more: bool
