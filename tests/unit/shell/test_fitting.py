"""Which records of a damaged journal cannot be applied, and a head without them."""

from headrace.core.logs.groups import LogGroups
from headrace.core.logs.records import LogGroupCreated, LogGroupDeleted, LogGroupTagged
from headrace.core.machine import Numbers
from headrace.ports.journal import Head
from headrace.shell.fitting import unfit_records, without
from headrace.store.codec import FORMAT, HeadReader, bodies_count_of, encode_head

AT = 1_795_000_000_000


def made(number):
    return LogGroupCreated(number, AT, "000000000000", "r", f"g{number}", {}, "STANDARD", "")


def tagged(number):
    return LogGroupTagged(number, AT, {"a": "b"})


def rooms():
    return {4: LogGroups(Numbers())}


def head(seq, *records):
    return Head(seq, AT, FORMAT, encode_head(records, 3), 0)


def test_what_builds_on_what_is_not_there_is_found():
    heads = [
        head(1, tagged(16), made(17), tagged(17)),
        head(2, tagged(17), LogGroupDeleted(17, AT), LogGroupDeleted(16, AT), tagged(17)),
    ]
    unfit = unfit_records(rooms, [], lambda: iter(heads))
    assert unfit == {1: {0: 16}, 2: {2: 16, 3: 17}}


def test_what_failed_halfway_is_no_part_of_the_next_try():
    class Halfway(LogGroups):
        def replay(self, record, block):
            super().replay(record, block)
            if isinstance(record, LogGroupDeleted):
                raise ValueError("too late")

    heads = [head(1, made(16)), head(2, LogGroupDeleted(16, AT)), head(3, tagged(16))]
    unfit = unfit_records(lambda: {4: Halfway(Numbers())}, [], lambda: iter(heads))
    assert unfit[2] == {0: 16}


def test_a_whole_journal_has_none():
    assert unfit_records(rooms, [], lambda: iter([head(1, made(16), tagged(16))])) == {}


def test_a_head_keeps_its_other_records_and_its_count_of_bodies():
    found = without(rooms, head(1, made(16), tagged(15), tagged(16)), {1: 15})
    assert bodies_count_of(found) == 3
    records = HeadReader(LogGroups.records).records(found, 1, FORMAT)
    assert records == [made(16), tagged(16)]
