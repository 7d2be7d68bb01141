"""How the command line finds a server and what it says when there is none."""

import argparse

import pytest

from headrace.faces.cli import asking
from headrace.shell.config import ConfigError
from headrace.testing.server import serve_in_thread


@pytest.fixture(autouse=True)
def nowhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("AWS_ENDPOINT_URL", "AWS_REGION", "AWS_DEFAULT_REGION"):
        monkeypatch.delenv(name, raising=False)


def server_of(*words):
    parser = argparse.ArgumentParser()
    asking.add_arguments(parser)
    return asking.Server(parser.parse_args(words))


def test_a_server_is_found_by_flag_variable_or_configuration(monkeypatch):
    monkeypatch.setenv("HEADRACE_HOST", "::1")
    assert server_of().url == "http://[::1]:4566"
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://a/")
    assert server_of().url == "http://a"
    assert server_of("--endpoint", "https://b").url == "https://b"
    with pytest.raises(ConfigError, match="must begin with http"):
        server_of("--endpoint", "file:///etc/passwd")


@pytest.mark.parametrize(
    ("queue", "place"),
    [
        ("q", "/queue/us-east-1/000000000000/q"),
        ("arn:aws:sqs:eu-west-1:111111111111:q", "/queue/eu-west-1/111111111111/q"),
        ("http://localhost:4566/1/q", "http://localhost:4566/1/q"),
    ],
)
def test_a_queue_is_named_by_name_arn_or_url(queue, place):
    assert server_of().place_of(queue) == {"QueueUrl": place}


def test_a_bare_name_is_looked_for_where_clients_of_aws_make_their_queues(monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    assert server_of().place_of("q") == {"QueueUrl": "/queue/eu-west-1/000000000000/q"}
    monkeypatch.setenv("AWS_REGION", "eu-north-1")
    function = "arn:aws:lambda:eu-north-1:000000000000:function:f"
    assert server_of().function_of("f") == {"FunctionName": function}


def test_answers_and_refusals_are_documents_and_silence_is_a_sentence():
    with serve_in_thread() as running:
        server = server_of("--endpoint", running.endpoint_url)
        assert server.ask("/_headrace/health", {})["state"] == "running"
        with pytest.raises(asking.AskFailed, match="does not answer as Headrace does"):
            server.ask("/nothing", {"a": "b"})
    with pytest.raises(asking.AskFailed, match="no server answers at"):
        server.ask("/_headrace/health", {})
