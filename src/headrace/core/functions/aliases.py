"""Rules: make, change, show, delete and list aliases.

Source: spec/lambda.md 1.12, 13.5.
"""

from headrace.core.functions.alias import Alias
from headrace.core.functions.commands import (
    CreateAlias,
    DeleteAlias,
    GetAlias,
    ListAliases,
    UpdateAlias,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import (
    InvalidParameterValue,
    ResourceConflict,
    ResourceNotFound,
    Unspecific,
    alias_not_found,
    function_not_found,
    wrong_revision,
)
from headrace.core.functions.function import Function
from headrace.core.functions.names import LATEST, FunctionReference, check_function_only
from headrace.core.functions.records import AliasDeleted, AliasSet
from headrace.core.functions.replies import AliasesListed, AliasShown, Done
from headrace.core.functions.revisions import derived_uuid


def create_alias(command: CreateAlias, scene: Scene) -> Decision:
    """Name a version.

    Raises:
        ResourceNotFound: Function or version are not there; both are told by the version's ARN.
        ResourceConflict: The alias is there.
        InvalidParameterValue: The weights make no sense.
    """
    check_function_only(command.reference)
    number, function = _find(command.reference, scene, command.version)
    if command.name in function.aliases:
        raise ResourceConflict(f"Alias already exists: {function.arn}:{command.name}")
    _check_target(function, command.version, command.weights)
    record = AliasSet(
        machine=number,
        at=scene.now,
        name=command.name,
        version=command.version,
        description=command.description,
        weights=command.weights,
        seed=command.seed,
    )
    return Decision(_shown(function, record), [record])


def update_alias(command: UpdateAlias, scene: Scene) -> Decision:
    """Change an alias; it has another revision afterwards whatever changed (L-A40)."""
    check_function_only(command.reference)
    number, function = _find(command.reference, scene, command.version)
    alias = function.aliases.get(command.name)
    if alias is None:
        raise ResourceNotFound(f"Alias not found: {function.arn}:{command.name}")
    if command.revision_id not in {None, revision_of(alias)}:
        raise wrong_revision()
    version = alias.version if command.version is None else command.version
    weights = alias.weights if command.weights is None else command.weights
    _check_target(function, version, weights)
    record = AliasSet(
        machine=number,
        at=scene.now,
        name=alias.name,
        version=version,
        description=alias.description if command.description is None else command.description,
        weights=weights,
        seed=command.seed,
    )
    return Decision(_shown(function, record), [record])


def get_alias(command: GetAlias, scene: Scene) -> Decision:
    """Show an alias."""
    check_function_only(command.reference)
    reference = command.reference
    number = scene.directory.locate(reference)
    function = None if number is None else scene.directory.functions[number]
    if function is None or command.name not in function.aliases:
        raise alias_not_found(f"{reference.arn}:{command.name}")
    return Decision(_shown(function, function.aliases[command.name]))


def delete_alias(command: DeleteAlias, scene: Scene) -> Decision:
    """Delete an alias; one that is not there is gone already."""
    check_function_only(command.reference)
    number, function = scene.directory.find_function(command.reference)
    if command.name not in function.aliases:
        return Decision(Done())
    return Decision(Done(), [AliasDeleted(number, scene.now, command.name)])


def list_aliases(command: ListAliases, scene: Scene) -> Decision:
    """Show aliases by name, all or those that point to one version."""
    check_function_only(command.reference)
    _, function = scene.directory.find_function(command.reference)
    names = sorted(
        alias.name
        for alias in function.aliases.values()
        if alias.name > command.after and command.version in {None, alias.version}
    )
    page = tuple(_shown(function, function.aliases[name]) for name in names[: command.at_most])
    return Decision(AliasesListed(page, len(names) > command.at_most))


def revision_of(alias: Alias | AliasSet) -> str:
    """Return an alias's revision id."""
    return derived_uuid(alias.seed, b"alias %s" % alias.name.encode())


def _find(reference: FunctionReference, scene: Scene, version: str | None) -> tuple[int, Function]:
    """Return the function; an absent one is told by the version's ARN (L-A37)."""
    number = scene.directory.locate(reference)
    if number is None:
        arn = reference.arn if version is None else f"{reference.arn}:{version}"
        raise function_not_found(arn)
    return number, scene.directory.functions[number]


def _check_target(function: Function, version: str, weights: dict[str, int]) -> None:
    """Refuse versions that are not there, and weights that make no sense (L-A37, L-A38)."""
    if len(weights) > 1:
        raise InvalidParameterValue(
            "Number of items in AdditionalVersionWeights cannot be greater than 1"
        )
    if weights and version == LATEST:
        raise Unspecific("$LATEST is not supported for an alias pointing to more than 1 version")
    if version in weights:
        raise InvalidParameterValue(
            f"Invalid function version {version}. Function version {version} is already included "
            "in routing configuration."
        )
    for name in (version, *weights):
        if name not in function.versions:
            raise function_not_found(f"{function.arn}:{name}")


def _shown(function: Function, alias: Alias | AliasSet) -> AliasShown:
    return AliasShown(
        arn=f"{function.arn}:{alias.name}",
        name=alias.name,
        version=alias.version,
        description=alias.description,
        weights=alias.weights,
        revision_id=revision_of(alias),
    )
