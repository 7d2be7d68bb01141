"""What the functions answer."""

from enum import Enum

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.function import FunctionView, InvokeConfig
from headrace.core.functions.layer import LayerVersion
from headrace.core.functions.url import Url


class Done(msgspec.Struct, frozen=True, gc=False):
    """It is done; there is nothing to say."""


class FunctionShown(msgspec.Struct, frozen=True):
    """A function as it is, or as a change leaves it."""

    view: FunctionView
    qualifier: str | None = None  #: As the caller gave it: the ARN in the answer ends in it.
    code_link: str = ""  #: Path and query on this server under which the archive can be fetched.


class FunctionsListed(msgspec.Struct, frozen=True):
    """Functions or versions in ascending order; `more` tells whether others follow."""

    views: tuple[FunctionView, ...]
    more: bool


class AliasShown(msgspec.Struct, frozen=True):
    """An alias as it is, or as a change leaves it."""

    arn: str
    name: str
    version: str
    description: str
    weights: dict[str, int]  #: Second version to its share of `alias.WEIGHT_SCALE`.
    revision_id: str


class AliasesListed(msgspec.Struct, frozen=True):
    """Aliases in ascending order of their names; `more` tells whether others follow."""

    aliases: tuple[AliasShown, ...]
    more: bool


class RecursionShown(msgspec.Struct, frozen=True, gc=False):
    """Whether events of a loop go on; otherwise they end after some turns."""

    allows: bool


class ConcurrencyShown(msgspec.Struct, frozen=True, gc=False):
    """A function's reserved concurrency; None when there is none."""

    reserved: int | None


class AccountShown(msgspec.Struct, frozen=True, gc=False):
    """What an account may use and uses in a region."""

    concurrency: int
    unreserved: int  #: What of it is set aside for no function.
    code_bytes: int  #: Of the archives of all versions.
    functions: int


class ProvisionedShown(msgspec.Struct, frozen=True, gc=False):
    """How provisioned a version or alias is."""

    arn: str  #: With the qualifier.
    requested: int
    available: int  #: Environments that are ready, at most `requested`.
    status: str  #: "IN_PROGRESS", "READY" or "FAILED".
    changed_at: Instant


class ProvisionedListed(msgspec.Struct, frozen=True):
    """What is provisioned, by qualifier; `more` tells whether others follow."""

    entries: tuple[ProvisionedShown, ...]
    more: bool


class TagsShown(msgspec.Struct, frozen=True):
    """A function's tags."""

    tags: dict[str, str]


class LayerVersionShown(msgspec.Struct, frozen=True):
    """A layer version as it is, or as it was just published."""

    name: str
    arn: str  #: Of the layer.
    version: LayerVersion
    link: str  #: Path and query on this server under which the archive can be fetched.


class LayersListed(msgspec.Struct, frozen=True):
    """Layer versions in the order of their list; `more` tells whether others follow."""

    entries: tuple[LayerVersionShown, ...]
    more: bool


class PolicyShown(msgspec.Struct, frozen=True):
    """The policy of a function or layer version, or the statement that was just added to it."""

    text: str  #: JSON.
    revision_id: str


class UrlShown(msgspec.Struct, frozen=True):
    """A function URL as it is, or as a change leaves it."""

    arn: str  #: Of the function or alias that it belongs to.
    region: str
    qualifier: str  #: The alias; empty for the function as a whole.
    url: Url


class UrlsListed(msgspec.Struct, frozen=True):
    """Function URLs in the order of their list; `more` tells whether others follow."""

    entries: tuple[UrlShown, ...]
    more: bool


class Place(Enum):
    """From what an invoke had its place (spec/lambda.md 6.1)."""

    AHEAD = "ahead"  #: Environments that are ready ahead of need.
    FUNCTION = "function"  #: What is reserved for the function.
    ACCOUNT = "account"  #: What no function of the account has reserved.


class EventTaken(msgspec.Struct, frozen=True, gc=False):
    """An asynchronous invoke is on disk and will be run."""


class Phase(Enum):
    """Where an asynchronous invoke is."""

    WAITS = "waits"  #: To be handed out.
    STARTS = "starts"  #: Handed out; no environment has it yet.
    RUNS = "runs"
    SENDS = "sends"  #: It is over, and not every target has got what came of it.
    GONE = "gone"  #: It is over and done with, or never was.


class EventSeen(msgspec.Struct, frozen=True, gc=False):
    """An asynchronous invoke as it is now."""

    phase: Phase
    failures: int = 0  #: How often the function failed on it so far.
    #: While it waits: for what, as the `Reason` of a throttle or a word of `eventhand`; empty: for
    #: its next try, or nothing. And until when at the latest, where that is known.
    waits_for: str = ""
    until: Instant | None = None
    log_stream: str = ""  #: Of the environment in which it runs.
    targets: tuple[tuple[str, bool], ...] = ()  #: ARN, and whether it is a dead-letter queue.


class InvokeConfigShown(msgspec.Struct, frozen=True, gc=False):
    """How asynchronous invokes of a version or alias are handled."""

    arn: str  #: With the qualifier.
    config: InvokeConfig


class InvokeConfigsListed(msgspec.Struct, frozen=True):
    """What is set, by qualifier; `more` tells whether others follow."""

    entries: tuple[InvokeConfigShown, ...]
    more: bool


class Invoked(msgspec.Struct, frozen=True, gc=False):
    """A function has run; whether well or badly is `function_error`."""

    request_id: str
    executed_version: str
    payload: bytes  #: What the runtime posted, unchanged, or the error document.
    function_error: str | None = None  #: "Unhandled" for every kind of failure.
    log_tail: bytes | None = None  #: The last 4 KB from START to REPORT, if asked for.
    place: Place = Place.ACCOUNT  #: Which is free again.
    log_stream: str = ""  #: Of the environment in which it ran.
