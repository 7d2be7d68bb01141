"""Rules: create, update, delete, show and list functions.

Source: spec/lambda.md 1.8 to 1.10.
"""

from headrace.core.functions import codelinks
from headrace.core.functions.changes import (
    check_code,
    check_code_update,
    check_creation,
    check_deletion,
    check_update,
)
from headrace.core.functions.commands import (
    CreateFunction,
    DeleteFunction,
    GetFunction,
    ListFunctions,
    UpdateFunctionCode,
    UpdateFunctionConfiguration,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.function import view
from headrace.core.functions.layeruse import with_layers
from headrace.core.functions.names import LATEST
from headrace.core.functions.records import (
    FunctionCreated,
    FunctionDeleted,
    FunctionUpdated,
    VersionDeleted,
)
from headrace.core.functions.replay import changed, created
from headrace.core.functions.replies import Done, FunctionShown, FunctionsListed
from headrace.core.functions.versions import publishing, seen_now


def create(command: CreateFunction, scene: Scene) -> Decision:
    """Create a function; with `publish`, version 1 at once, shown under the bare ARN (C2)."""
    settings = check_creation(command, scene.directory, scene.machine)
    reference = command.reference
    record = FunctionCreated(
        machine=scene.numbers.take(),
        at=scene.now,
        account=reference.account,
        region=reference.region,
        name=reference.name,
        seed=command.seed,
        settings=settings,
        code=command.code,
        tags=command.tags,
        preparation_ms=scene.preparation_ms,
    )
    function = created(record)
    number = record.machine
    if not command.publish:
        shown = view(number, function, function.latest, settled=False)
        return Decision(FunctionShown(shown), [record])
    version = publishing(number, function, command.seed, None, scene)
    after = changed(function, version)
    shown = view(number, after, after.versions["1"], settled=False)
    return Decision(FunctionShown(shown), [record, version])


def update_code(command: UpdateFunctionCode, scene: Scene) -> Decision:
    """Replace the code of $LATEST; with `publish`, make a version of it, which is shown (C2)."""
    number, function, settings = check_code_update(
        command, scene.directory, scene.machine, scene.now
    )
    record = FunctionUpdated(
        number, scene.now, command.seed, settings, command.code, scene.preparation_ms
    )
    after = changed(function, record)
    if command.dry_run:
        return Decision(FunctionShown(view(number, after, after.latest, settled=True)))
    if not command.publish:
        return Decision(FunctionShown(view(number, after, after.latest, settled=False)), [record])
    version = publishing(number, after, command.seed, None, scene)
    name = str(after.next_version)
    after = changed(after, version)
    shown = view(number, after, after.versions[name], settled=False)
    return Decision(FunctionShown(shown, name), [record, version])


def update_configuration(command: UpdateFunctionConfiguration, scene: Scene) -> Decision:
    """Replace the settings of $LATEST."""
    number, function = check_update(
        command.reference, command.revision_id, scene.directory, scene.now
    )
    scene.machine.check(command.settings)
    settings = with_layers(
        command.settings, command.layers, command.reference, scene.directory.layers
    )
    code = function.latest.code
    check_code(settings, code)
    record = FunctionUpdated(number, scene.now, command.seed, settings, code, scene.preparation_ms)
    after = changed(function, record)
    return Decision(FunctionShown(view(number, after, after.latest, settled=False)), [record])


def delete(command: DeleteFunction, scene: Scene) -> Decision:
    """Delete a function with everything, or one version; an absent version is gone already."""
    number, version = check_deletion(command.reference, scene.directory)
    if version is None:
        return Decision(Done(), [FunctionDeleted(number, scene.now)])
    if version not in scene.directory.functions[number].versions:
        return Decision(Done())
    return Decision(Done(), [VersionDeleted(number, scene.now, version)])


def get(command: GetFunction, scene: Scene) -> Decision:
    """Show a version, and where its code can be fetched."""
    number, function, version = scene.directory.find_version(command.reference)
    seen = seen_now(number, function, version, scene)
    link = codelinks.format_link(seen, function.seed, scene.now)
    return Decision(FunctionShown(seen, command.reference.qualifier, link))


def list_functions(command: ListFunctions, scene: Scene) -> Decision:
    """Show $LATEST of each function, or every version of each (L1)."""
    directory = scene.directory
    place = (command.account, command.region)
    if command.all_versions:
        found, more = directory.page_of_versions(
            *place, command.after, command.after_version, command.at_most
        )
    else:
        numbers, more = directory.page(*place, command.after, command.at_most)
        found = [(number, directory.functions[number].versions[LATEST]) for number in numbers]
    views = [
        seen_now(number, directory.functions[number], version, scene) for number, version in found
    ]
    return Decision(FunctionsListed(tuple(views), more))
