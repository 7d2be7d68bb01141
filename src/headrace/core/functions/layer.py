"""One layer: its versions, and what each record makes of it.

A layer whose versions are all deleted stays, because its numbers are not used again
(spec/lambda.md 1.13).
"""

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.layernames import layer_arn
from headrace.core.functions.policy import Policy
from headrace.core.functions.records import (
    LayerPolicySet,
    LayerVersionDeleted,
    LayerVersionPublished,
)
from headrace.core.functions.settings import Code
from headrace.core.machine import Record

#: Format number of a layer's snapshot, apart from those of functions; the first of its kind.
SNAPSHOT_FORMAT = 128

_replace = msgspec.structs.replace


class LayerVersion(msgspec.Struct, frozen=True, array_like=True):
    """One version as published; new fields go to the end with a default."""

    number: int
    content: Code
    description: str
    created_at: Instant
    #: As the caller gave them; None when he did not.
    runtimes: tuple[str, ...] | None = None
    architectures: tuple[str, ...] | None = None
    license_info: str | None = None
    policy: Policy | None = None  #: None: there never was a statement, or none is left.


class Layer(msgspec.Struct, frozen=True, array_like=True):
    """A layer's whole durable state; new fields go to the end with a default."""

    account: str
    region: str
    name: str
    seed: bytes  #: The keys to its content links derive from it.
    versions: dict[int, LayerVersion] = {}  #: In ascending order.
    next_version: int = 1

    @property
    def arn(self) -> str:
        """The ARN without version."""
        return layer_arn(self.account, self.region, self.name)

    def version_arn(self, number: int) -> str:
        """Return the ARN of a version."""
        return f"{self.arn}:{number}"


def published(layer: Layer | None, record: LayerVersionPublished) -> Layer:
    """Return a layer with another version; None: this is the first."""
    if layer is None:
        layer = Layer(record.account, record.region, record.name, record.seed)
    version = LayerVersion(
        number=layer.next_version,
        content=record.content,
        description=record.description,
        created_at=record.at,
        runtimes=record.runtimes,
        architectures=record.architectures,
        license_info=record.license_info,
    )
    versions = {**layer.versions, version.number: version}
    return _replace(layer, versions=versions, next_version=layer.next_version + 1)


def altered(layer: Layer, record: Record) -> Layer:
    """Return a layer after any other fact about it."""
    if isinstance(record, LayerVersionDeleted):
        left = {key: one for key, one in layer.versions.items() if key != record.version}
        return _replace(layer, versions=left)
    assert isinstance(record, LayerPolicySet)
    policy = Policy(record.statements, record.seed) if record.statements else None
    version = _replace(layer.versions[record.version], policy=policy)
    return _replace(layer, versions={**layer.versions, record.version: version})


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Layer).decode


def is_layer(state: bytes) -> bool:
    """Tell whether bytes are a layer's snapshot, and not a function's."""
    return bool(state) and state[0] >= SNAPSHOT_FORMAT


def encode_layer(layer: Layer) -> bytes:
    """Return a layer's whole durable state as bytes, a format number first."""
    return bytes([SNAPSHOT_FORMAT]) + _encode(layer)


def decode_layer(state: bytes) -> Layer:
    """Return the layer again, from bytes of any format ever written.

    Raises:
        ValueError: The bytes are not a snapshot of ours.
    """
    if state[:1] != bytes([SNAPSHOT_FORMAT]):
        raise ValueError("a snapshot of a layer in an unknown format")
    return _decode(memoryview(state)[1:])
