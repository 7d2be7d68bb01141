"""`headrace why`: what it prints and how it ends."""

import json

import pytest

from headrace.faces.cli.main import main
from headrace.testing.server import serve_in_thread
from tests.contract.sqs.caller import Caller


@pytest.fixture(scope="module")
def server():
    with serve_in_thread() as running:
        caller = Caller("json", running)
        url = caller.queue("q")
        sent = caller.ok("SendMessage", {"QueueUrl": url, "MessageBody": "x"})["MessageId"]
        caller.close()
        yield running.endpoint_url, sent


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
