"""One function: its versions, and which state and revision they show at an instant.

States come from stored facts and the instant alone, so that time needs no record:

    created ── Pending ── settles_at ──► Active, Successful
    updated ── Active, InProgress ── settles_at ──► Active, Successful
    published for SnapStart ── Pending ── its init phase, a record ──► Active or Failed

The answer to the change itself always shows Pending or InProgress, even when the change settles at
once; each arrow has a revision id of its own (spec/lambda.md 1.6, 1.7).
"""

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.alias import Alias
from headrace.core.functions.names import LATEST, function_arn
from headrace.core.functions.policy import Policy
from headrace.core.functions.revisions import derived_uuid
from headrace.core.functions.settings import Code, Deployment, Settings
from headrace.core.functions.url import Url

#: Format number of a snapshot; a new layout takes the next one and the old reader stays.
SNAPSHOT_FORMAT = 1


#: How far the template of a version with SnapStart is (`Version.template`).
NO_TEMPLATE, TEMPLATE_IN_WORK, TEMPLATE_READY, TEMPLATE_FAILED = range(4)


class Version(msgspec.Struct, frozen=True, array_like=True):
    """One version as stored: what it is made of, and when and how that came about.

    New fields go to the end with a default, so that old bytes still decode.
    """

    name: str  #: "$LATEST"; digits for a published one.
    generation: int  #: 0 as created, one more with every update.
    settings: Settings
    code: Code
    seed: bytes  #: Of the last change that gave it another revision: revision ids derive from it.
    changed_at: Instant
    settles_at: Instant
    replaced: tuple[Settings, Code] | None  #: What serves until an update has settled.
    template: int = NO_TEMPLATE
    failure: str = ""  #: StateReason of a failed version.
    failure_code: str = ""  #: Its StateReasonCode.
    is_reconfigured: bool = False  #: Whether its settings alone were updated since its code came.


