"""CreateLogGroup, DeleteLogGroup, DescribeLogGroups, retention policies (spec/lambda.md 5.4)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from headrace.api.context import Context
from headrace.api.logs.naming import named, place_of
from headrace.api.logs.tokens import page_token, read_page_token
from headrace.api.operation import Answer, Parameters
from headrace.core.logs.commands import CreateLogGroup, DeleteLogGroup, SetRetention
from headrace.core.logs.errors import InvalidParameter, ResourceNotFound
from headrace.core.logs.group import LogGroup
from headrace.core.logs.limits import DESCRIBE_MAX


def create_group(parameters: Parameters, context: Context, rooms: Any) -> CreateLogGroup:
    """Read a CreateLogGroup."""
    if parameters.get("deletionProtectionEnabled"):
        raise InvalidParameter("This server does not serve deletionProtectionEnabled.")
    return CreateLogGroup(
        place=place_of(parameters, context),
        tags=parameters.get("tags") or {},
        group_class=parameters.get("logGroupClass", "STANDARD"),
        kms_key_id=parameters.get("kmsKeyId", ""),
    )


def delete_group(parameters: Parameters, context: Context, rooms: Any) -> DeleteLogGroup:
    """Read a DeleteLogGroup."""
    return DeleteLogGroup(place_of(parameters, context))


def put_retention(parameters: Parameters, context: Context, rooms: Any) -> SetRetention:
    """Read a PutRetentionPolicy."""
    return SetRetention(place_of(parameters, context), parameters["retentionInDays"])


def delete_retention(parameters: Parameters, context: Context, rooms: Any) -> SetRetention:
    """Read a DeleteRetentionPolicy."""
    return SetRetention(place_of(parameters, context), None)


def page_of_groups(
    parameters: Parameters, context: Context, rooms: Any
) -> tuple[list[LogGroup], str | None]:
    """Return the groups of a DescribeLogGroups by name, and the token of the next page.

    Raises:
        InvalidParameter: Prefix and pattern are given together, or the token is none of ours.
    """
    at_most = parameters.get("limit", DESCRIBE_MAX)
    found: list[LogGroup] = []
    for group in _wanted(parameters, context, rooms):
        if len(found) == at_most:
            return found, page_token("groups", found[-1].name)
        found.append(group)
    return found, None


def _wanted(parameters: Parameters, context: Context, rooms: Any) -> Iterator[LogGroup]:
    prefix = parameters.get("logGroupNamePrefix")
    pattern = parameters.get("logGroupNamePattern")
    identifiers = parameters.get("logGroupIdentifiers")
    if prefix and pattern:
        raise InvalidParameter(
            "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
        )
    wanted = None
    if identifiers:
        wanted = {_name_of(one, context) for one in identifiers}
    token = parameters.get("nextToken")
    after = "" if token is None else read_page_token("groups", token)
    group_class = parameters.get("logGroupClass")
    for group in rooms.logs.behind(context.account, context.region, after):
        if prefix and not group.name.startswith(prefix):
            if group.name > prefix:
                return
            continue
        if (
            (pattern and pattern not in group.name)
            or (wanted is not None and group.name not in wanted)
            or (group_class and group.group_class != group_class)
        ):
            continue
        yield group


def _name_of(identifier: str, context: Context) -> str:
    try:
        return named(identifier, context).name
    except ResourceNotFound:
        return ""


def groups_described(
    groups: Sequence[LogGroup], stored_bytes: Mapping[int, int], token: str | None
) -> Answer:
    """Answer a DescribeLogGroups; `stored_bytes` are by the groups' numbers."""
    return {
        "logGroups": [_described(group, stored_bytes.get(group.number, 0)) for group in groups],
        "nextToken": token,
    }


def _described(group: LogGroup, stored_bytes: int) -> Answer:
    answer: Answer = {
        "logGroupName": group.name,
        "creationTime": group.created_at,
        "metricFilterCount": 0,
        "arn": f"{group.arn}:*",
        "storedBytes": stored_bytes,
        "logGroupClass": group.group_class,
        "logGroupArn": group.arn,
        "deletionProtectionEnabled": False,
    }
    if group.retention_days is not None:
        answer["retentionInDays"] = group.retention_days
    if group.kms_key_id:
        answer["kmsKeyId"] = group.kms_key_id
    return answer
