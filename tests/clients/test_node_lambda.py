"""node-lambda, which deploys functions, their triggers and log groups by direct calls."""

import json
import subprocess

import boto3
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CODE = """
exports.handler = async (event) => {
  for (const record of event.Records ?? []) console.log("got", record.body);
  return { hello: event.name, stage: process.env.STAGE };
};
"""
QUEUE = "arn:aws:sqs:us-east-1:123456789012:work"


@pytest.fixture
def folder(tmp_path):
    """Return the folder of a function without packages."""
    app = tmp_path / "greeter"
    app.mkdir()
    about = {"name": "greeter", "version": "1.0.0", "private": True}
    (app / "index.js").write_text(CODE)
    (app / "package.json").write_text(json.dumps(about))
    (app / "deploy.env").write_text("STAGE=dev\n")
    source = {"EventSourceArn": QUEUE, "BatchSize": 2, "Enabled": True}
    (app / "event_sources.json").write_text(json.dumps({"EventSourceMappings": [source]}))
    return app


@pytest.fixture
def deploy(server, node, node_modules, client_environment, folder):
    """Return a function that deploys the folder with more options."""
    words = [node, node_modules / "node-lambda" / "bin" / "node-lambda", "deploy"]
    words += ["--endpoint", server.endpoint, "-a", "123456789012", "-s", "any", "-r", "us-east-1"]
    words += ["-n", "greeter", "-e", "dev", "-H", "index.handler", "-u", "nodejs20.x", "-t", "30"]
    words += ["-o", "arn:aws:iam::123456789012:role/r", "-D", ".", "-p", "true"]
    words += ["-f", "deploy.env", "-S", "event_sources.json", "-A", "team=shop"]

    def run(*more):
        done = subprocess.run(
            [*words, *more],
            cwd=folder,
            env=client_environment(server.endpoint),
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    return run


def test_a_function_is_deployed_with_its_queue_and_again(server, deploy, folder):
    given = {
        "endpoint_url": server.endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "123456789012",
        "aws_secret_access_key": "any",
    }
    sqs, functions, logs = (boto3.client(name, **given) for name in ("sqs", "lambda", "logs"))
    sqs.create_queue(QueueName="work", Attributes={"VisibilityTimeout": "60"})
    assert "Done uploading" in deploy("-R", "14")
    shown = functions.get_function(FunctionName="greeter-dev")
    assert shown["Tags"] == {"team": "shop"}
    (mapping,) = functions.list_event_source_mappings()["EventSourceMappings"]
    assert (mapping["EventSourceArn"], mapping["BatchSize"]) == (QUEUE, 2)
    (group,) = logs.describe_log_groups()["logGroups"]
    assert (group["logGroupName"], group["retentionInDays"]) == ("/aws/lambda/greeter-dev", 14)
    functions.get_waiter("function_active_v2").wait(FunctionName="greeter-dev")
    answer = functions.invoke(FunctionName="greeter-dev", Payload=b'{"name": "you"}')
    assert json.load(answer["Payload"]) == {"hello": "you", "stage": "dev"}
    (folder / "deploy.env").write_text("STAGE=later\n")
    deploy("-m", "256")
    functions.get_waiter("function_updated_v2").wait(FunctionName="greeter-dev")
    versions = functions.list_versions_by_function(FunctionName="greeter-dev")["Versions"]
    assert [one["Version"] for one in versions] == ["$LATEST", "1", "2"]
    answer = functions.invoke(FunctionName="greeter-dev", Payload=b"{}")
    assert json.load(answer["Payload"])["stage"] == "later"
    assert len(functions.list_event_source_mappings()["EventSourceMappings"]) == 1
    for client in (sqs, functions, logs):
        client.close()
