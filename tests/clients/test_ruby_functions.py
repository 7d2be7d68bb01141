"""A Ruby function through boto3 and a real server."""

import base64
import io
import json
import os
import zipfile

import boto3
import pytest

from headrace.sandbox.languages.ruby import Ruby

CODE = """
def handler(event:, context:)
  raise ArgumentError, event["raise"] if event["raise"]
  {"event" => event, "name" => context.function_name}
end
"""


def test_a_ruby_function_answers_and_fails_as_on_aws(server):
    if not Ruby().find(os.environ):
        pytest.skip("no Ruby 3.1 or later on this machine")
    functions = boto3.client(
        "lambda",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="test",
    )
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as package:
        entry = zipfile.ZipInfo("app.rb")
        entry.external_attr = 0o100644 << 16
        package.writestr(entry, CODE)
    functions.create_function(
        FunctionName="f",
        Role="arn:aws:iam::123456789012:role/any",
        Runtime="ruby3.4",
        Handler="app.handler",
        Code={"ZipFile": archive.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="f")

    def invoke(event):
        answer = functions.invoke(FunctionName="f", Payload=json.dumps(event), LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        return json.loads(answer["Payload"].read()), answer.get("FunctionError"), log

    told, error, _ = invoke({"a": 1})
    assert (told, error) == ({"event": {"a": 1}, "name": "f"}, None)
    told, error, log = invoke({"raise": "no"})
    assert error == "Unhandled"
    assert (told["errorType"], told["errorMessage"]) == ("Function<ArgumentError>", "no")
    assert "Error raised from handler method\n{\n" in log
    functions.close()
