"""Living bodies by block, and where compaction puts them."""

from headrace.core.sqs import commands
from headrace.core.sqs.records import BodiesMoved
from tests.unit.core.sqs.bench import Bench, redrive_to


def lively():
    """Block 1: one message in the dead-letter queue, one returned; blocks 2 and 3: untouched."""
    bench = Bench()
    dead = bench.create("dead")
    queue = bench.create("orders", RedrivePolicy=redrive_to("dead"), VisibilityTimeout="0")
    bench.send(queue, 2)
    bench.receive(queue, at_most=1)
    bench.receive(queue, at_most=1)
    bench.send(queue, 3)
    bench.send(queue, 1, delay_s=9)
    return bench, queue, dead


def addresses(bench, *blocks):
    return sorted(
        (holder, address.block, address.machine, address.number)
        for holder, address in bench.room.relocate(frozenset(blocks))
    )


def test_bodies_are_found_wherever_their_messages_are():
    bench, queue, dead = lively()
    assert bench.room.count_bodies() == {1: 2, 2: 3, 3: 1}
    assert addresses(bench, 1) == [(dead, 1, queue, 1), (queue, 1, queue, 2)]
    assert addresses(bench, 2, 3) == [(queue, 2, queue, n) for n in (3, 4, 5)] + [
        (queue, 3, queue, 6)
    ]
    assert addresses(bench) == addresses(bench, 99) == []


def test_moved_bodies_lie_in_the_new_block_and_the_rest_is_dead():
    bench, queue, dead = lively()
    bodies = ((1, queue, 2), (2, queue, 3), (2, queue, 5), (3, queue, 6), (3, queue, 4), (2, 99, 1))
    bench.ask(commands.MoveBodies(queue, 50, bodies))
    assert bench.records() == [BodiesMoved(queue, bench.now, queue, [2, 2, 5, 2])]
    assert sorted(bench.forgets()) == [(1, 1), (2, 2), (3, 1), (50, 2)]
    assert bench.room.count_bodies() == {1: 1, 2: 1, 50: 4}
    (arrived,) = bench.receive(dead)
    assert arrived.address.block == 1
    bench.ask(commands.MoveBodies(dead, 51, ((1, queue, 1), (1, queue, 2))))
    assert bench.records() == [BodiesMoved(dead, bench.now, queue, [1, 1])]
    assert sorted(bench.forgets()) == [(1, 1), (51, 1)]
    assert [m.address.block for m in bench.receive(queue)] == [50, 2, 50]


def test_a_move_of_bodies_that_are_gone_is_not_remembered():
    bench, queue, _ = lively()
    bench.ask(commands.MoveBodies(queue, 50, ((9, queue, 3),)))
    assert bench.records() == []
    assert bench.forgets() == [(50, 1)]


def test_messages_handed_out_after_a_move_come_in_order():
    bench, queue, _ = lively()
    bench.ask(commands.MoveBodies(queue, 50, ((2, queue, 4),)))
    assert [m.number for m in bench.receive(queue, visibility_ms=1)] == [3, 4, 5]
