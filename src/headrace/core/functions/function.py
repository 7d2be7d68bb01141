"""One function: its versions, and which state and revision they show at an instant.

States come from stored facts and the instant alone, so that time needs no record:

    created ── Pending ── settles_at ──► Active, Successful
    updated ── Active, InProgress ── settles_at ──► Active, Successful

The answer to the change itself always shows Pending or InProgress, even when the change settles at
once; each arrow has a revision id of its own (spec/lambda.md 1.6, 1.7).
"""

import hashlib

import msgspec

from headrace.base.instant import Instant, later
from headrace.core.functions.names import LATEST, function_arn
from headrace.core.functions.records import FunctionCreated, FunctionUpdated
from headrace.core.functions.settings import Code, Deployment, Settings

#: Format number of a snapshot; a new layout takes the next one and the old reader stays.
SNAPSHOT_FORMAT = 1


class Version(msgspec.Struct, frozen=True, array_like=True):
    """One version as stored: what it is made of, and when and how that came about."""

    name: str  #: "$LATEST"; digits for a published one.
    generation: int  #: 0 as created, one more with every update.
    settings: Settings
    code: Code
    seed: bytes  #: Of the change that made it so; its revision ids derive from it.
    changed_at: Instant
    settles_at: Instant
    replaced: tuple[Settings, Code] | None  #: What serves until an update has settled.


class Function(msgspec.Struct, frozen=True, array_like=True):
    """A function's whole durable state."""

    account: str
    region: str
    name: str
    seed: bytes
    tags: dict[str, str]
    versions: dict[str, Version]

    @property
    def arn(self) -> str:
        """The ARN without qualifier."""
        return function_arn(self.account, self.region, self.name)

    @property
    def latest(self) -> Version:
        """The version that updates change."""
        return self.versions[LATEST]


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
    state: str  #: "Pending" or "Active".
    last_update_status: str  #: "InProgress", "Successful"; empty while Pending.

    @property
    def timeout_s(self) -> int:
        """Seconds that an invoke may take."""
        return self.settings.timeout_s

    @property
    def memory_mb(self) -> int:
        """Megabytes of memory of each environment."""
        return self.settings.memory_mb


def created(record: FunctionCreated) -> Function:
    """Return the function that a record tells of."""
    version = Version(
        name=LATEST,
        generation=0,
        settings=record.settings,
        code=record.code,
        seed=record.seed,
        changed_at=record.at,
        settles_at=later(record.at, record.preparation_ms),
        replaced=None,
    )
    return Function(
        account=record.account,
        region=record.region,
        name=record.name,
        seed=record.seed,
        tags=record.tags,
        versions={LATEST: version},
    )


def updated(function: Function, record: FunctionUpdated) -> Function:
    """Return the function after an update of $LATEST."""
    before = function.latest
    version = Version(
        name=LATEST,
        generation=before.generation + 1,
        settings=record.settings,
        code=record.code,
        seed=record.seed,
        changed_at=record.at,
        settles_at=later(record.at, record.preparation_ms),
        replaced=(before.settings, before.code),
    )
    return msgspec.structs.replace(function, versions={**function.versions, LATEST: version})


def is_settled(version: Version, now: Instant) -> bool:
    """Tell whether the last change of a version is over."""
    return now >= version.settles_at


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
    )


def view(number: int, function: Function, version: Version, *, settled: bool) -> FunctionView:
    """Return what others see of a version, before or after its last change has settled."""
    pending = version.replaced is None and not settled
    status = "" if pending else ("Successful" if settled else "InProgress")
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
        state="Pending" if pending else "Active",
        last_update_status=status,
    )


def derived_uuid(seed: bytes, purpose: bytes) -> str:
    """Return a UUID (in the form of version 4) that follows from `seed` and `purpose`."""
    digest = bytearray(hashlib.blake2b(purpose, key=seed, digest_size=16).digest())
    digest[6] = digest[6] & 0x0F | 0x40
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Function).decode


def encode_snapshot(function: Function) -> bytes:
    """Return a function's whole durable state as bytes, a format number first."""
    return bytes([SNAPSHOT_FORMAT]) + _encode(function)


def decode_snapshot(state: bytes) -> Function:
    """Return the function again, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not a snapshot of ours.
    """
    if not state or state[0] != SNAPSHOT_FORMAT:
        raise ValueError("a snapshot of a function in an unknown format")
    return _decode(memoryview(state)[1:])
