"""A function on AWS's own Go library, through boto3 and a real server."""

import io
import json
import zipfile

import boto3
import pytest

ROLE = "arn:aws:iam::123456789012:role/any"


@pytest.fixture
def invoke(server, go_programs):
    """Return a function that invokes the Go function."""
    client = boto3.client(
        "lambda",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="test",
    )
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.write(go_programs / "handler", "bootstrap")
    client.create_function(
        FunctionName="go",
        Role=ROLE,
        Runtime="provided.al2023",
        Handler="bootstrap",
        Timeout=10,
        Code={"ZipFile": package.getvalue()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName="go", WaiterConfig={"Delay": 0.05})

    def call(**event):
        answer = client.invoke(FunctionName="go", Payload=json.dumps(event))
        document = json.loads(answer["Payload"].read())
        return document, answer.get("FunctionError"), answer["ResponseMetadata"]["RequestId"]

    yield call
    client.delete_function(FunctionName="go")
    client.close()


def test_a_go_function_answers_fails_panics_and_exits(invoke):
    """lambda.md 11, item 16, L-A96."""
    for text in ("first", "x" * 1_000_000):
        document, error, id = invoke(text=text)
        assert error is None
        assert document == {
            "text": text,
            "requestId": id,
            "arn": "arn:aws:lambda:us-east-1:123456789012:function:go",
            "hasTime": True,
        }
    document, error, _ = invoke(do="fail", text="no")
    assert (error, document) == ("Unhandled", {"errorMessage": "no", "errorType": "errorString"})
    document, error, _ = invoke(do="panic", text="oh")
    assert (error, document["errorMessage"], document["errorType"]) == ("Unhandled", "oh", "string")
    document, error, id = invoke(do="exit")
    assert (error, document) == (
        "Unhandled",
        {
            "errorType": "Runtime.ExitError",
            "errorMessage": f"RequestId: {id} Error: Runtime exited with error: exit status 3",
        },
    )
    assert invoke(text="again")[0]["text"] == "again"
