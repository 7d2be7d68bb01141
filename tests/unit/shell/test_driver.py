"""The driver: order, group commit, nothing before the commit, failures, back-pressure."""

import asyncio

import pytest

from headrace.base.errors import InternalFailure, ServiceError, ServiceUnavailable
from headrace.core.sqs.commands import (
    FindQueue,
    GetQueueAttributes,
    OutgoingMessage,
    ReceiveMessages,
    SendMessages,
    WithdrawReceive,
)
from headrace.core.sqs.replies import Sent
from headrace.ports.journal import AppendRefused
from headrace.shell import driver as driver_module
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.faults import LOST, REFUSED, WRITTEN, FaultyJournal
from tests.unit.shell.shard import ShardUnderTest, living


@pytest.fixture
def journal():
    return FaultyJournal(MemoryJournal(MemoryDisk()))


def send(shard, queue, body):
    return SendMessages(queue, shard.driver.block, (OutgoingMessage(body, len(body)),))


def find(name="orders"):
    return FindQueue("000000000000", "us-east-1", name)


async def turns(count=5):
    for _ in range(count):
        await asyncio.sleep(0)


def test_commands_of_one_turn_share_a_block_and_are_answered_in_order(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.driver.settled()
            before, answers = journal.appends, []
            for number in range(100):
                shard.driver.submit(
                    send(shard, queue, b"x"), lambda sent, number=number: answers.append(number)
                )
            await shard.driver.settled()
            assert journal.appends == before + 1
            assert answers == list(range(100))

    asyncio.run(scenario())


def test_the_next_block_fills_while_one_is_written(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            before, answers = journal.appends, []
            journal.gate.clear()
            for _ in range(30):
                shard.driver.submit(send(shard, queue, b"x"), answers.append)
                await asyncio.sleep(0)
            assert answers == []
            assert journal.appends == before + 1
            journal.gate.set()
            await shard.driver.settled()
            assert len(answers) == 30
            assert journal.appends == before + 2

    asyncio.run(scenario())


def test_nothing_leaves_before_the_commit(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            answers = []
            journal.gate.clear()
            shard.driver.submit(ReceiveMessages(queue, 10, 20_000), answers.append)  # parked
            shard.driver.submit(send(shard, queue, b"x"), answers.append)
            shard.driver.submit(find(), answers.append)  # a read
            shard.driver.submit(find("nobody"), answers.append)  # a refusal
            await turns()
            assert answers == []
            assert shard.driver.hand.count > 0
            journal.gate.set()
            await shard.driver.settled()
            names = [type(answer).__name__ for answer in answers]
            assert sorted(names) == ["QueueDoesNotExist", "QueueFound", "Received", "Sent"]
            assert shard.driver.hand.count == 0

    asyncio.run(scenario())


def test_a_read_waits_for_the_newest_block_that_it_saw(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            answers = []
            journal.gate.clear()
            shard.driver.submit(send(shard, queue, b"x"), lambda sent: answers.append("sent"))
            await turns()
            shard.driver.submit(
                GetQueueAttributes(queue, ("All",)), lambda found: answers.append("read")
            )
            await turns()
            assert answers == []
            journal.gate.set()
            await shard.driver.settled()
            assert answers == ["sent", "read"]

    asyncio.run(scenario())


def test_a_read_of_durable_state_is_answered_at_once(journal):
    async def scenario():
        async with living(journal) as shard:
            await shard.create()
            await shard.driver.settled()
            before, answers = journal.appends, []
            shard.driver.submit(find(), answers.append)
            assert len(answers) == 1
            assert journal.appends == before

    asyncio.run(scenario())


def test_an_append_that_is_refused_at_once_fails_after_those_before_it_are_answered(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.driver.settled()
            append, calls = journal.append, []

            def append_once(block):
                calls.append(block)
                if len(calls) == 2:
                    raise AppendRefused("the journal is not open")
                return append(block)

            journal.append = append_once
            journal.gate.clear()
            answers = []
            shard.driver.submit(send(shard, queue, b"first"), answers.append)
            await turns()
            shard.driver.submit(send(shard, queue, b"second"), answers.append)
            journal.gate.set()
            while not shard.rebuilds:
                await asyncio.sleep(0)
            assert [type(answer) for answer in answers] == [Sent, InternalFailure]
            assert len(calls) == 2

    asyncio.run(scenario())


@pytest.mark.parametrize("fault", [REFUSED, LOST, WRITTEN])
def test_a_failed_append_fails_everybody_and_memory_equals_the_journal(journal, fault):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.send(queue, b"kept")
            await shard.driver.settled()
            journal.faults[journal.appends + 1] = fault
            journal.gate.clear()
            answers = []
            shard.driver.submit(ReceiveMessages(queue, 1, 20_000, 0), answers.append)
            shard.driver.submit(send(shard, queue, b"doubtful"), answers.append)
            await turns()
            shard.driver.submit(send(shard, queue, b"behind it"), answers.append)
            shard.driver.submit(find(), answers.append)
            journal.gate.set()
            while not shard.rebuilds:
                await asyncio.sleep(0)
            assert [type(answer) for answer in answers] == [InternalFailure] * 4
            assert shard.driver.hand.count == 0
            lived, disk = shard.state(), journal.journal.disk
            journal.journal.disk.owner = None
            again = ShardUnderTest(MemoryJournal(disk), shard.clock)
            await again.start()
            assert again.state() == lived
            await again.crash()
            disk.owner = journal.journal
            left = [b"kept", b"doubtful"] if fault == WRITTEN else [b"kept"]
            assert await shard.drain(queue) == left

    asyncio.run(scenario())


def test_a_bug_in_a_room_is_a_500_and_a_rebuild(journal, caplog):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            shard.queues._decide[FindQueue] = lambda command, now, ticket: 1 / 0
            answers = []
            journal.gate.clear()
            shard.driver.submit(send(shard, queue, b"under way"), answers.append)
            await turns()
            shard.driver.submit(find(), answers.append)
            assert [type(answer) for answer in answers] == [InternalFailure] * 2
            shard.driver.submit(find(), answers.append)
            assert isinstance(answers[-1], ServiceUnavailable)
            journal.gate.set()
            while not shard.rebuilds:
                await asyncio.sleep(0)
            assert (await shard.driver.ask(find())).queue == queue
            assert await shard.drain(queue) == [b"under way"]  # its append was under way: written

    asyncio.run(scenario())
    assert "ZeroDivisionError" in caplog.text
    assert "the story so far" in caplog.text


def test_a_bug_in_a_room_and_a_failed_append_are_one_rebuild(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.driver.settled()
            journal.faults[journal.appends + 1] = LOST
            journal.gate.clear()
            shard.driver.submit(send(shard, queue, b"lost"), lambda value: None)
            await turns()
            shard.queues._decide[FindQueue] = lambda command, now, ticket: 1 / 0
            shard.driver.submit(find(), lambda value: None)
            journal.gate.set()
            while not shard.rebuilds:
                await asyncio.sleep(0)
            await turns(20)
            assert len(shard.rebuilds) == 1
            assert await shard.drain(queue) == []

    asyncio.run(scenario())


def test_a_bug_in_one_taker_keeps_no_other_from_its_answer(journal, caplog):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            answers = []
            shard.driver.submit(send(shard, queue, b"a"), lambda sent: 1 / 0)
            shard.driver.submit(send(shard, queue, b"b"), answers.append)
            await shard.driver.settled()
            assert len(answers) == 1
            assert shard.driver.hand.count == 0
            assert not shard.rebuilds

    asyncio.run(scenario())
    assert "ZeroDivisionError" in caplog.text


def test_a_memory_that_fails_again_and_again_is_left_alone_for_a_while(journal, caplog):
    async def scenario():
        shard = ShardUnderTest(journal)
        await shard.start()
        tries = []

        async def rebuild(reason):
            tries.append(reason)
            shard.driver.start(shard.driver.rooms)
            shard.driver.fail("again")

        shard.driver.rebuild = rebuild
        shard.driver.fail("first")
        await turns(50)
        assert 2 <= len(tries) <= 10
        with pytest.raises(ServiceUnavailable):
            await shard.driver.ask(find())
        await shard.crash()

    asyncio.run(scenario())
    assert "everything is refused for 1 s" in caplog.text


def test_too_much_waiting_for_the_disk_is_refused(journal, monkeypatch):
    monkeypatch.setattr(driver_module, "PRESSED_BYTES", 10_000)
    monkeypatch.setattr(driver_module, "WAITING_BYTES_MAX", 30_000)

    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.driver.settled()
            answers = []
            journal.gate.clear()
            for _ in range(10):
                shard.driver.submit(send(shard, queue, bytes(2_000)), answers.append)
            assert shard.driver.is_pressed
            for _ in range(10):
                shard.driver.submit(send(shard, queue, bytes(2_000)), answers.append)
            assert {type(answer) for answer in answers} == {ServiceUnavailable}
            refused = len(answers)
            journal.gate.set()
            await shard.driver.settled()
            assert not shard.driver.is_pressed
            assert len(await shard.drain(queue)) == 20 - refused

    asyncio.run(scenario())


def test_reading_pauses_while_a_block_is_full(journal, monkeypatch):
    monkeypatch.setattr(driver_module, "FULL_BLOCK_BYTES", 10_000)

    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.driver.settled()
            journal.gate.clear()
            answers = []
            shard.driver.submit(send(shard, queue, bytes(9_000)), answers.append)
            await asyncio.sleep(0)  # it is sealed: what waits for the disk fills no block
            shard.driver.submit(send(shard, queue, bytes(9_000)), answers.append)
            assert not shard.driver.is_pressed
            shard.driver.submit(send(shard, queue, bytes(2_000)), answers.append)
            assert shard.driver.is_pressed
            journal.gate.set()
            await shard.driver.settled()
            assert (shard.driver.is_pressed, len(answers)) == (False, 3)

    asyncio.run(scenario())


def test_on_a_full_disk_sends_are_refused_and_deletes_work(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.send(queue, b"a")
            journal.is_full = True
            with pytest.raises(ServiceUnavailable):
                await shard.send(queue, b"b")
            with pytest.raises(ServiceUnavailable):
                await shard.create("more")
            assert await shard.drain(queue) == [b"a"]
            journal.is_full = False
            await shard.send(queue, b"c")
            assert await shard.drain(queue) == [b"c"]

    asyncio.run(scenario())


def test_a_parked_receive_is_not_in_hand_until_it_is_answered(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            answers = []
            shard.driver.submit(ReceiveMessages(queue, 1, 5_000), answers.append)
            await shard.driver.settled()
            assert shard.driver.hand.count == 0
            journal.gate.clear()
            shard.driver.submit(send(shard, queue, b"x"), lambda sent: None)
            assert shard.driver.hand.count == 2
            journal.gate.set()
            await shard.driver.settled()
            assert shard.driver.hand.count == 0
            assert len(answers[0].messages) == 1

    asyncio.run(scenario())


def test_a_ticket_that_is_dropped_after_its_answer_was_decided_leaves_the_hand(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            ticket = shard.driver.submit(ReceiveMessages(queue, 1, 5_000), lambda value: None)
            journal.gate.clear()
            shard.driver.submit(send(shard, queue, b"x"), lambda sent: None)
            shard.driver.submit(WithdrawReceive(queue, ticket), lambda done: None)
            shard.driver.drop_taker(ticket)
            journal.gate.set()
            await shard.driver.settled()
            assert shard.driver.hand.count == 0

    asyncio.run(scenario())


def test_virtual_time_wakes_what_is_due_at_its_own_instant(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            began, answers = shard.clock.now(), []
            shard.driver.submit(ReceiveMessages(queue, 1, 5_000), answers.append)
            await turns()
            shard.clock.move_by(4_999)
            assert answers == []
            shard.clock.move_by(10_000)
            await shard.driver.settled()
            assert answers[0].messages == ()
            assert answers[0].received_at == began + 5_000

    asyncio.run(scenario())


def test_a_command_sees_what_fell_due_before_it(journal):
    """Although the alarm has not rung yet."""

    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            await shard.send(queue, b"x")
            (first,) = await shard.receive(queue, 1, timeout_ms=1_000)
            assert await shard.receive(queue) == ()
            shard.clock._now += 1_000
            (second,) = await shard.receive(queue)
            assert (first.receive_count, second.receive_count) == (1, 2)

    asyncio.run(scenario())


def test_a_stopping_driver_refuses_and_ends_when_all_is_written(journal):
    async def scenario():
        async with living(journal) as shard:
            queue = await shard.create()
            answers = []
            journal.gate.clear()
            shard.driver.submit(send(shard, queue, b"x"), answers.append)
            stopping = asyncio.ensure_future(shard.driver.stop())
            await turns()
            with pytest.raises(ServiceUnavailable):
                await shard.driver.ask(find())
            assert not stopping.done()
            journal.gate.set()
            await stopping
            assert len(answers) == 1

    asyncio.run(scenario())


def test_a_stop_ends_although_the_last_append_fails(journal):
    async def scenario():
        shard = ShardUnderTest(journal)
        await shard.start()
        queue = await shard.create()
        await shard.driver.settled()
        journal.faults[journal.appends + 1] = REFUSED
        answers = []
        shard.driver.submit(send(shard, queue, b"x"), answers.append)
        await shard.driver.stop()
        assert [type(answer) for answer in answers] == [InternalFailure]
        while not shard.rebuilds:
            await asyncio.sleep(0)
        assert not shard.driver.running
        with pytest.raises(ServiceError):
            await shard.driver.ask(find())
        await shard.crash()

    asyncio.run(scenario())
