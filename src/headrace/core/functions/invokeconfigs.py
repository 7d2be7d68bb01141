"""Rules: how asynchronous invokes of a version or alias are handled.

Source: spec/lambda.md 1.4, 1.18, 13.7.
"""

from headrace.core.functions.commands import (
    DeleteInvokeConfig,
    GetInvokeConfig,
    ListInvokeConfigs,
    SetInvokeConfig,
)
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.directory import Directory
from headrace.core.functions.errors import InvalidParameterValue, ResourceNotFound
from headrace.core.functions.function import Function, InvokeConfig
from headrace.core.functions.names import LATEST, FunctionReference
from headrace.core.functions.records import InvokeConfigDeleted, InvokeConfigSet
from headrace.core.functions.replies import Done, InvokeConfigShown, InvokeConfigsListed


def find_configurable(
    command: SetInvokeConfig, directory: Directory
) -> tuple[int, Function, InvokeConfig | None]:
    """Return the function whose setting is to change, and what is set so far.

    Raises:
        InvalidParameterValue: Nothing is to be set; said before the function is looked up (L-A50).
        ResourceNotFound: There is no such function, version or alias; or nothing that could be
            updated.
    """
    given = (command.retries, command.age_s, command.on_success, command.on_failure)
    if all(value is None for value in given):
        raise InvalidParameterValue(
            "You must specify at least one of error handling or destination setting."
        )
    reference = command.reference
    number, function = _find_function(reference, directory)
    qualifier = reference.qualifier or LATEST
    before = function.invoke_configs.get(qualifier)
    if command.merges:
        if before is None:
            raise _not_set(reference)
    elif qualifier not in function.versions and qualifier not in function.aliases:
        raise _no_function()
    return number, function, before


def set_config(command: SetInvokeConfig, scene: Scene) -> Decision:
    """Set everything anew, or only what is given; destinations come together."""
    number, function, before = find_configurable(command, scene.directory)
    retries, age_s = command.retries, command.age_s
    on_success, on_failure = command.on_success, command.on_failure
    if command.merges and before is not None:
        retries = before.retries if retries is None else retries
        age_s = before.age_s if age_s is None else age_s
        if on_success is None and on_failure is None:
            on_success, on_failure = before.on_success, before.on_failure
    qualifier = command.reference.qualifier or LATEST
    record = InvokeConfigSet(
        number, scene.now, qualifier, retries, age_s, on_success or "", on_failure or ""
    )
    config = InvokeConfig(scene.now, retries, age_s, record.on_success, record.on_failure)
    return Decision(_shown(function, qualifier, config), [record])


def get_config(command: GetInvokeConfig, scene: Scene) -> Decision:
    """Show what is set."""
    _, function, config = _find(command.reference, scene.directory)
    return Decision(_shown(function, command.reference.qualifier or LATEST, config))


def delete_config(command: DeleteInvokeConfig, scene: Scene) -> Decision:
    """Take back what is set."""
    number, _, _ = _find(command.reference, scene.directory)
    qualifier = command.reference.qualifier or LATEST
    return Decision(Done(), [InvokeConfigDeleted(number, scene.now, qualifier)])


def list_configs(command: ListInvokeConfigs, scene: Scene) -> Decision:
    """Show everything that is set of a function, by qualifier."""
    _, function = _find_function(command.reference, scene.directory)
    behind = sorted(name for name in function.invoke_configs if name > command.after)
    entries = [
        _shown(function, name, function.invoke_configs[name]) for name in behind[: command.at_most]
    ]
    return Decision(InvokeConfigsListed(tuple(entries), len(behind) > command.at_most))


def _shown(function: Function, qualifier: str, config: InvokeConfig) -> InvokeConfigShown:
    return InvokeConfigShown(f"{function.arn}:{qualifier}", config)


def _find_function(reference: FunctionReference, directory: Directory) -> tuple[int, Function]:
    number = directory.locate(reference)
    if number is None:
        raise _no_function()
    return number, directory.functions[number]


def _find(reference: FunctionReference, directory: Directory) -> tuple[int, Function, InvokeConfig]:
    """Return what is set; a missing function has nothing set either (L-A52)."""
    number = directory.locate(reference)
    if number is None:
        raise _not_set(reference)
    function = directory.functions[number]
    config = function.invoke_configs.get(reference.qualifier or LATEST)
    if config is None:
        raise _not_set(reference)
    return number, function, config


def _no_function() -> ResourceNotFound:
    return ResourceNotFound("The function doesn't exist.")


def _not_set(reference: FunctionReference) -> ResourceNotFound:
    arn = f"{reference.arn}:{reference.qualifier or LATEST}"
    return ResourceNotFound(f"The function {arn} doesn't have an EventInvokeConfig")
