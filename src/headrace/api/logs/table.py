"""Every operation of CloudWatch Logs that is served, by AWS's name.

Where events or streams are asked for, the shell finds the answer before the command would be made
(shell/logevents.py), and hands it over as the parameter `ANSWER`.
"""

from typing import Any

from headrace.api.context import Context
from headrace.api.logs import groups, tags
from headrace.api.operation import Answer, Operation, Parameters, Prepared

#: The parameter that holds what the shell has found.
ANSWER = "*answer"


def _nothing(*_: Any) -> Answer:
    return {}


def _found(parameters: Parameters, context: Context, rooms: Any) -> Prepared:
    answer: Answer = parameters[ANSWER]
    return Prepared(None, lambda *_: answer)


_FOUND = Operation(_found, _nothing)

OPERATIONS = {
    "CreateLogGroup": Operation(groups.create_group, _nothing),
    "DeleteLogGroup": Operation(groups.delete_group, _nothing),
    "DescribeLogGroups": _FOUND,
    "PutRetentionPolicy": Operation(groups.put_retention, _nothing),
    "DeleteRetentionPolicy": Operation(groups.delete_retention, _nothing),
    "CreateLogStream": _FOUND,
    "DeleteLogStream": _FOUND,
    "DescribeLogStreams": _FOUND,
    "PutLogEvents": _FOUND,
    "GetLogEvents": _FOUND,
    "FilterLogEvents": _FOUND,
    "DescribeSubscriptionFilters": _FOUND,
    "TagResource": Operation(tags.tag_resource, _nothing),
    "UntagResource": Operation(tags.untag_resource, _nothing),
    "ListTagsForResource": Operation(tags.list_tags_for_resource, _nothing),
    "TagLogGroup": Operation(tags.tag_group, _nothing),
    "UntagLogGroup": Operation(tags.untag_group, _nothing),
    "ListTagsLogGroup": Operation(tags.list_tags_of_group, _nothing),
}
