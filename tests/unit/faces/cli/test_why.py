"""`headrace why`: what it prints and how it ends."""

import json

import pytest

from headrace.faces.cli.main import main
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread
from tests.contract.esm.stage import FUNCTIONS, Stage, function_arn
from tests.contract.sqs.caller import Caller, arn

NOWHERE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture(scope="module")
def server():
    with serve_in_thread() as running:
        caller = Caller("json", running)
        url = caller.queue("q")
        sent = caller.ok("SendMessage", {"QueueUrl": url, "MessageBody": "x"})["MessageId"]
        caller.close()
        yield running.endpoint_url, sent


@pytest.fixture(scope="module")
def invoked():
    """A server with a queue and a function `both`: its URL, a message's and a request's id."""
    sandbox = ScriptedSandbox()
    with serve_in_thread(clock=VirtualClock(), sandbox=sandbox) as running:
        stage = Stage(running)
        sandbox.invoke_script = stage.run
        stage.function("both")
        url = stage.sqs.queue("both")
        sent = stage.sqs.ok("SendMessage", {"QueueUrl": url, "MessageBody": "x"})["MessageId"]
        headers = {"X-Amz-Invocation-Type": "Event"}
        answer = stage.sqs.send("POST", f"{FUNCTIONS}/both/invocations", headers, b"{}")
        running.quiet()
        stage.close()
        yield running.endpoint_url, sent, answer.headers["x-amzn-requestid"]


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_life_is_printed_as_lines(server, capsys):
    url, sent = server
    assert main(["why", "q", sent, "--endpoint", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"message {sent} in arn:aws:sqs:us-east-1:000000000000:q"
    assert "sent to q by" in lines[-1]


def test_and_as_json(server, capsys):
    url, sent = server
    assert main(["why", "q", sent, "--endpoint", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["events"][0]["event"] == "sent"


@pytest.mark.parametrize(
    "function", ["both", function_arn("both"), "000000000000:function:both", "both:live"]
)
def test_an_asynchronous_invoke_is_told_of_by_each_name_of_its_function(invoked, capsys, function):
    url, _, request_id = invoked
    assert main(["why", function, request_id, "--endpoint", url]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == [
        f"asynchronous invoke {request_id} to {function_arn('both')}",
        "  now: done",
    ]
    assert lines[2].endswith("Z  accepted for both")
    assert main(["why", function, request_id, "--endpoint", url, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["events"][0]["event"] == "accepted"


@pytest.mark.parametrize("queue", ["both", arn("both"), "http://h/000000000000/both"])
def test_a_queue_of_the_same_name_tells_of_its_messages(invoked, capsys, queue):
    url, sent, _ = invoked
    assert main(["why", queue, sent, "--endpoint", url]) == 0
    assert capsys.readouterr().out.startswith(f"message {sent} in {arn('both')}\n")


@pytest.mark.parametrize("id", [NOWHERE, "x" * 36])
def test_what_neither_a_queue_nor_a_function_knows_is_said_once(invoked, capsys, id):
    assert main(["why", "both", id, "--endpoint", invoked[0]]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == f"message {id}"
    assert "no message with this id was ever in both" in lines[1]
    assert ("no asynchronous invoke with this id" in lines[1]) == (id == NOWHERE)


def test_what_can_be_no_name_is_status_1(invoked, capsys):
    assert main(["why", ":x y", NOWHERE, "--endpoint", invoked[0]]) == 1
    assert "Function not found" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("queue", "message", "sentence"),
    [
        ("q", "0" * 36, "not known"),
        ("q", "x", "MessageId must be the id of a message"),
    ],
)
def test_what_is_not_known_is_status_1(server, capsys, queue, message, sentence):
    assert main(["why", queue, message, "--endpoint", server[0]]) == 1
    out, err = capsys.readouterr()
    assert sentence in out + err


def test_no_server_is_status_1(capsys):
    assert main(["why", "q", "0" * 36, "--endpoint", "http://127.0.0.1:9"]) == 1
    assert "no server answers at http://127.0.0.1:9" in capsys.readouterr().err
