"""Operations on tags: parameters to commands, replies to answers.

Source: spec/lambda.md 1.14.
"""

from collections.abc import Mapping
from typing import Any

from headrace.api.context import Context
from headrace.api.operation import Answer, Operation, Parameters
from headrace.base.arn import parse_arn
from headrace.core.functions.commands import ListTags, TagFunction, UntagFunction
from headrace.core.functions.errors import InvalidParameterValue
from headrace.core.functions.names import FunctionReference, parse_reference
from headrace.core.functions.replies import Done, TagsShown

Bodies = Mapping[Any, bytes]


def tag_resource(parameters: Parameters, context: Context, rooms: Any) -> TagFunction:
    """Read TagResource."""
    reference = _function(parameters, context, "TagResource")
    return TagFunction(reference, dict(parameters["Tags"]), context.seed)


def untag_resource(parameters: Parameters, context: Context, rooms: Any) -> UntagFunction:
    """Read UntagResource."""
    reference = _function(parameters, context, "UntagResource")
    return UntagFunction(reference, tuple(parameters["TagKeys"]), context.seed)


def list_tags(parameters: Parameters, context: Context, rooms: Any) -> ListTags:
    """Read ListTags."""
    return ListTags(_function(parameters, context, "ListTags"))


def _function(parameters: Parameters, context: Context, action: str) -> FunctionReference:
    """Return which function is meant.

    Raises:
        InvalidParameterValue: The ARN is not a function's; tags of other things are not served.
    """
    arn = parameters["Resource"]
    if not parse_arn(arn).resource.startswith("function:"):
        raise InvalidParameterValue(
            f"This server does not serve {action} for anything but functions yet."
        )
    return parse_reference(arn, None, context.account, context.region, action)


def answer_done(parameters: Parameters, context: Context, reply: Done, bodies: Bodies) -> Answer:
    """Answer with nothing: the status says it."""
    return {}


def answer_tags(
    parameters: Parameters, context: Context, reply: TagsShown, bodies: Bodies
) -> Answer:
    """Answer with all tags, or with an empty map."""
    return {"Tags": reply.tags}


OPERATIONS: dict[str, Operation] = {
    "TagResource": Operation(tag_resource, answer_done),
    "UntagResource": Operation(untag_resource, answer_done),
    "ListTags": Operation(list_tags, answer_tags),
}
