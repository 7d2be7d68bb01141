"""InvokeWithResponseStream: its command, and its answer in events."""

import pytest

from headrace.api.functions.streaming import OPERATIONS, broken_off, chunk, head
from headrace.core.functions.replies import Done, Invoked
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import reference


def answer(reply):
    return OPERATIONS["InvokeWithResponseStream"].answer({}, None, reply, {})


def test_the_command_is_an_invoke():
    asked = Desk().command(
        "InvokeWithResponseStream", Payload=b"[1]", Qualifier="1", LogType="Tail"
    )
    assert (asked.reference, asked.payload) == (reference(qualifier="1"), b"[1]")
    assert (asked.log_tail, asked.dry_run) == (True, False)
    assert Desk().command("InvokeWithResponseStream", InvocationType="DryRun").dry_run


def test_what_is_left_of_an_answer_is_one_chunk_and_the_end():
    assert answer(Invoked("id", "7", b"[1]")) == {
        "StatusCode": 200,
        "ExecutedVersion": "7",
        "EventStream": [{"PayloadChunk": {"Payload": b"[1]"}}, {"InvokeComplete": {}}],
    }
    assert answer(Invoked("id", "7", b""))["EventStream"] == [{"InvokeComplete": {}}]


@pytest.mark.parametrize("document", [b'{"errorType":"E"}', b"\xff"])
def test_a_failure_stands_in_the_end_and_is_no_chunk(document):
    (complete,) = answer(Invoked("id", "7", document, "Unhandled", b"log"))["EventStream"]
    assert complete["InvokeComplete"] == {
        "ErrorCode": "Unhandled",
        "ErrorDetails": document.decode(errors="replace"),
        "LogResult": "bG9n",
    }


def test_a_dry_run_is_a_status():
    assert answer(Done()) == {"StatusCode": 204}


def test_the_parts_of_an_answer_have_the_models_names():
    assert head("1") == {"StatusCode": 200, "ExecutedVersion": "1"}
    assert chunk(b"a") == {"PayloadChunk": {"Payload": b"a"}}
    assert broken_off("C", "s") == {"InvokeComplete": {"ErrorCode": "C", "ErrorDetails": "s"}}
