"""May a function be created, updated or deleted: the refusals, in AWS's order and words.

Nothing here changes anything.
"""

import msgspec

from headrace.base.instant import Instant
from headrace.core.functions.commands import CreateFunction, UpdateFunctionCode
from headrace.core.functions.directory import Directory
from headrace.core.functions.errors import (
    InvalidParameterValue,
    ResourceConflict,
    access_denied,
    function_not_found,
    state_conflict,
    update_in_progress,
    wrong_revision,
)
from headrace.core.functions.function import Function, is_pending, is_settled, view
from headrace.core.functions.layeruse import check_size, with_layers
from headrace.core.functions.names import (
    LATEST,
    FunctionReference,
    check_function_only,
    check_new_name,
)
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Code, Settings
from headrace.core.functions.validation import check_settings, check_tags


class Machine(msgspec.Struct, frozen=True):
    """What this machine can run."""

    interpreters: tuple[Interpreter, ...]
    architectures: tuple[str, ...]  #: In AWS's words, the default first.
    exact: bool = False  #: Whether a runtime needs an interpreter of its own version.

    def check(self, settings: Settings) -> None:
        """Refuse settings that AWS refuses or this machine cannot honour."""
        check_settings(settings, self.interpreters, self.architectures, exact=self.exact)


def check_creation(command: CreateFunction, directory: Directory, machine: Machine) -> Settings:
    """Return the settings of a function to be created, with its layers.

    Raises:
        AccessDenied: The name is another account's, where no policy can let anybody create.
        InvalidParameterValue, ConstraintViolated: The name, the settings or the layers are wrong.
        ResourceConflict: The name is taken.
    """
    reference = command.reference
    if reference.caller is not None:
        caller = reference.caller
        raise access_denied(caller.account, reference.region, caller.action, reference.arn)
    check_function_only(reference)
    check_new_name(reference.name)
    machine.check(command.settings)
    check_tags(command.tags)
    if directory.number(reference.account, reference.region, reference.name) is not None:
        raise ResourceConflict(f"Function already exist: {reference.name}")
    settings = with_layers(command.settings, command.layers, reference, directory.layers)
    check_code(settings, command.code)
    return settings


def check_code(settings: Settings, code: Code) -> None:
    """Refuse code that does not go together with settings.

    Raises:
        InvalidParameterValue: It is too much, an image for another machine, or SnapStart is asked
            for what may change at any time.
    """
    check_size(settings, code)
    image = code.image
    if image is not None and image.architecture not in {"", settings.architecture}:
        raise InvalidParameterValue(
            f"The image is for {image.architecture}, and the function for {settings.architecture}."
        )
    if code.folder and settings.snap_start == "PublishedVersions":
        raise InvalidParameterValue(
            "This server does not support SnapStart for functions that run from a folder."
        )


def check_update(
    reference: FunctionReference, revision_id: str | None, directory: Directory, now: Instant
) -> tuple[int, Function]:
    """Return the function to be updated.

    Raises:
        InvalidParameterValue: A version or alias is named.
        ResourceNotFound: There is no such function.
        ResourceConflict: It is being created or updated.
        PreconditionFailed: The caller knows another revision.
    """
    check_function_only(reference)
    number, function, version = directory.find_version(reference)
    if is_pending(version, now):
        raise state_conflict("Pending")
    if not is_settled(version, now):
        raise update_in_progress(function.arn)
    latest = view(number, function, version, settled=True).revision_id
    if revision_id is not None and revision_id != latest:
        raise wrong_revision()
    return number, function


def check_code_update(
    command: UpdateFunctionCode, directory: Directory, machine: Machine, now: Instant
) -> tuple[int, Function, Settings]:
    """Return the function whose code is to be replaced, and its settings afterwards.

    Raises:
        ServiceError: As `check_update`, and for settings that cannot be honoured.
    """
    number, function = check_update(command.reference, command.revision_id, directory, now)
    settings = function.latest.settings
    _check_kind(settings, command.code)
    if command.architecture is not None:
        settings = msgspec.structs.replace(settings, architecture=command.architecture)
    machine.check(settings)
    check_code(settings, command.code)
    return number, function, settings


def _check_kind(settings: Settings, code: Code) -> None:
    """Refuse an archive for a function of an image, and the other way round (L-A26)."""
    is_image = settings.package_type == "Image"
    if is_image and code.image is None:
        raise InvalidParameterValue(
            "Please provide ImageUri when updating a function with packageType Image."
        )
    if not is_image and code.image is not None:
        raise InvalidParameterValue(
            "Please don't provide ImageUri when updating a function with packageType Zip."
        )


def check_deletion(reference: FunctionReference, directory: Directory) -> tuple[int, str | None]:
    """Return the function to be deleted, and which version of it if not all.

    The version may be one that is not there: then nothing is to be done.

    Raises:
        InvalidParameterValue: $LATEST or an alias is named, whether there is a function or not.
        ResourceNotFound: There is no such function; named without its qualifier.
        ResourceConflict: An alias needs the version.

    Source: spec/lambda.md D2, L-A7.
    """
    qualifier = reference.qualifier
    if qualifier == LATEST:
        raise InvalidParameterValue(
            "$LATEST version cannot be deleted without deleting the function."
        )
    if qualifier is not None and "$" not in qualifier and not qualifier.isdigit():
        raise InvalidParameterValue("Deletion of aliases is not currently supported.")
    number = directory.locate(reference)
    if number is None or (qualifier is not None and "$" in qualifier):
        raise function_not_found(reference.arn)
    aliases = directory.functions[number].aliases.values()
    users = sorted(
        alias.name for alias in aliases if qualifier == alias.version or qualifier in alias.weights
    )
    if users:
        raise ResourceConflict(
            "Unable to delete version because the following aliases reference it: "
            f"[{', '.join(users)}]"
        )
    return number, qualifier
