"""Log groups: made, noted, tagged, kept for some days, deleted; and the same after a restart."""

import pytest

from headrace.core.logs.commands import (
    DeleteLogGroup,
    NoteLogGroup,
    SetRetention,
    TagLogGroup,
    UntagLogGroup,
)
from headrace.core.logs.effects import DropEvents, ExpireEvents
from headrace.core.logs.groups import LogGroups
from headrace.core.logs.limits import MS_PER_DAY
from headrace.core.logs.replies import Done, GroupNoted
from headrace.core.machine import Numbers
from tests.unit.core.logs.bench import ACCOUNT, EPOCH, REGION, Bench, place


@pytest.fixture
def bench():
    return Bench()


def test_a_group_is_made_once(bench):
    assert bench.create(tags={"a": "1"}, kms_key_id="key") == Done()
    group = bench.room.find(place())
    assert (group.tags, group.kms_key_id, group.created_at) == ({"a": "1"}, "key", EPOCH)
    refusal = bench.create()
    assert refusal.code == "ResourceAlreadyExistsException"
    assert refusal.message == "The specified log group already exists"


def test_a_group_that_a_function_writes_into_is_there_from_then_on(bench):
    first = bench.ask(NoteLogGroup(place()))
    assert isinstance(first, GroupNoted)
    assert bench.ask(NoteLogGroup(place())) == first
    assert len(bench.records) == 1


def test_what_is_not_there_is_refused(bench):
    for command in (
        DeleteLogGroup(place()),
        SetRetention(place(), 7),
        TagLogGroup(place(), {"a": "1"}),
        UntagLogGroup(place(), ("a",)),
    ):
        refusal = bench.ask(command)
        assert refusal.code == "ResourceNotFoundException"
        assert refusal.message == "The specified log group does not exist."
    assert bench.records == []


def test_groups_are_listed_by_name_and_by_owner(bench):
    for name in ("/b", "/a", "/ab", "/A"):
        bench.create(name)
    other = place("/a", account="210987654321")
    bench.ask(NoteLogGroup(other))
    assert bench.names() == ["/A", "/a", "/ab", "/b"]
    assert bench.names("/a") == ["/ab", "/b"]
    assert bench.names("/aa") == ["/ab", "/b"]
    assert bench.names("/b") == []
    assert bench.names(account="210987654321") == ["/a"]
    assert bench.names(region="us-east-1") == []


def test_a_deleted_group_takes_its_events_along_and_its_number_is_not_used_again(bench):
    bench.create()
    before = bench.room.find(place())
    assert bench.ask(DeleteLogGroup(place())) == Done()
    assert bench.effects == [DropEvents(before)]
    assert bench.names() == []
    bench.create()
    assert bench.room.find(place()).number > before.number


def test_tags_are_added_replaced_and_taken_away(bench):
    bench.create(tags={"a": "1", "b": "2"})
    bench.ask(TagLogGroup(place(), {"b": "3", "c": "4"}))
    assert bench.room.find(place()).tags == {"a": "1", "b": "3", "c": "4"}
    bench.ask(UntagLogGroup(place(), ("a", "absent")))
    assert bench.room.find(place()).tags == {"b": "3", "c": "4"}
    refusal = bench.ask(TagLogGroup(place(), {str(number): "" for number in range(49)}))
    assert refusal.code == "TooManyTagsException"
    assert len(bench.room.find(place()).tags) == 2


def test_old_events_are_removed_at_once_and_then_once_a_day(bench):
    bench.create()
    assert bench.room.next_deadline() is None
    bench.ask(SetRetention(place(), 3))
    group = bench.room.find(place())
    assert bench.effects == [ExpireEvents(group, EPOCH - 3 * MS_PER_DAY)]
    bench.sleep(MS_PER_DAY - 1)
    assert bench.effects == []
    bench.sleep(1)
    assert bench.effects == [ExpireEvents(group, EPOCH - 2 * MS_PER_DAY)]
    bench.ask(SetRetention(place(), None))
    assert bench.effects == []
    assert bench.room.next_deadline() is None


def test_events_are_kept_for_ever_unless_somebody_says_otherwise(bench):
    bench.create()
    assert bench.room.find(place()).kept_since(EPOCH) == 0
    bench.ask(SetRetention(place(), 1))
    assert bench.room.find(place()).kept_since(EPOCH) == EPOCH - MS_PER_DAY


def test_only_awss_numbers_of_days_are_taken(bench):
    bench.create()
    refusal = bench.ask(SetRetention(place(), 2))
    assert refusal.code == "InvalidParameterException"
    assert refusal.message.startswith(
        "1 validation error detected: Value '2' at 'retentionInDays' failed to satisfy "
        "constraint: Member must satisfy enum value set: [1, 3, 5, 7, "
    )


def test_a_room_of_records_equals_the_one_that_lived_and_so_does_one_of_snapshots(bench):
    bench.create("/a", tags={"k": "v"})
    bench.create("/b")
    bench.ask(SetRetention(place("/b"), 30))
    bench.ask(TagLogGroup(place("/a"), {"l": "w"}))
    bench.create("/gone")
    bench.ask(DeleteLogGroup(place("/gone")))
    replayed = LogGroups(Numbers())
    for record in bench.records:
        replayed.replay(record, 1)
    loaded = LogGroups(Numbers())
    for number in bench.room.machines():
        loaded.load(number, bench.room.snapshot(number))
    for room in (replayed, loaded):
        assert list(room.behind(ACCOUNT, REGION, "")) == list(
            bench.room.behind(ACCOUNT, REGION, "")
        )
        (effect,) = room.resume(bench.now)
        assert effect.group.name == "/b"
        assert room.next_deadline() == EPOCH + MS_PER_DAY
