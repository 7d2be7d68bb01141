"""Chalice, which deploys without CloudFormation: roles, functions and triggers by direct calls."""

import json
import subprocess
import time

import boto3
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

APP = """
from chalice import Chalice

app = Chalice(app_name="orders")


@app.on_sqs_message(queue="orders", batch_size=2)
def work(event):
    for record in event:
        print("got", record.body)


@app.lambda_function(name="plain")
def plain(event, context):
    return {"hello": event["name"]}
"""


@pytest.fixture
def chalice(server, chalice_command, client_environment, tmp_path):
    """Return a function that runs a word of Chalice's on the app and returns what it says."""
    app = tmp_path / "orders"
    (app / ".chalice").mkdir(parents=True)
    (app / "app.py").write_text(APP)
    (app / "requirements.txt").touch()
    config = {"version": "2.0", "app_name": "orders", "stages": {"dev": {}}}
    (app / ".chalice" / "config.json").write_text(json.dumps(config))

    def run(*words, said=""):
        done = subprocess.run(
            [chalice_command, *words],
            cwd=app,
            env=client_environment(server.endpoint),
            input=said,
            capture_output=True,
            text=True,
            timeout=100,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_an_app_is_deployed_triggered_deployed_again_and_deleted(
    chalice, server, client_environment
):
    environment = client_environment(server.endpoint)
    given = {
        "endpoint_url": server.endpoint,
        "region_name": environment["AWS_DEFAULT_REGION"],
        "aws_access_key_id": environment["AWS_ACCESS_KEY_ID"],
        "aws_secret_access_key": environment["AWS_SECRET_ACCESS_KEY"],
    }
    sqs = boto3.client("sqs", **given)
    # No shorter than the timeout that Chalice gives a function.
    url = sqs.create_queue(QueueName="orders", Attributes={"VisibilityTimeout": "90"})["QueueUrl"]
    assert "Subscribing orders-dev-work to SQS queue orders" in chalice("deploy")
    assert json.loads(chalice("invoke", "-n", "plain", said='{"name": "you"}')) == {"hello": "you"}
    sqs.send_message(QueueUrl=url, MessageBody="one")
    end = time.monotonic() + 30
    while "got one" not in chalice("logs", "-n", "work"):
        assert time.monotonic() < end, "the function does not see its message"
    assert "Updating lambda function: orders-dev-work" in chalice("deploy")
    said = chalice("delete")
    assert "Deleting function" in said
    assert "Deleting IAM role: orders-dev" in said
    functions = boto3.client("lambda", **given)
    assert functions.list_functions()["Functions"] == []
    assert functions.list_event_source_mappings()["EventSourceMappings"] == []
    for client in (sqs, functions):
        client.close()
