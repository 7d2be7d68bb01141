"""What the end of an invoke means for its log and its caller."""

from headrace.base.logtext import INNER_END
from headrace.core.functions.commands import InvokeEnded
from headrace.core.functions.effects import OfferPlace
from headrace.core.functions.execution import Execution, conclude
from headrace.core.functions.outcomes import Ending
from headrace.core.functions.replies import Place
from headrace.core.machine import Reply
from tests.unit.core.functions.bench import ARN, EPOCH, REQUEST_ID, deployment_with, invoke


def test_the_time_of_an_init_inside_the_invoke_is_taken_from_it():
    execution = Execution(invoke(), 1)
    assert execution.remaining_ms(3) == 3_000
    execution.used_us = 1_234_567
    assert execution.remaining_ms(3) == 1_766
    execution.used_us = 5_000_000
    assert execution.remaining_ms(3) == 1


def test_its_place_is_offered_unless_it_was_ready_ahead_of_need_or_the_caller_sees_to_it():
    execution = Execution(invoke(qualifier="$LATEST"), 7)
    reply = Reply(7, "value")
    assert execution.answer("value") == [reply, OfferPlace(ARN, Place.FUNCTION)]
    execution.is_unreserved = True
    assert execution.answer("value") == [reply, OfferPlace(ARN, Place.ACCOUNT)]
    execution.is_ahead = True
    assert execution.answer("value") == [reply]
    assert Execution(invoke(keeps_place=True), 7).answer("value") == [reply]


def test_an_answer_is_passed_on_unchanged():
    end = InvokeEnded("e", Ending.ANSWERED, 1_000, b' {"a" : 1} ', memory_peak_mb=20)
    lines, reply = conclude(Execution(invoke(), 1), deployment_with(), None, end, EPOCH)
    assert (reply.payload, reply.function_error) == (b' {"a" : 1} ', None)
    assert (reply.request_id, reply.executed_version) == (REQUEST_ID, "$LATEST")
    assert reply.log_tail is None
    assert b"Duration: 1.00 ms\t" in lines


def test_the_tail_holds_what_an_init_inside_the_invoke_wrote_and_an_events_lines():
    execution = Execution(invoke(log_tail=True), 1)
    execution.init_log = b"importing\n"
    execution.start_log = b"START\n"
    end = InvokeEnded("e", Ending.ANSWERED, 1_000, b"1", log=b"hello" + INNER_END + b"world\n")
    lines, reply = conclude(execution, deployment_with(), None, end, EPOCH)
    assert reply.log_tail == b"importing\nSTART\nhello\nworld\n" + lines
