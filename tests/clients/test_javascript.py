"""The JavaScript SDK v3 against a real server: queues, a function, a mapping."""

import io
import zipfile

import pytest

from headrace.faces.demo.process import ServerProcess, free_port

#: Echoes its event; sends the bodies of SQS events on; raises what it is told to.
APP = """
import os
import boto3

sqs = boto3.client("sqs")


def handler(event, context):
    if "raise" in event:
        raise ValueError(event["raise"])
    for record in event.get("Records", ()):
        sqs.send_message(QueueUrl=os.environ["TARGET"], MessageBody=record["body"])
    return event
"""


@pytest.fixture
def server(tmp_path):
    """A real server on a folder and a port of its own."""
    process = ServerProcess(tmp_path, free_port())
    process.start()
    yield process
    process.stop()


def test_a_javascript_program_uses_a_queue(server, run_node):
    """Every step of queues.mjs gives what Amazon SQS gives."""
    assert "queues: right" in run_node("queues.mjs", endpoint_url=server.endpoint).stdout


def test_a_javascript_program_uses_a_function_and_a_mapping(server, run_node, tmp_path):
    """Every step of functions.mjs gives what Lambda gives."""
    archive = tmp_path / "app.zip"
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("app.py", APP)
    archive.write_bytes(buffer.getvalue())
    ran = run_node("functions.mjs", str(archive), endpoint_url=server.endpoint)
    assert "functions: right" in ran.stdout
