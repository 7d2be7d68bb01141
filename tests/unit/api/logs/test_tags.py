"""Tags by ARN and by name."""

import pytest

from headrace.api.logs import tags
from headrace.core.logs.commands import TagLogGroup, UntagLogGroup
from headrace.core.logs.errors import ResourceNotFound
from tests.unit.api.logs.desk import Desk, context
from tests.unit.core.logs.bench import ACCOUNT, REGION, place

ARN = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/f"
NAME = {"logGroupName": "/aws/lambda/f"}


def test_tags_are_set_and_shown_by_arn_and_by_name():
    desk = Desk()
    desk.bench.create(tags={"a": "1"})
    resource = {"resourceArn": ARN}
    rooms = desk.rooms
    assert tags.tag_resource({**resource, "tags": {"b": "2"}}, context(), rooms) == TagLogGroup(
        place(), {"b": "2"}
    )
    assert tags.untag_resource({**resource, "tagKeys": ["b"]}, context(), rooms) == UntagLogGroup(
        place(), ("b",)
    )
    assert tags.tag_group({**NAME, "tags": {"b": "2"}}, context(), rooms) == TagLogGroup(
        place(), {"b": "2"}
    )
    assert tags.untag_group({**NAME, "tags": ["b"]}, context(), rooms) == UntagLogGroup(
        place(), ("b",)
    )
    for shown in (
        tags.list_tags_for_resource(resource, context(), rooms),
        tags.list_tags_of_group(NAME, context(), rooms),
    ):
        assert shown.command is None
        assert shown.answer({}, context(), None, {}) == {"tags": {"a": "1"}}


def test_what_is_not_there_has_no_tags():
    rooms = Desk().rooms
    with pytest.raises(ResourceNotFound, match="The specified resource does not exist"):
        tags.list_tags_for_resource({"resourceArn": ARN}, context(), rooms)
    with pytest.raises(ResourceNotFound, match="The specified log group does not exist"):
        tags.list_tags_of_group(NAME, context(), rooms)
