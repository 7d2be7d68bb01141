"""boto3, a real server, functions that bring their own program: spec/lambda.md 3.1, 3.2, 2.2."""

import base64
import io
import json
import zipfile

import pytest

from tests.unit.sandbox.programs import bootstrap

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

ACCOUNT = "123456789013"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"


def make_zip(files, mode=0o755):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o100000 | mode) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


@pytest.fixture
def make(server):
    """Return a function that creates a function and waits for it, and boto3's client."""
    client = server.client("lambda", ACCOUNT)
    made = []

    def create(name, files, mode=0o755, **changes):
        client.create_function(
            FunctionName=name,
            Role=ROLE,
            Runtime="provided.al2023",
            Handler="bootstrap",
            Code={"ZipFile": make_zip(files, mode)},
            **changes,
        )
        made.append(name)
        client.get_waiter("function_active_v2").wait(
            FunctionName=name, WaiterConfig={"Delay": 0.05}
        )
        return client

    yield create
    for name in made:
        client.delete_function(FunctionName=name)


def test_a_program_is_created_invoked_and_logged(make):
    source = (
        "log('starting')\n"
        "def handle(event, headers):\n"
        "    log('got', event)\n"
        "    context = headers['Lambda-Runtime-Client-Context']\n"
        "    return [event, headers['Lambda-Runtime-Invoked-Function-Arn'], json.loads(context)]\n"
    )
    client = make("program", bootstrap(source))
    context = base64.b64encode(b'{"custom":{"a":"b"}}').decode()
    answer = client.invoke(
        FunctionName="program", Payload=b"[1]", LogType="Tail", ClientContext=context
    )
    event, arn, context = json.loads(answer["Payload"].read())
    assert (event, context) == ([1], {"custom": {"a": "b"}})
    assert arn.endswith(":function:program")
    assert "FunctionError" not in answer
    tail = base64.b64decode(answer["LogResult"]).decode()
    assert "got [1]\n" in tail
    assert f"REPORT RequestId: {answer['ResponseMetadata']['RequestId']}" in tail


def failure(client, name, payload=b"{}"):
    answer = client.invoke(FunctionName=name, Payload=payload)
    assert answer["FunctionError"] == "Unhandled"
    id = answer["ResponseMetadata"]["RequestId"]
    return json.loads(answer["Payload"].read()), id


def test_a_missing_or_unusable_bootstrap_is_told_in_the_words_of_aws(make):
    client = make("missing", {"main": "x"})
    document, id = failure(client, "missing")
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    start, _, looked_at = document["errorMessage"].partition("Couldn't find valid bootstrap(s): [")
    assert start == f"RequestId: {id} Error: "
    assert looked_at.endswith("/bootstrap /opt/bootstrap]")
    make("unusable", {"bootstrap": "#!/nowhere\n"})
    document, id = failure(client, "unusable")
    assert document["errorType"] == "Runtime.InvalidEntrypoint"
    assert document["errorMessage"].startswith(f"RequestId: {id} Error: fork/exec ")
    assert document["errorMessage"].endswith("/bootstrap: no such file or directory")


def test_ends_are_told_in_the_words_of_aws(make):
    source = (
        "def handle(event, headers):\n"
        "    if event == 'sleep': time.sleep(60)\n"
        "    if event == 'raise': raise ValueError('no')\n"
        "    os._exit(event)\n"
    )
    client = make("ends", bootstrap(source), Timeout=1)
    document, id = failure(client, "ends", b"7")
    assert document == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {id} Error: Runtime exited with error: exit status 7",
    }
    document, id = failure(client, "ends", b"0")
    assert document["errorMessage"] == (
        f"RequestId: {id} Error: Runtime exited without providing a reason"
    )
    document, _ = failure(client, "ends", b'"raise"')
    assert document == {"errorMessage": "no", "errorType": "ValueError"}
    document, id = failure(client, "ends", b'"sleep"')
    assert document == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {id} Error: Task timed out after 1.00 seconds",
    }
