"""The pretended world in which mappings are tried must itself be right."""

import pytest

from headrace.base.errors import ServiceError
from headrace.core.mapping.commands import Succeeded
from headrace.core.sqs.commands import DeleteQueue, ReceiveMessages
from headrace.testing.pipeline import START, Pipeline, Result, fail, report, succeed


def test_a_message_that_the_function_did_not_handle_must_not_be_deleted():
    pipe = Pipeline(lambda call: Result(Succeeded(b"null")))  # it says so, and did nothing
    queue = pipe.create_queue("q")
    pipe.create_mapping(queue)
    with pytest.raises(AssertionError, match="not handled"):
        pipe.send(queue, "a")
        pipe.advance(1)


def test_time_goes_through_each_instant_and_stops_where_it_should():
    pipe = Pipeline(lambda call: succeed(call, 250))
    queue = pipe.create_queue("q")
    pipe.create_mapping(queue)
    pipe.send(queue, "a", delay_s=2)
    sent_at = pipe.now
    pipe.advance(10_000)
    (call,) = pipe.calls
    assert call.at == sent_at + 2_000
    assert call.ended_at == sent_at + 2_250
    assert pipe.now == sent_at + 10_000 > START
    assert pipe.running == 0
    assert pipe.running_most == 1


def test_events_of_a_test_happen_at_their_instant():
    pipe = Pipeline()
    seen = []
    pipe.at(20, lambda: seen.append(pipe.now))
    pipe.at(10, lambda: seen.append(pipe.now))
    pipe.advance(15)
    assert seen == [START + 10]
    pipe.advance(5)
    assert seen == [START + 10, START + 20]
    assert not pipe.step()


def test_what_results_mean():
    pipe = Pipeline(lambda call: report(call, call.ids[:1], 5))
    queue = pipe.create_queue("q")
    pipe.create_mapping(queue, reports_failures=True)
    ids = pipe.send(queue, "a", "b")
    pipe.function = lambda call: fail()
    pipe.advance(1_000)
    assert pipe.deleted == {ids[1]}
    assert pipe.left(queue) == 1
    assert pipe.calls[0].bodies == ["a", "b"]
    assert pipe.calls[0].receive_counts == [1, 1]


def test_refusals_are_raised_and_other_receivers_compete():
    pipe = Pipeline()
    queue = pipe.create_queue("q")
    pipe.send(queue, "a")
    assert len(pipe.ask(ReceiveMessages(queue, 1)).messages) == 1
    pipe.create_mapping(queue)
    pipe.advance(29_000)
    assert pipe.calls == []
    pipe.ask(DeleteQueue(queue))
    with pytest.raises(ServiceError):
        pipe.send(queue, "b")
