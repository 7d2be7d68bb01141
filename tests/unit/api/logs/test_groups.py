"""DescribeLogGroups page by page, and what the other operations ask of the room."""

import pytest

from headrace.api.logs.groups import (
    GroupsSought,
    create_group,
    delete_group,
    delete_retention,
    groups_described,
    put_retention,
)
from headrace.core.logs.commands import CreateLogGroup, DeleteLogGroup, SetRetention
from headrace.core.logs.errors import InvalidParameter
from tests.unit.api.logs.desk import Desk, context
from tests.unit.core.logs.bench import ACCOUNT, EPOCH, REGION, place

NAME = {"logGroupName": "/aws/lambda/f"}


@pytest.fixture
def desk():
    desk = Desk()
    for name in ("/aws/lambda/a", "/aws/lambda/b", "/aws/lambdas", "/own"):
        desk.bench.create(name)
    return desk


def names(desk, **parameters):
    """Return the names of a page, and its token; two groups are looked at at a time."""
    sought = GroupsSought(parameters, context())
    while sought.look(desk.rooms.logs, 2):
        pass
    return [group.name for group in sought.found], sought.token


def test_commands_are_what_was_asked():
    asked = {**NAME, "tags": {"a": "1"}, "kmsKeyId": "key", "logGroupClass": "INFREQUENT_ACCESS"}
    assert create_group(asked, context(), None) == CreateLogGroup(
        place(), {"a": "1"}, "INFREQUENT_ACCESS", "key"
    )
    assert create_group(NAME, context(), None) == CreateLogGroup(place())
    assert delete_group(NAME, context(), None) == DeleteLogGroup(place())
    assert put_retention({**NAME, "retentionInDays": 7}, context(), None) == SetRetention(
        place(), 7
    )
    assert delete_retention(NAME, context(), None) == SetRetention(place(), None)
    with pytest.raises(InvalidParameter, match="does not serve deletionProtectionEnabled"):
        create_group({**NAME, "deletionProtectionEnabled": True}, context(), None)


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ({}, ["/aws/lambda/a", "/aws/lambda/b", "/aws/lambdas", "/own"]),
        ({"logGroupNamePrefix": "/aws/lambda/"}, ["/aws/lambda/a", "/aws/lambda/b"]),
        ({"logGroupNamePrefix": "/own"}, ["/own"]),
        ({"logGroupNamePrefix": "/x"}, []),
        ({"logGroupNamePattern": "lambdas"}, ["/aws/lambdas"]),
        ({"logGroupNamePattern": "Lambda"}, []),
        ({"logGroupClass": "INFREQUENT_ACCESS"}, []),
        (
            {
                "logGroupIdentifiers": [
                    "/own",
                    f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/aws/lambda/b:*",
                    f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:/aws/lambda/a",
                ]
            },
            ["/aws/lambda/b", "/own"],
        ),
    ],
)
def test_groups_are_chosen(desk, parameters, found):
    assert names(desk, **parameters) == (found, None)


def test_pages_follow_each_other(desk):
    first, token = names(desk, limit=3)
    assert first == ["/aws/lambda/a", "/aws/lambda/b", "/aws/lambdas"]
    assert names(desk, limit=3, nextToken=token) == (["/own"], None)
    assert names(desk, limit=4)[1] is None


def test_what_cannot_have_a_prefix_is_not_looked_at(desk):
    for number in range(50):
        desk.bench.create(f"/between{number}")
    sought = GroupsSought({"logGroupNamePrefix": "/own"}, context())
    assert not sought.look(desk.rooms.logs, 1)
    assert [group.name for group in sought.found] == ["/own"]


def test_groups_may_come_and_go_between_two_looks(desk):
    sought = GroupsSought({"logGroupNamePattern": "/aws"}, context())
    assert sought.look(desk.rooms.logs, 1)
    desk.bench.ask(DeleteLogGroup(place("/aws/lambda/b")))
    desk.bench.create("/aws/lambda/a2")
    while sought.look(desk.rooms.logs, 1):
        pass
    assert [group.name for group in sought.found] == ["/aws/lambda/a", "/aws/lambdas"]


def test_prefix_and_pattern_exclude_each_other(desk):
    with pytest.raises(InvalidParameter) as refusal:
        names(desk, logGroupNamePrefix="a", logGroupNamePattern="b")
    assert refusal.value.message == (
        "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters."
    )


def test_a_group_is_shown_as_on_aws(desk):
    desk.bench.ask(SetRetention(place("/own"), 14))
    group = desk.rooms.logs.find(place("/own"))
    arn = f"arn:aws:logs:{REGION}:{ACCOUNT}:log-group:/own"
    assert groups_described([group], {group.number: 12}, "token") == {
        "logGroups": [
            {
                "logGroupName": "/own",
                "creationTime": EPOCH,
                "metricFilterCount": 0,
                "arn": f"{arn}:*",
                "storedBytes": 12,
                "logGroupClass": "STANDARD",
                "logGroupArn": arn,
                "deletionProtectionEnabled": False,
                "retentionInDays": 14,
            }
        ],
        "nextToken": "token",
    }
