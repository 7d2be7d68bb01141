"""Rules: a function's tags.

Source: spec/lambda.md 1.14, 13.9.
"""

from headrace.core.functions.commands import ListTags, TagFunction, UntagFunction
from headrace.core.functions.decision import Decision, Scene
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.names import FunctionReference
from headrace.core.functions.records import FunctionTagged
from headrace.core.functions.replies import Done, TagsShown
from headrace.core.functions.validation import check_tags


def tag(command: TagFunction, scene: Scene) -> Decision:
    """Add tags, or put others in their place; the function has another revision afterwards."""
    _check_unqualified(command.reference)
    number, function = scene.directory.find_function(command.reference)
    if not command.tags:
        raise InvalidParameterValue("An error occurred and the request cannot be processed.")
    tags = {**function.tags, **command.tags}
    check_tags(tags)
    return Decision(Done(), [FunctionTagged(number, scene.now, tags, command.seed)])


def untag(command: UntagFunction, scene: Scene) -> Decision:
    """Take tags away; keys that are not there are fine."""
    _check_unqualified(command.reference)
    number, function = scene.directory.find_function(command.reference)
    tags = {key: value for key, value in function.tags.items() if key not in command.keys}
    return Decision(Done(), [FunctionTagged(number, scene.now, tags, command.seed)])


def list_tags(command: ListTags, scene: Scene) -> Decision:
    """Show the tags."""
    _check_unqualified(command.reference)
    _, function = scene.directory.find_function(command.reference)
    return Decision(TagsShown(function.tags))


def _check_unqualified(reference: FunctionReference) -> None:
    """Refuse a version or alias, whether it is there or not (L-A65)."""
    if reference.qualifier is not None:
        raise InvalidParameterValue(
            "Tags on function aliases and versions are not supported. Please specify a function "
            "ARN."
        )
