"""`headrace up --store postgresql://…`: queues and functions live in the database, on any machine."""

import json

import pytest

from tests.acceptance.running import Running, headrace
from tests.acceptance.test_server import create_function

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

HANDLER = """
def handler(event, context):
    return event["number"] + 1
"""


def invoke(client):
    answer = client.invoke(FunctionName="successor", Payload=json.dumps({"number": 6}))
    return json.loads(answer["Payload"].read())


def test_another_machine_finds_messages_and_code(tmp_path, database):
    words = ("--store", database, "--lease", "1")
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with Running(tmp_path / "one", *words) as server:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="kept")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="hello")
        functions = server.client("lambda")
        create_function(functions, "successor", HANDLER)
        assert invoke(functions) == 7
        server.process.kill()
    with Running(tmp_path / "two", *words) as server:
        sqs = server.client("sqs")
        url = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
        (message,) = sqs.receive_message(QueueUrl=url)["Messages"]
        assert message["Body"] == "hello"
        assert invoke(server.client("lambda")) == 7
        status, said, _ = server.stop()
    assert status == 0
    assert (
        f"data      postgresql://headrace@/{database.partition('?')[0].rpartition('/')[2]}" in said
    )


@pytest.mark.parametrize(
    "words, part",
    [
        (["--store", "postgresql://ann:secret@/q?host=/none"], "postgresql://ann@/q cannot be"),
        (["--store", "mysql://localhost/q"], "--store must begin with postgresql://"),
        (["--store", "postgresql://db/q", "--journal", "memory"], "do not go together"),
    ],
)
def test_a_store_that_cannot_be_used_is_one_sentence_and_status_1(tmp_path, words, part):
    done = headrace("up", "--port", "0", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.count("\n") == 1
    assert part in done.stderr
    assert "secret" not in done.stderr
