"""An alias: a name for a version, which may send a share of the invokes to a second one."""

import hashlib

import msgspec

#: What a weight of 1.0 is: weights are kept as whole parts of this, so that 0.05 comes back as it
#: was given and no rounding decides an invoke.
WEIGHT_SCALE = 1_000_000_000


class Alias(msgspec.Struct, frozen=True, array_like=True):
    """An alias as stored."""

    name: str
    version: str
    description: str
    weights: dict[str, int]  #: Second version to its share of WEIGHT_SCALE; at most one.
    seed: bytes  #: Of the last change; its revision id derives from it.


def choose_version(alias: Alias, request_id: str) -> str:
    """Return the version that one invoke goes to (spec/lambda.md 1.12).

    It follows from the request id, so that an attempt that is repeated under its id goes the same
    way, and from the alias, so that two aliases split differently.
    """
    if not alias.weights:
        return alias.version
    story = f"{alias.name} {request_id}".encode()
    drawn = int.from_bytes(hashlib.blake2b(story, digest_size=8).digest()) % WEIGHT_SCALE
    for version, weight in alias.weights.items():
        if drawn < weight:
            return version
        drawn -= weight
    return alias.version