class Provisioned(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How many environments a version or an alias is to have ahead of need."""

    requested: int
    changed_at: Instant


class InvokeConfig(msgspec.Struct, frozen=True, gc=False, array_like=True):
    """How asynchronous invokes of a version or alias are handled; None and empty: the default."""

    changed_at: Instant
    retries: int | None = None
    age_s: int | None = None
    on_success: str = ""  #: ARN.
    on_failure: str = ""


class Function(msgspec.Struct, frozen=True, array_like=True):
    """A function's whole durable state; new fields go to the end with a default."""

    account: str
    region: str
    name: str
    seed: bytes
    tags: dict[str, str]
    versions: dict[str, Version]
    next_version: int = 1  #: A number is never used again while the function lives.
    #: What the last publishing made, and of which generation of $LATEST.
    published: tuple[str, int] | None = None
    aliases: dict[str, Alias] = {}
    reserved: int | None = None  #: Reserved concurrency; None when there is none.
    provisioned: dict[str, Provisioned] = {}  #: By version or alias.
    allows_loops: bool = False  #: RecursiveLoop is Allow.
    policies: dict[str, Policy] = {}  #: By version or alias, "" for the function as a whole.
    urls: dict[str, Url] = {}  #: By alias, "" for the function as a whole.
    invoke_configs: dict[str, InvokeConfig] = {}  #: By version or alias, "$LATEST" too.

    @property
    def arn(self) -> str:
        """The ARN without qualifier."""
        return function_arn(self.account, self.region, self.name)

    @property
    def latest(self) -> Version:
        """The version that updates change."""
        return self.versions[LATEST]

    @property
    def provisioned_total(self) -> int:
        """How many environments are to be there ahead of need, over all versions."""
        return sum(one.requested for one in self.provisioned.values())

    def ordered_versions(self, after: str = "") -> list[Version]:
        """Return $LATEST and the versions in ascending order, or those behind `after`."""
        least = 0 if not after else place_of(after) + 1
        found = [one for one in self.versions.values() if place_of(one.name) >= least]
        return sorted(found, key=lambda one: place_of(one.name))

    def version_of(self, qualifier: str) -> str:
        """Return the version that a version's or alias's name means first, without weights."""
        alias = self.aliases.get(qualifier)
        return qualifier if alias is None else alias.version

    def wanted_ahead(self, version: str) -> int:
        """Return how many environments of a version are to be there ahead of need."""
        return sum(
            one.requested
            for qualifier, one in self.provisioned.items()
            if self.version_of(qualifier) == version
        )


def place_of(version: str) -> int:
    """Return where a version stands in lists: $LATEST first (spec/lambda.md V5)."""
    return 0 if version == LATEST else int(version)


class FunctionView(msgspec.Struct, frozen=True):
    """One version of a function as others see it at an instant."""

    function: int  #: Number of the machine.
    account: str
    region: str
    name: str
    arn: str  #: Without qualifier.
    version: str
    settings: Settings
    code: Code
    tags: dict[str, str]
    changed_at: Instant
    revision_id: str
    state: str  #: "Pending", "Active" or "Failed".
    last_update_status: str  #: "InProgress", "Successful"; empty while Pending and when Failed.
    failure: str = ""  #: StateReason of a failed version.
    failure_code: str = ""
    is_optimized: bool = False  #: Whether its environments come from a template (SnapStart).
    reserved: int | None = None  #: Reserved concurrency of the function.

    @property
    def timeout_s(self) -> int:
        """Seconds that an invoke may take."""
        return self.settings.timeout_s

    @property
    def memory_mb(self) -> int:
        """Megabytes of memory of each environment."""
        return self.settings.memory_mb


def is_settled(version: Version, now: Instant) -> bool:
    """Tell whether the last change of a version is over."""
    return now >= version.settles_at and version.template != TEMPLATE_IN_WORK


def is_pending(version: Version, now: Instant) -> bool:
    """Tell whether a version cannot be invoked yet."""
    return version.replaced is None and not is_settled(version, now)


def deployment(number: int, function: Function, version: Version, now: Instant) -> Deployment:
    """Return what serves invokes of a version now: during an update still the one before."""
    generation, settings, code = version.generation, version.settings, version.code
    if version.replaced is not None and not is_settled(version, now):
        generation -= 1
        settings, code = version.replaced
    return Deployment(
        function=number,
        generation=generation,
        account=function.account,
        region=function.region,
        name=function.name,
        version=version.name,
        seed=function.seed,
        settings=settings,
        code=code,
        has_template=version.template == TEMPLATE_READY,
    )


def view(number: int, function: Function, version: Version, *, settled: bool) -> FunctionView:
    """Return what others see of a version, before or after its last change has settled."""
    pending = version.replaced is None and not settled
    failed = version.template == TEMPLATE_FAILED
    state = "Pending" if pending else ("Failed" if failed else "Active")
    status = "Successful" if settled else "InProgress"
    return FunctionView(
        function=number,
        account=function.account,
        region=function.region,
        name=function.name,
        arn=function.arn,
        version=version.name,
        settings=version.settings,
        code=version.code,
        tags=function.tags,
        changed_at=version.changed_at,
        revision_id=derived_uuid(version.seed, b"settled" if settled else b"changing"),
        state=state,
        last_update_status=status if state == "Active" else "",
        failure=version.failure,
        failure_code=version.failure_code,
        is_optimized=version.template == TEMPLATE_READY,
        reserved=function.reserved,
    )


#: Format numbers of snapshots with the function's asynchronous invokes: first as two
#: strings of bytes; now the function behind its length, then the events to the end.
_WITH_EVENTS = 2
_EVENTS_BEHIND = 3
_LENGTH_BYTES = 4

_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Function).decode
_decode_parts = msgspec.msgpack.Decoder(tuple[bytes, bytes]).decode


def encode_snapshot(function: Function, events: bytes = b"") -> bytes:
    """Return a function's whole durable state as bytes, a format number first.

    `events` are those of its `EventLog`, if it ever had one.
    """
    if not events:
        return bytes([SNAPSHOT_FORMAT]) + _encode(function)
    return encode_before_events(function) + events


def encode_before_events(function: Function) -> bytes:
    """Return what stands in a snapshot before the events, which go to its end."""
    data = _encode(function)
    return bytes([_EVENTS_BEHIND]) + len(data).to_bytes(_LENGTH_BYTES, "big") + data


def decode_snapshot(state: bytes) -> Function:
    """Return the function again, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not a snapshot of ours.
    """
    if state and state[0] == SNAPSHOT_FORMAT:
        return _decode(memoryview(state)[1:])
    if state and state[0] == _WITH_EVENTS:
        return _decode(_decode_parts(memoryview(state)[1:])[0])
    if state and state[0] == _EVENTS_BEHIND:
        return _decode(memoryview(state)[1 + _LENGTH_BYTES : _end_of_function(state)])
    raise ValueError("a snapshot of a function in an unknown format")


def events_of(state: bytes) -> bytes | memoryview:
    """Return the events that a snapshot holds, as `encode_snapshot` was given them."""
    if state[0] == _EVENTS_BEHIND:
        return memoryview(state)[_end_of_function(state) :]
    return _decode_parts(memoryview(state)[1:])[1] if state[0] == _WITH_EVENTS else b""


def _end_of_function(state: bytes) -> int:
    start = 1 + _LENGTH_BYTES
    return start + int.from_bytes(state[1:start], "big")
