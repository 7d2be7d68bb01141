"""Tags of log groups, by ARN and in the older way by name."""

from typing import Any

from headrace.api.context import Context
from headrace.api.logs.naming import place_of, place_of_arn
from headrace.api.operation import Parameters, Prepared
from headrace.core.logs.commands import GroupPlace, TagLogGroup, UntagLogGroup
from headrace.core.logs.errors import ResourceNotFound


def tag_resource(parameters: Parameters, context: Context, rooms: Any) -> TagLogGroup:
    """Read a TagResource."""
    return TagLogGroup(_resource(parameters, context, rooms), parameters["tags"])


def untag_resource(parameters: Parameters, context: Context, rooms: Any) -> UntagLogGroup:
    """Read an UntagResource."""
    return UntagLogGroup(_resource(parameters, context, rooms), tuple(parameters["tagKeys"]))


def list_tags_for_resource(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read a ListTagsForResource; the answer is there at once."""
    return _shown(_resource(parameters, context, rooms), rooms)


def tag_group(parameters: Parameters, context: Context, rooms: Any) -> TagLogGroup:
    """Read a TagLogGroup."""
    return TagLogGroup(place_of(parameters, context), parameters["tags"])


def untag_group(parameters: Parameters, context: Context, rooms: Any) -> UntagLogGroup:
    """Read an UntagLogGroup."""
    return UntagLogGroup(place_of(parameters, context), tuple(parameters["tags"]))


def list_tags_of_group(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    """Read a ListTagsLogGroup; the answer is there at once."""
    return _shown(place_of(parameters, context), rooms)


def _resource(parameters: Parameters, context: Context, rooms: Any) -> GroupPlace:
    place = place_of_arn(parameters["resourceArn"], context)
    if rooms.logs.get(place) is None:
        raise ResourceNotFound("The specified resource does not exist.")
    return place


def _shown(place: GroupPlace, rooms: Any) -> Prepared:
    tags = dict(rooms.logs.find(place).tags)
    return Prepared(None, lambda *_: {"tags": tags})
