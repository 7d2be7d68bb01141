"""Which layers a function may have: the refusals, in AWS's words, and what it then has.

A function keeps the contents of its layers, so that it runs on when their versions are deleted.
Source: spec/lambda.md 1.4, 1.13, L-A75, L-A76.
"""

from collections.abc import Sequence

import msgspec

from headrace.core.functions import limits
from headrace.core.functions.errors import InvalidParameterValue, access_denied
from headrace.core.functions.layerbook import LayerBook
from headrace.core.functions.layernames import LayerReference, parse_layer_version
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.policy import Policy
from headrace.core.functions.settings import Code, LayerUse, Settings


def with_layers(
    settings: Settings, arns: Sequence[str] | None, function: FunctionReference, book: LayerBook
) -> Settings:
    """Return settings with the layers that a function is to have.

    Args:
        arns: Of layer versions, in their order; None: those that it has.

    Raises:
        InvalidParameterValue: They are too many, of another region, not there, or two of one layer;
            or the function is an image.
        AccessDenied: They are another account's, who did not allow it.
    """
    if arns is None:
        return settings
    if arns and settings.package_type == "Image":
        raise InvalidParameterValue(
            "Please don't provide Handler or Runtime or Layer when the intended function "
            "PackageType is Image."
        )
    if len(arns) > limits.LAYERS_MAX:
        raise InvalidParameterValue(f"Cannot reference more than {limits.LAYERS_MAX} layers.")
    kept = {one.arn: one for one in settings.layers}
    found: list[LayerUse] = []
    seen: dict[tuple[str, str], str] = {}
    for arn in arns:
        reference = parse_layer_version(arn)
        if reference is None:
            raise _absent(arn)
        if reference.region != function.region:
            raise InvalidParameterValue(
                "Layers are not in the same region as the function. Layers are expected to be in "
                f"region {function.region}."
            )
        # A version that was deleted meanwhile stays with the functions that have it.
        found.append(kept.get(arn) or _find(reference, arn, function.account, book))
        layer = (reference.account, reference.name)
        if layer in seen:
            raise InvalidParameterValue(
                "Two different versions of the same layer are not allowed to be referenced in the "
                f"same function. {seen[layer]} and {arn} are versions of the same layer."
            )
        seen[layer] = arn
    return msgspec.structs.replace(settings, layers=tuple(found))


def check_size(settings: Settings, code: Code) -> None:
    """Refuse code that is too much together with its layers.

    What was stored before sizes were kept counts for nothing.

    Raises:
        InvalidParameterValue: Unzipped they have more than 250 MiB.
    """
    total = code.unzipped_bytes + sum(one.unzipped_bytes for one in settings.layers)
    if total > limits.UNZIPPED_BYTES_MAX:
        raise InvalidParameterValue(
            f"Unzipped size must be smaller than {limits.UNZIPPED_BYTES_MAX} bytes"
        )


def may_get(policy: Policy | None, account: str) -> bool:
    """Tell whether a version's policy lets another account use it; organizations let nobody."""
    if policy is None:
        return False
    for text in policy.statements.values():
        statement = msgspec.json.decode(text)
        principal = statement["Principal"]
        if isinstance(principal, dict):
            principal = principal["AWS"].split(":")[4]
        if "Condition" not in statement and principal in {"*", account}:
            return True
    return False


def _find(reference: LayerReference, arn: str, account: str, book: LayerBook) -> LayerUse:
    found = book.find(reference)
    if found is None:
        raise _absent(arn)
    _, layer, version = found
    if layer.account != account and not may_get(version.policy, account):
        raise access_denied(account, reference.region, "GetLayerVersion", arn)
    content = version.content
    return LayerUse(arn, content.digest, content.size_bytes, content.unzipped_bytes)


def _absent(arn: str) -> InvalidParameterValue:
    return InvalidParameterValue(f"Layer version {arn} does not exist.")
