"""CreateLogGroup, DeleteLogGroup, DescribeLogGroups, retention policies (spec/lambda.md 5.4)."""

from collections.abc import Mapping, Sequence
from typing import Any

from headrace.api.context import Context
from headrace.api.logs.naming import named, place_of
from headrace.api.logs.tokens import page_token, read_page_token
from headrace.api.operation import Answer, Parameters
from headrace.core.logs.commands import CreateLogGroup, DeleteLogGroup, SetRetention
from headrace.core.logs.errors import InvalidParameter, ResourceNotFound
from headrace.core.logs.group import LogGroup
from headrace.core.logs.groups import LogGroups
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


class GroupsSought:
    """A DescribeLogGroups whose page is looked for, some groups at a time."""

    def __init__(self, parameters: Parameters, context: Context) -> None:
        """Read the request.

        Raises:
            InvalidParameter: Prefix and pattern are given together, or the token is none of ours.
        """
        self.found: list[LogGroup] = []
        self.token: str | None = None  #: Of the next page.
        self._account, self._region = context.account, context.region
        self._at_most = parameters.get("limit", DESCRIBE_MAX)
        self._class = parameters.get("logGroupClass")
        self._prefix = parameters.get("logGroupNamePrefix") or ""
        self._pattern = parameters.get("logGroupNamePattern") or ""
        if self._prefix and self._pattern:
            raise InvalidParameter(
                "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
            )
        self._names: set[str] | None = None
        if identifiers := parameters.get("logGroupIdentifiers"):
            self._names = {_name_of(one, context) for one in identifiers}
        token = parameters.get("nextToken")
        behind = "" if token is None else f"{read_page_token('groups', token)}\0"
        self._next = max(behind, self._prefix)

    def look(self, room: LogGroups, at_most: int) -> bool:
        """Look at so many groups; tell whether there are more to be looked at."""
        groups = room.at_or_behind(self._account, self._region, self._next)
        for place, group in enumerate(groups):
            if not group.name.startswith(self._prefix):
                return False
            if place == at_most:
                self._next = group.name
                return True
            if not self._fits(group):
                continue
            if len(self.found) == self._at_most:
                self.token = page_token("groups", self.found[-1].name)
                return False
            self.found.append(group)
        return False

    def _fits(self, group: LogGroup) -> bool:
        return (
            self._pattern in group.name
            and (self._names is None or group.name in self._names)
            and (not self._class or group.group_class == self._class)
        )


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
