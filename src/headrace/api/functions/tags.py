"""Operations on tags: parameters to commands, replies to answers.

Source: spec/lambda.md 1.14, spec/esm.md 12.2 (E-A8).
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.base.arn import parse_arn
from headrace.core.functions.commands import ListTags, TagFunction, UntagFunction
from headrace.core.functions.errors import InvalidParameterValue, ResourceNotFound
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.functions.replies import TagsShown
from headrace.core.mapping.commands import ListMappingTags, TagMapping, UntagMapping
from headrace.core.mapping.errors import MappingNotFound
from headrace.core.mapping.replies import TagsFound

Bodies = Mapping[Any, bytes]
#: The resource part of a mapping's ARN, before its UUID.
_MAPPING = "event-source-mapping:"


def tag_resource(parameters: Parameters, context: Context, rooms: Any) -> TagFunction | TagMapping:
    """Read TagResource."""
    mapping = _mapping(parameters, context, rooms)
    if mapping is not None:
        return TagMapping(mapping, dict(parameters["Tags"]))
    reference = _function(parameters, context, "TagResource")
    return TagFunction(reference, dict(parameters["Tags"]), context.seed)


def untag_resource(
    parameters: Parameters, context: Context, rooms: Any
) -> UntagFunction | UntagMapping:
    """Read UntagResource."""
    mapping = _mapping(parameters, context, rooms)
    if mapping is not None:
        return UntagMapping(mapping, tuple(parameters["TagKeys"]))
    reference = _function(parameters, context, "UntagResource")
    return UntagFunction(reference, tuple(parameters["TagKeys"]), context.seed)


def list_tags(parameters: Parameters, context: Context, rooms: Any) -> ListTags | ListMappingTags:
    """Read ListTags."""
    mapping = _mapping(parameters, context, rooms)
    if mapping is not None:
        return ListMappingTags(mapping)
    return ListTags(_function(parameters, context, "ListTags"))


def _mapping(parameters: Parameters, context: Context, rooms: Any) -> int | None:
    """Return the number of the mapping that is meant; None: the ARN is not a mapping's.

    Raises:
        MappingNotFound: There is no such mapping here (esm.md 12.2 E-A8).
    """
    text = parameters["Resource"]
    arn = parse_arn(text)
    if not arn.resource.startswith(_MAPPING):
        return None
    try:
        uuid = arn.resource.removeprefix(_MAPPING)
        if (arn.account, arn.region) != (context.account, context.region):
            raise MappingNotFound
        number: int = rooms.mappings.find(arn.account, arn.region, uuid)
    except MappingNotFound:
        raise MappingNotFound(f"Event source mapping not found: {text}") from None
    return number


def _function(parameters: Parameters, context: Context, action: str) -> FunctionReference:
    """Return which function is meant.

    Raises:
        InvalidParameterValue: The ARN is neither a function's nor a mapping's.
        ResourceNotFound: It is a capacity provider's.
    """
    arn = parameters["Resource"]
    resource = parse_arn(arn).resource
    if resource.startswith("capacity-provider:"):
        raise ResourceNotFound(f"Capacity provider not found: {arn}")  # there are none here
    if not resource.startswith("function:"):
        raise InvalidParameterValue(
            f"This server does not serve {action} for anything but functions and "
            "event source mappings yet."
        )
    return parse_reference(arn, None, context.account, context.region, action)


def answer_done(parameters: Parameters, context: Context, reply: Any, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def answer_tags(
    parameters: Parameters, context: Context, reply: TagsShown | TagsFound, bodies: Bodies
) -> Answer:
    """Answer with all tags, or with an empty map."""
    return {"Tags": reply.tags}


OPERATIONS: dict[str, Operation] = {
    "TagResource": Operation(tag_resource, answer_done),
    "UntagResource": Operation(untag_resource, answer_done),
    "ListTags": Operation(list_tags, answer_tags),
}
