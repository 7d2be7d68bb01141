"""A function that sends to its own queue is stopped after sixteen turns (spec/esm.md 5.5)."""

from functools import partial

from headrace.core.sqs.commands import SetQueueAttributes
from headrace.testing.pipeline import Pipeline, arn_of_queue, succeed

REDRIVE = f'{{"deadLetterTargetArn":"{arn_of_queue("dead")}","maxReceiveCount":5}}'
MINUTE = 60_000


class Loop:
    """Functions that send each message on: from one queue to the next one, as SDKs do."""

    def __init__(self, chain, keeps_header=True, **attributes):
        self.chain = chain  # queue to the queue that its function sends to
        self.keeps_header = keeps_header
        self.pipe = Pipeline(self.run)
        self.queues = {}
        for name in chain:
            self.queues[name] = self.pipe.create_queue(name, **attributes)
        for name in chain:
            self.pipe.create_mapping(self.queues[name], name.removesuffix(".fifo"), batch_size=1)

    def run(self, call):
        source = call.records[0]["eventSourceARN"].rpartition(":")[2]
        header = call.trace_header if self.keeps_header else None
        target = self.queues[self.chain[source]]
        group = call.records[0]["attributes"].get("MessageGroupId")
        sent = partial(self.pipe.send, target, *call.bodies, trace_header=header, group=group)
        self.pipe.at(5, sent)
        return succeed(call, 10)


def test_after_sixteen_turns_the_message_goes_to_the_dead_letter_queue():
    loop = Loop({"orders": "orders"})
    pipe, queue = loop.pipe, loop.queues["orders"]
    dead = pipe.create_queue("dead")
    pipe.ask(SetQueueAttributes(queue, {"RedrivePolicy": REDRIVE}))
    pipe.send(queue, "round and round")
    pipe.advance(MINUTE)
    assert len(pipe.calls) == 16
    assert (pipe.left(queue), pipe.left(dead)) == (0, 1)
    assert len(pipe.dropped) == 1
    assert not pipe.dropped & pipe.deleted
    assert pipe.calls[-1].records[0]["attributes"]["AWSTraceHeader"].endswith(":14")


def test_without_a_dead_letter_queue_it_is_discarded_and_counted():
    loop = Loop({"orders": "orders"})
    loop.pipe.send(loop.queues["orders"], "a", "b")
    loop.pipe.advance(MINUTE)
    assert len(loop.pipe.calls) == 32
    assert loop.pipe.left(loop.queues["orders"]) == 0
    (mapping,) = loop.pipe.mappings.machines()
    tally = loop.pipe.mappings.tally(mapping)
    assert (tally.dropped, tally.polled, tally.deleted) == (2, 34, 32)


def test_a_loop_over_two_functions_counts_each_for_itself():
    loop = Loop({"orders": "letters", "letters": "orders"})
    loop.pipe.send(loop.queues["orders"], "a")
    loop.pipe.advance(MINUTE)
    assert len(loop.pipe.calls) == 32
    assert [loop.pipe.left(queue) for queue in loop.queues.values()] == [0, 0]


def test_in_a_fifo_queue_a_loop_ends_too_and_its_group_goes_on():
    loop = Loop({"orders.fifo": "orders.fifo"}, FifoQueue="true")
    loop.pipe.send(loop.queues["orders.fifo"], "a", group="g")
    loop.pipe.advance(MINUTE)
    assert len(loop.pipe.calls) == 16
    loop.pipe.function = succeed
    loop.pipe.send(loop.queues["orders.fifo"], "b", group="g")
    loop.pipe.advance(1)
    assert loop.pipe.calls[-1].bodies == ["b"]


def test_loops_that_are_allowed_or_cannot_be_seen_go_on():
    for allows, keeps_header in ((True, True), (False, False)):
        loop = Loop({"orders": "orders"}, keeps_header)
        loop.pipe.allows_loops = allows
        loop.pipe.send(loop.queues["orders"], "a")
        loop.pipe.advance(2_000)
        assert len(loop.pipe.calls) > 100
        assert loop.pipe.dropped == set()


def test_a_batch_continues_the_chain_that_has_gone_furthest():
    pipe = Pipeline()
    queue = pipe.create_queue("orders")
    ids = []
    header = None
    for turn in range(3):
        ids += pipe.send(queue, f"after {turn}", trace_header=header)
        if turn == 0:
            pipe.create_mapping(queue, window_s=1)
            pipe.advance(1_000)
            header = pipe.calls[0].trace_header
    pipe.send(queue, "no chain")
    pipe.advance(1_000)
    assert len(pipe.calls[1].records) == 3
    assert pipe.calls[1].trace_header.endswith(":1")
    assert pipe.calls[1].trace_header.split(";")[0] == header.split(";")[0]
