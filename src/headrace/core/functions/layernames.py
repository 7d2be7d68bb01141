"""Read names and ARNs of layers; format ARNs.

Whether a text is legal at all is checked against the service model's patterns before it comes here
(wire/validate.py); the pattern below takes a legal one apart. Source: spec/lambda.md 1.3, 13.10.
"""

import re

import msgspec

from headrace.base.arn import partition_of

#: What names a layer or one of its versions; not the layers of AWS itself ("awslayer").
_ARN = re.compile(
    r"arn:[a-zA-Z-]*:lambda:(?P<region>[a-z0-9-]+):(?P<account>[0-9]{12}):layer:"
    r"(?P<name>[a-zA-Z0-9_-]+)(?::(?P<version>[0-9]+))?"
)


class LayerReference(msgspec.Struct, frozen=True, gc=False):
    """What a caller names: a layer of an account and region, and one version of it."""

    account: str
    region: str
    name: str
    version: int = 0  #: 0 where a whole layer is meant.

    @property
    def arn(self) -> str:
        """The layer's ARN, without version."""
        return layer_arn(self.account, self.region, self.name)

    @property
    def version_arn(self) -> str:
        """The version's ARN."""
        return f"{self.arn}:{self.version}"


def parse_layer(text: str, version: int, account: str, region: str) -> LayerReference:
    """Return which layer `text`, a name or an ARN, means, seen from an account and region."""
    match = _ARN.fullmatch(text)
    if match is None:
        return LayerReference(account, region, text, version)
    return LayerReference(match["account"], match["region"], match["name"], version)


def parse_layer_version(text: str) -> LayerReference | None:
    """Return which version an ARN of a layer version means; None: one of AWS's own."""
    match = _ARN.fullmatch(text)
    if match is None:
        return None
    return LayerReference(
        match["account"], match["region"], match["name"], int(match["version"] or 0)
    )


def layer_arn(account: str, region: str, name: str) -> str:
    """Return a layer's ARN, without version."""
    return f"arn:{partition_of(region)}:lambda:{region}:{account}:layer:{name}"
