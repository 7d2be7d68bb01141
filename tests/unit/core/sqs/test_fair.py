"""Standard queues with group ids (spec/sqs.md 6; 12, Q20)."""

import msgspec

from headrace.core.sqs import commands, lane
from headrace.core.sqs.backlog import Backlog
from headrace.core.sqs.fair_backlog import FairBacklog
from headrace.core.sqs.limits import Noise
from headrace.core.sqs.records import MessagesSent
from headrace.core.sqs.state import FORMAT, decode_queue, encode_queue
from headrace.core.sqs.strand import Strand
from tests.unit.core.sqs.bench import REGION, Bench, arn_of, redrive_to


def numbers(messages):
    return [message.number for message in messages]


def test_a_quiet_group_comes_before_a_thousand_of_a_noisy_one():
    bench = Bench()
    queue = bench.create()
    bench.send(queue, 1_000, group_id="noisy")
    for _ in range(4):
        bench.receive(queue)
    bench.send(queue, 3, group_id="quiet")
    bench.send(queue, 1)
    assert numbers(bench.receive(queue)) == [1_001, 1_002, 1_003, 1_004, *range(41, 47)]


def test_a_group_that_is_loud_when_it_sends_more_is_noisy_at_once():
    bench = Bench()
    queue = bench.create()
    bench.send(queue, 40, group_id="noisy")
    for _ in range(4):
        bench.receive(queue)
    bench.send(queue, 1_000, group_id="noisy")
    bench.send(queue, 1, group_id="quiet")
    assert numbers(bench.receive(queue, at_most=2)) == [1_041, 41]


def test_ten_percent_is_a_share_of_all_in_flight():
    bench = Bench()
    queue = bench.create()
    bench.send(queue, 300)
    for _ in range(30):
        bench.receive(queue)
    bench.send(queue, 40, group_id="a")
    for _ in range(3):
        bench.receive(queue)
    bench.send(queue, 1, group_id="b")
    assert numbers(bench.receive(queue, at_most=4)) == [331, 332, 333, 334], "30 of 330"
    assert numbers(bench.receive(queue, at_most=1)) == [341], "34 of 334 are more than 10 %"


def test_without_a_group_id_nothing_is_kept_of_groups():
    bench = Bench()
    queue = bench.create()
    bench.send(queue, 3)
    (record,) = bench.records()
    assert record.groups is None
    assert type(bench.queue(queue).backlog) is Backlog


def test_the_first_group_id_finds_the_messages_that_are_here():
    bench = Bench()
    queue = bench.create()
    bench.send(queue, 3)
    bench.send(queue, 1, delay_s=5)
    bench.receive(queue, at_most=1)
    bench.receive(queue, at_most=1, visibility_ms=0)
    bench.send(queue, 2, group_id="a")
    (record,) = bench.records()
    assert record.groups == ["a"]
    assert type(bench.queue(queue).backlog) is FairBacklog
    assert bench.queue(queue).counts(bench.now) == (4, 1, 1)
    assert numbers(bench.receive(queue)) == [2, 3, 5, 6]
    bench.wake(5_000)
    assert numbers(bench.receive(queue)) == [4]


def test_a_batch_has_delays_and_groups_of_its_own():
    bench = Bench()
    queue = bench.create()
    mixed = (
        commands.OutgoingMessage(b"a", 1, 1, "a"),
        commands.OutgoingMessage(b"b", 1, None, "b"),
        commands.OutgoingMessage(b"c", 1, None, None),
        commands.OutgoingMessage(b"d", 1, None, None),
    )
    bench.ask(commands.SendMessages(queue, 1, mixed))
    (record,) = bench.records()
    assert (record.delays_ms, record.groups) == ([1_000, 0], ["a", "b", ""])
    backlog = bench.queue(queue).backlog
    assert [backlog.group_of(number).name for number in (1, 2, 3, 4)] == ["a", "b", "", ""]
    assert numbers(bench.receive(queue)) == [2, 3, 4]


def test_the_group_goes_along_to_the_dead_letter_queue_and_back():
    """7.2: a group that was noisy there is judged anew here."""
    bench = Bench(noise=Noise(in_flight_min=2))
    dead = bench.create("dead")
    queue = bench.create("orders", RedrivePolicy=redrive_to("dead", 1))
    bench.send(queue, 4, group_id="a")
    bench.receive(queue, visibility_ms=0)
    assert bench.receive(queue) == ()
    assert {slot.group for slot in bench.queue(dead).touched.slots.values()} == {"a"}
    bench.receive(dead, at_most=2)
    bench.send(dead, 1, group_id="b")
    assert numbers(bench.receive(dead, at_most=2)) == [5, 3]
    bench.ask(commands.StartMoveTask(REGION, arn_of("dead"), arn_of("orders"), None, b"x" * 16))
    bench.wake_up(60_000)
    assert set(bench.queue(queue).fair._groups) == {"", "a"}


def test_more_in_flight_than_before_and_a_compaction_change_no_turn():
    bench = Bench(noise=Noise(in_flight_min=2))
    queue = bench.create()
    bench.send(queue, 4, group_id="a")
    bench.receive(queue, at_most=2)
    bench.send(queue, 1, group_id="b")
    bodies = tuple((1, queue, number) for number in range(1, 5))
    bench.ask(commands.MoveBodies(queue, 9, bodies))
    found = bench.receive(queue, at_most=2)
    assert [(m.number, m.address.block) for m in found] == [(5, 2), (3, 9)]


def test_a_snapshot_and_a_record_of_old_can_still_be_read():
    """Both were written before a standard queue knew of groups."""
    bench = Bench()
    number = bench.create()
    bench.send(number, 3)
    bench.receive(number, at_most=1)
    data = encode_queue(bench.queue(number))
    *fields, fair = msgspec.msgpack.decode(data[1:])
    assert fair is None
    old = decode_queue(number, FORMAT + msgspec.msgpack.encode(fields))
    assert encode_queue(old) == data
    old.accept(MessagesSent(number, bench.now, 4, [0], 2), 7)
    old.accept(MessagesSent(number, bench.now, 6, [0], 1, ["a"]), 8)
    old.accept(MessagesSent(number, bench.now, 7, [0], 2), 9)
    names = [old.backlog.group_of(number).name for number in range(2, 9)]
    assert names == ["", "", "", "", "a", "", ""]


def test_the_first_group_id_takes_no_step_for_each_message(monkeypatch):
    monkeypatch.setattr(lane, "CHUNK_RUNS", 8)
    bench = Bench()
    queue = bench.create()
    for _ in range(80):
        bench.send(queue)
        bench.now += 1
    bench.receive(queue, 3)
    appends = []
    append = Strand.append
    monkeypatch.setattr(Strand, "append", lambda *a: appends.append(a) or append(*a))
    bench.send(queue, group_id="first")
    assert len(appends) == 8 - 3 + 1 + 0, "a chunk of the old ones, and the new one"
    numbers = []
    while messages := bench.receive(queue):
        numbers += [message.number for message in messages]
    assert numbers == list(range(4, 82))
