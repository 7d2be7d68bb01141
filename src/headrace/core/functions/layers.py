"""Rules: publish, show, list and delete layer versions.

Source: spec/lambda.md 1.13, 13.10.
"""

from headrace.core.functions import codelinks
from headrace.core.functions.commands import (
    DeleteLayerVersion,
    GetLayerVersion,
    ListLayers,
    ListLayerVersions,
    PublishLayerVersion,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import (
    InvalidParameterValue,
    ResourceNotFound,
    access_denied,
    constraint_violated,
    value_out_of_bounds,
)
from headrace.core.functions.layer import Layer, LayerVersion, published
from headrace.core.functions.layernames import LayerReference
from headrace.core.functions.layeruse import may_get
from headrace.core.functions.records import LayerVersionDeleted, LayerVersionPublished
from headrace.core.functions.replies import Done, LayersListed, LayerVersionShown
from headrace.core.functions.runtimes import KNOWN, LISTABLE, OFFERED

_ARCHITECTURES = ("x86_64", "arm64")


def publish(command: PublishLayerVersion, scene: Scene) -> Decision:
    """Make the next version of a layer, though it be the same as the last."""
    check_publishing(command)
    reference = command.reference
    book = scene.directory.layers
    number = book.number(reference.account, reference.region, reference.name)
    before = None if number is None else book.layers[number]
    record = LayerVersionPublished(
        machine=scene.numbers.take() if number is None else number,
        at=scene.now,
        account=reference.account,
        region=reference.region,
        name=reference.name,
        seed=command.seed,
        content=command.content,
        description=command.description,
        runtimes=command.runtimes,
        architectures=command.architectures,
        license_info=command.license_info,
    )
    layer = published(before, record)
    return Decision(_shown(layer, layer.versions[layer.next_version - 1], scene), [record])


def check_publishing(command: PublishLayerVersion) -> None:
    """Refuse a version that nobody may publish.

    Raises:
        AccessDenied: The layer is another account's, or another region's.
        ConstraintViolated: Runtimes or architectures that there never were (L-A73).
    """
    _check_own(command.caller, command.reference, "PublishLayerVersion")
    parts = []
    # Those that are retired for functions are good here (L-A72).
    if any(one not in KNOWN for one in command.runtimes or ()):
        parts.append(_listed(command.runtimes, "compatibleRuntimes", _of(OFFERED)))
    if any(one not in _ARCHITECTURES for one in command.architectures or ()):
        constraint = f"[Member must {_of(_ARCHITECTURES)}, Member must not be null]"
        field = "compatibleArchitectures"
        parts.append(_listed(command.architectures, field, f"satisfy constraint: {constraint}"))
    if parts:
        raise constraint_violated(parts)


def get(command: GetLayerVersion, scene: Scene) -> Decision:
    """Show a version, and where its content can be fetched."""
    reference = command.reference
    _check_number(reference)
    found = scene.directory.layers.find(reference)
    if found is None or reference.region != command.region:
        raise ResourceNotFound("The resource you requested does not exist.")
    _, layer, version = found
    if layer.account != command.caller and not may_get(version.policy, command.caller):
        raise access_denied(
            command.caller, reference.region, "GetLayerVersion", reference.version_arn
        )
    return Decision(_shown(layer, version, scene))


def list_layers(command: ListLayers, scene: Scene) -> Decision:
    """Show the newest version of each layer that fits; layers without one are not there."""
    _check_runtime(command.runtime)
    found: list[LayerVersionShown] = []
    for layer in scene.directory.layers.of_account(command.account, command.region):
        fitting = [one for one in layer.versions.values() if _fits(command, one)]
        if layer.name > command.after and fitting:
            found.append(_shown(layer, fitting[-1], scene))
    return Decision(_page(found, command.at_most))


def list_versions(command: ListLayerVersions, scene: Scene) -> Decision:
    """Show a layer's versions, newest first; a layer that is not there has none (L-A70)."""
    _check_runtime(command.runtime)
    reference = command.reference
    _check_own(command.caller, reference, "ListLayerVersions")
    book = scene.directory.layers
    number = book.number(reference.account, reference.region, reference.name)
    found: list[LayerVersionShown] = []
    if number is not None:
        layer = book.layers[number]
        found = [
            _shown(layer, one, scene)
            for one in reversed(layer.versions.values())
            if _fits(command, one) and (not command.before or one.number < command.before)
        ]
    return Decision(_page(found, command.at_most))


def delete(command: DeleteLayerVersion, scene: Scene) -> Decision:
    """Delete a version; what is not there is gone already, and functions keep what they have."""
    reference = command.reference
    _check_number(reference)
    _check_own(command.caller, reference, "DeleteLayerVersion")
    found = scene.directory.layers.find(reference)
    if found is None:
        return Decision(Done())
    return Decision(Done(), [LayerVersionDeleted(found[0], scene.now, reference.version)])


def _shown(layer: Layer, version: LayerVersion, scene: Scene) -> LayerVersionShown:
    return LayerVersionShown(
        name=layer.name,
        arn=layer.arn,
        version=version,
        link=codelinks.format_layer_link(layer, version.content.digest, scene.now),
    )


def _page(found: list[LayerVersionShown], at_most: int) -> LayersListed:
    return LayersListed(tuple(found[:at_most]), len(found) > at_most)


def _fits(command: ListLayers | ListLayerVersions, version: LayerVersion) -> bool:
    runtime, architecture = command.runtime, command.architecture
    return (runtime is None or runtime in (version.runtimes or ())) and (
        architecture is None or architecture in (version.architectures or ())
    )


def _check_own(caller: str, reference: LayerReference, action: str) -> None:
    if reference.account != caller:
        raise access_denied(caller, reference.region, action, reference.arn)


def _check_number(reference: LayerReference) -> None:
    if reference.version < 1:
        raise InvalidParameterValue("Layer Version Cannot be less than 1")


def _check_runtime(runtime: str | None) -> None:
    """Refuse an identifier that lists do not know (L-A74)."""
    if runtime is not None and runtime not in LISTABLE and runtime not in KNOWN:
        raise constraint_violated(
            [value_out_of_bounds(runtime, "compatibleRuntime", _of(LISTABLE))]
        )


def _of(values: tuple[str, ...]) -> str:
    return f"satisfy enum value set: [{', '.join(values)}]"


def _listed(values: tuple[str, ...] | None, field: str, constraint: str) -> str:
    return value_out_of_bounds(f"[{', '.join(values or ())}]", field, constraint)
