"""What has happened to functions and must be remembered (past tense). Tags 100 to 199, 204."""

from headrace.base.instant import Instant
from headrace.core.functions.eventbody import Ending
from headrace.core.functions.policy import Policy
from headrace.core.functions.settings import Code, Settings
from headrace.core.functions.url import Url
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


class VersionPublished(Record, frozen=True, array_like=True, tag=103):
    """The next version was made of $LATEST as it then was."""

    seed: bytes  #: What the revision ids of the version, and $LATEST's new ones, derive from.
    description: str
    preparation_ms: int = 0  #: How long it showed itself as Pending.
    has_template: bool = False  #: Whether it is Pending until its template is ready (SnapStart).


class VersionDeleted(Record, frozen=True, array_like=True, tag=104):
    """A version is gone; its number is not used again."""

    version: str


class VersionPrepared(Record, frozen=True, array_like=True, tag=105):
    """The init phase of a version with SnapStart is over: well, unless `failure` says why not."""

    version: str
    failure: str = ""
    failure_code: str = ""


class AliasSet(Record, frozen=True, array_like=True, tag=106):
    """An alias was made or changed: this is all of it as it now is."""

    name: str
    version: str
    description: str
    weights: dict[str, int]  #: Second version to its share of `alias.WEIGHT_SCALE`.
    seed: bytes


class AliasDeleted(Record, frozen=True, array_like=True, tag=107):
    """An alias is gone, and the provisioned concurrency that it had."""

    name: str


class ConcurrencyReserved(Record, frozen=True, array_like=True, tag=108):
    """The function's share of the account's concurrency was set, or with None given back."""

    reserved: int | None


class ConcurrencyProvisioned(Record, frozen=True, array_like=True, tag=109):
    """How many environments a version or alias has ahead of need; 0 takes the setting away."""

    qualifier: str
    requested: int
    seed: bytes  #: What the version's new revision id derives from.


class FunctionTagged(Record, frozen=True, array_like=True, tag=110):
    """The tags changed: these are all that there now are."""

    tags: dict[str, str]
    seed: bytes  #: What $LATEST's new revision ids derive from.


class LayerVersionPublished(Record, frozen=True, array_like=True, tag=111):
    """The next version of a layer came to be, and with its first the layer."""

    account: str
    region: str
    name: str
    seed: bytes  #: Of the first version: what the keys to the layer's links derive from.
    content: Code
    description: str
    runtimes: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None
    license_info: str | None = None


class LayerVersionDeleted(Record, frozen=True, array_like=True, tag=112):
    """A layer version is gone; its number is not used again."""

    version: int


class LayerPolicySet(Record, frozen=True, array_like=True, tag=113):
    """Who else may use a layer version was changed: these are all statements that there now are."""

    version: int
    statements: dict[str, str]  #: JSON text by statement id.
    seed: bytes  #: What the policy's revision id derives from.


class RecursionSet(Record, frozen=True, array_like=True, tag=204):
    """What becomes of the function's loops was set."""

    allows: bool


class FunctionPolicySet(Record, frozen=True, array_like=True, tag=130):
    """Who else may use a function, version or alias was changed: this is all that there now is."""

    qualifier: str  #: Version or alias; "" for the function as a whole.
    policy: Policy  #: Without statements: there is none any more.


class UrlSet(Record, frozen=True, array_like=True, tag=137):
    """A function or alias was given a URL, or its URL was changed: this is all that it now is."""

    qualifier: str  #: An alias; "" for the function as a whole.
    url: Url


class UrlDeleted(Record, frozen=True, array_like=True, tag=138):
    """A URL is gone; its id is not used again."""

    qualifier: str


class EventAccepted(Record, frozen=True, array_like=True, tag=114):
    """An asynchronous invoke was accepted; its envelope is the body `2 * number`."""

    number: int  #: Of this function's events: one more than the last one's.
    qualifier: str = ""  #: As the caller gave it; empty: none.
    request: bytes = b""  #: `eventbody.key_of` its request id; empty where none was kept.


class EventFailed(Record, frozen=True, array_like=True, tag=115):
    """The function failed on an event, which is to be tried again."""

    number: int
    failures: int  #: So far.
    due_at: Instant


class EventConcluded(Record, frozen=True, array_like=True, tag=116):
    """An event is over; with nothing to send it is gone. A result is the body `2 * number + 1`."""

    number: int
    ending: Ending
    #: Where to send what came of it: ARN, and whether it is the function's dead-letter queue.
    targets: tuple[tuple[str, bool], ...] = ()
    has_result: bool = False


class EventSettled(Record, frozen=True, array_like=True, tag=117):
    """What came of an event was sent to one of its targets, or cannot be sent there."""

    number: int
    target: str
    is_dead_letter: bool


class EventsMoved(Record, frozen=True, array_like=True, tag=118):
    """Bodies of events now lie in the record's own block."""

    numbers: tuple[int, ...]  #: Of the bodies.


class InvokeConfigSet(Record, frozen=True, array_like=True, tag=119):
    """How asynchronous invokes of a version or alias are handled was set: this is all of it."""

    qualifier: str
    retries: int | None  #: None: the default.
    age_s: int | None
    on_success: str  #: ARN; empty: none.
    on_failure: str


class InvokeConfigDeleted(Record, frozen=True, array_like=True, tag=120):
    """A version's or alias's asynchronous invokes are handled by default again."""

    qualifier: str


#: Those that are about asynchronous invokes.
EVENT_RECORDS: tuple[type[Record], ...] = (
    EventAccepted,
    EventFailed,
    EventConcluded,
    EventSettled,
    EventsMoved,
)

#: Those that are about layers.
LAYER_RECORDS: tuple[type[Record], ...] = (
    LayerVersionPublished,
    LayerVersionDeleted,
    LayerPolicySet,
)

#: All of them.
RECORDS: tuple[type[Record], ...] = (
    FunctionCreated,
    FunctionUpdated,
    FunctionDeleted,
    VersionPublished,
    VersionDeleted,
    VersionPrepared,
    AliasSet,
    AliasDeleted,
    ConcurrencyReserved,
    ConcurrencyProvisioned,
    FunctionTagged,
    RecursionSet,
    FunctionPolicySet,
    UrlSet,
    UrlDeleted,
    InvokeConfigSet,
    InvokeConfigDeleted,
    *EVENT_RECORDS,
    *LAYER_RECORDS,
)
