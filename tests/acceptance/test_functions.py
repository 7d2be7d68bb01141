"""boto3, a real server, real functions: create, wait, invoke, update, delete (spec/lambda.md 11)."""

import base64
import contextlib
import hashlib
import http.client
import io
import json
import os
import re
import sys
import time
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import REGION, Running
from tests.unit.sandbox.bench import alive

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

ACCOUNT = "123456789012"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/any"
RUNTIME = f"python{sys.version_info.major}.{sys.version_info.minor}"
SOURCE = """
import json, os, subprocess, sys, tempfile, time, urllib.request

calls = 0

def handler(event, context):
    global calls
    calls += 1
    what = event.get("do", "echo")
    if what == "echo":
        print("hello", flush=True)
        return event
    if what == "nothing":
        return None
    if what == "count":
        return {"calls": calls, "stream": context.log_stream_name}
    if what == "context":
        return [context.aws_request_id, context.invoked_function_arn, context.function_version,
                os.environ["AWS_EXECUTION_ENV"], os.environ.get("KEY"), os.environ["AWS_REGION"]]
    if what == "raise":
        raise ValueError("no")
    if what == "print":
        print("\\nanother\\rline", flush=True)
        return None
    if what == "sleep":
        time.sleep(event["s"])
        return calls
    if what == "leave":
        subprocess.Popen(["sleep", event["token"]], start_new_session=True)
        with open(tempfile.gettempdir() + "/x", "w") as file:
            file.write("kept")
        time.sleep(30)
    if what == "look":
        files = [(e.name, open(e.path).read()) for e in os.scandir(tempfile.gettempdir())]
        return {"calls": calls, "stream": context.log_stream_name, "files": files}
    if what == "exit":
        sys.exit(event["status"])
    if what == "die":
        os._exit(event["status"])
    if what == "long":
        return "x" * (event["bytes"] - 2)
    if what == "keep":
        with open("/tmp/kept", "w") as file:
            file.write("x")
    if what == "send":
        request = urllib.request.Request(
            os.environ["AWS_ENDPOINT_URL"],
            json.dumps({"QueueUrl": event["url"], "MessageBody": "from the function"}).encode(),
            {"Content-Type": "application/x-amz-json-1.0",
             "X-Amz-Target": "AmazonSQS.SendMessage",
             "Authorization": "AWS4-HMAC-SHA256 Credential=%s/20260101/%s/sqs/aws4_request, "
             "SignedHeaders=host, Signature=0"
             % (os.environ["AWS_ACCESS_KEY_ID"], os.environ["AWS_REGION"])})
        urllib.request.urlopen(request, timeout=5).read()
"""


def make_zip(source):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("app.py", source)
    return buffer.getvalue()


@pytest.fixture(scope="module")
def functions(server):
    client = server.client("lambda", ACCOUNT)
    yield client
    client.close()


class Function:
    """A function that is active, until the test ends."""

    def __init__(self, functions, name, source=SOURCE, **settings):
        self.functions = functions
        self.name = name
        self.archive = make_zip(source)
        self.created = functions.create_function(
            FunctionName=name,
            Runtime=RUNTIME,
            Role=ROLE,
            Handler="app.handler",
            Code={"ZipFile": self.archive},
            **settings,
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name)

    def invoke(self, event=None, **parameters):
        """Return (payload, whole answer)."""
        if event is not None:
            parameters["Payload"] = json.dumps(event)
        answer = self.functions.invoke(FunctionName=self.name, **parameters)
        return answer["Payload"].read(), answer

    def result(self, event=None, **parameters):
        payload, answer = self.invoke(event, **parameters)
        assert "FunctionError" not in answer, payload
        return json.loads(payload)

    def failure(self, event=None, **parameters):
        payload, answer = self.invoke(event, **parameters)
        assert answer["StatusCode"] == 200
        assert answer["FunctionError"] == "Unhandled"
        return json.loads(payload), answer["ResponseMetadata"]["RequestId"]


@pytest.fixture
def function(functions, request):
    settings = getattr(request, "param", {})
    name = re.sub(r"\W", "-", request.node.name)[:60]
    made = Function(functions, name, **settings)
    yield made
    functions.delete_function(FunctionName=made.name)


def code_of(refusal):
    return refusal.value.response["Error"]["Code"]


def test_the_life_of_a_function_as_a_client_sees_it(functions):
    """lambda.md 10, row 30, 11, item 2."""
    created = Function(functions, "life").created
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 201
    assert created["State"] == "Pending"
    assert created["StateReasonCode"] == "Creating"
    assert "LastUpdateStatus" not in created
    with pytest.raises(ClientError) as refusal:
        Function(functions, "life")
    assert code_of(refusal) == "ResourceConflictException"
    assert refusal.value.response["Error"]["Message"] == "Function already exist: life"
    shown = functions.get_function(FunctionName="life")
    assert shown["Configuration"]["State"] == "Active"
    assert shown["Configuration"]["LastUpdateStatus"] == "Successful"
    updated = functions.update_function_configuration(FunctionName="life", MemorySize=256)
    assert updated["LastUpdateStatus"] == "InProgress"
    functions.get_waiter("function_updated_v2").wait(FunctionName="life")
    final = functions.get_function_configuration(FunctionName="life")
    revisions = {answer["RevisionId"] for answer in (created, shown["Configuration"], updated)}
    assert len(revisions | {final["RevisionId"]}) == 4
    names = [
        item["FunctionName"]
        for page in functions.get_paginator("list_functions").paginate(MaxItems=1)
        for item in page["Functions"]
    ]
    assert "life" in names
    gone = functions.delete_function(FunctionName="life")
    assert gone["ResponseMetadata"]["HTTPStatusCode"] == 204
    with pytest.raises(functions.exceptions.ResourceNotFoundException) as refusal:
        functions.get_function(FunctionName="life")
    assert refusal.value.response["Error"]["Message"] == (
        f"Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:life"
    )


def test_the_old_path_with_a_slash_works_too(server, functions):
    request = urllib.request.Request(f"{server.endpoint_url}/2015-03-31/functions/")
    with urllib.request.urlopen(request) as answer:
        assert "Functions" in json.load(answer)


def test_code_comes_back_byte_for_byte_without_credentials(functions, function):
    location = functions.get_function(FunctionName=function.name)["Code"]["Location"]
    with urllib.request.urlopen(location) as answer:
        content = answer.read()
    assert content == function.archive
    digest = base64.b64encode(hashlib.sha256(content).digest()).decode()
    assert function.created["CodeSha256"] == digest


def test_events_and_answers_pass_unchanged(function):
    """lambda.md 10, row 11."""
    assert function.result({"a": ["ä", 1.5, None]}) == {"a": ["ä", 1.5, None]}
    assert function.result() == {}
    payload, answer = function.invoke({"do": "nothing"})
    assert payload == b"null"
    assert answer["ExecutedVersion"] == "$LATEST"


@pytest.mark.parametrize(
    "function", [{"Environment": {"Variables": {"KEY": "v ä"}}}], indirect=True
)
def test_a_function_knows_its_context(functions, function):
    payload, answer = function.invoke({"do": "context"}, Qualifier="$LATEST")
    request_id, arn, version, execution, key, region = json.loads(payload)
    assert request_id == answer["ResponseMetadata"]["RequestId"]
    assert arn == f"{function.created['FunctionArn']}:$LATEST"
    assert (version, execution, key, region) == (
        "$LATEST",
        f"AWS_Lambda_{RUNTIME}",
        "v ä",
        REGION,
    )
    _, arn, *_ = function.result({"do": "context"})
    assert arn == function.created["FunctionArn"]


def test_a_handler_error_has_the_document_of_python(function):
    """lambda.md 2.1 I1, 10, rows 1 and 2, 11, item 4."""
    document, request_id = function.failure({"do": "raise"})
    assert list(document) == ["errorMessage", "errorType", "requestId", "stackTrace"]
    assert (document["errorMessage"], document["errorType"]) == ("no", "ValueError")
    assert document["requestId"] == request_id


@pytest.mark.parametrize("function", [{"Timeout": 1}], indirect=True)
def test_a_time_out_resets_the_environment(function):
    """lambda.md 10, rows 3 to 5, 11, item 5."""
    token = f"5{os.getpid()}.5"
    before = function.result({"do": "look"})
    document, request_id = function.failure({"do": "leave", "token": token})
    assert document == {
        "errorType": "Sandbox.Timedout",
        "errorMessage": f"RequestId: {request_id} Error: Task timed out after 1.00 seconds",
    }
    assert alive(token) == []
    after = function.result({"do": "look"})
    assert (before["calls"], before["files"]) == (1, [])
    assert after == before | {"files": [["x", "kept"]]}
    assert function.result({"do": "look"})["calls"] == 2


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"do": "exit", "status": 0}, "Runtime exited without providing a reason"),
        ({"do": "die", "status": 3}, "Runtime exited with error: exit status 3"),
    ],
    ids=["exit", "die"],
)
def test_an_exit_is_told(function, event, reason):
    """lambda.md 11, item 6."""
    document, request_id = function.failure(event)
    assert document == {
        "errorType": "Runtime.ExitError",
        "errorMessage": f"RequestId: {request_id} Error: {reason}",
    }


def test_an_answer_has_at_most_six_mebibytes_and_a_hundred_bytes(function):
    longest = 6_291_556
    payload, _ = function.invoke({"do": "long", "bytes": longest})
    assert len(payload) == longest
    document, _ = function.failure({"do": "long", "bytes": longest + 1})
    assert document["errorType"] == "Function.ResponseSizeTooLarge"
    assert function.result({"do": "count"})["calls"] == 3


def test_the_log_tail_is_what_the_invoke_wrote(function):
    """lambda.md 10, row 12, 11, item 8."""
    _, answer = function.invoke({}, LogType="Tail")
    log = base64.b64decode(answer["LogResult"]).decode()
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert re.fullmatch(
        rf"START RequestId: {request_id} Version: \$LATEST\nhello\nEND RequestId: {request_id}\n"
        rf"REPORT RequestId: {request_id}\tDuration: [\d.]+ ms\tBilled Duration: \d+ ms\t"
        r"Memory Size: 128 MB\tMax Memory Used: \d+ MB\tInit Duration: [\d.]+ ms\t\n",
        log,
    )
    numbers = [float(text) for text in re.findall(r"uration: ([\d.]+) ms", log)]
    duration, billed, init = numbers
    assert billed - 1 < duration + init <= billed
    _, answer = function.invoke({}, LogType="Tail")
    assert "Init Duration" not in base64.b64decode(answer["LogResult"]).decode()


def test_a_log_in_json_has_the_platforms_records_and_the_functions_own(functions):
    source = (
        "import logging\n"
        "def handler(event, context):\n"
        "    print('plain')\n"
        "    logging.info('told')\n"
        "    logging.debug('not told')\n"
        "    raise ValueError('no')\n"
    )
    logging = {"LogFormat": "JSON", "ApplicationLogLevel": "INFO"}
    function = Function(functions, "logs-in-json", source, LoggingConfig=logging)
    shown = functions.get_function_configuration(FunctionName=function.name)["LoggingConfig"]
    assert shown == {
        "LogFormat": "JSON",
        "ApplicationLogLevel": "INFO",
        "SystemLogLevel": "INFO",
        "LogGroup": "/aws/lambda/logs-in-json",
    }
    _, answer = function.invoke({}, LogType="Tail")
    start, plain, told, error, done, report = (
        base64.b64decode(answer["LogResult"]).decode().splitlines()
    )
    request_id = answer["ResponseMetadata"]["RequestId"]
    assert plain == "plain"
    assert json.loads(told)["message"] == "told"
    assert json.loads(error)["errorType"] == "ValueError"
    for line, kind in (
        (start, "platform.start"),
        (done, "platform.runtimeDone"),
        (report, "platform.report"),
    ):
        entry = json.loads(line)
        assert (entry["type"], entry["record"]["requestId"]) == (kind, request_id)
    functions.delete_function(FunctionName=function.name)


def test_each_environment_has_a_stream_and_each_line_is_an_event(server, function):
    """lambda.md 10, row 14."""
    first = function.result({"do": "count"})
    assert function.result({"do": "count"}) == {"calls": 2, "stream": first["stream"]}
    logs = server.client("logs", ACCOUNT)
    group = f"/aws/lambda/{function.name}"
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    assert [one["logStreamName"] for one in streams] == [first["stream"]]
    events = logs.get_log_events(
        logGroupName=group, logStreamName=first["stream"], startFromHead=True
    )["events"]
    words = [event["message"].split(" ")[0] for event in events]
    assert words == ["INIT_START", *["START", "END", "REPORT"] * 2]
    assert all(event["message"].endswith("\n") for event in events)
    logs.close()
    instants = [event["timestamp"] for event in events]
    assert instants == sorted(instants)
    assert abs(instants[-1] - time.time() * 1_000) < 60_000


def test_an_empty_line_is_no_event_and_a_carriage_return_ends_none(server, function):
    """lambda.md L-A99."""
    function.invoke({"do": "print"})
    logs = server.client("logs", ACCOUNT)
    events = logs.filter_log_events(logGroupName=f"/aws/lambda/{function.name}")["events"]
    logs.close()
    messages = [event["message"] for event in events]
    assert messages[2:-2] == ["another\rline\n"]


def test_a_log_outlives_its_function_and_may_be_in_a_group_of_ones_own(server, functions):
    function = Function(functions, "logged", LoggingConfig={"LogGroup": "/own/logs"})
    function.invoke({})
    functions.delete_function(FunctionName=function.name)
    logs = server.client("logs", ACCOUNT)
    events = logs.filter_log_events(logGroupName="/own/logs")["events"]
    assert "hello\n" in [event["message"] for event in events]
    assert "/logged[$LATEST]" in events[0]["logStreamName"]
    logs.delete_log_group(logGroupName="/own/logs")
    logs.close()


def test_events_at_the_same_time_run_in_environments_of_their_own(function):
    """lambda.md 10, rows 6 and 8."""
    with ThreadPoolExecutor(8) as pool:
        calls = list(pool.map(function.result, [{"do": "sleep", "s": 0.5}] * 8))
    assert calls == [1] * 8


def test_a_client_that_goes_does_not_stop_the_function(server, functions, function):
    """lambda.md 2.1 I13."""
    functions.put_function_concurrency(FunctionName=function.name, ReservedConcurrentExecutions=1)
    host = server.endpoint_url.partition("//")[2]
    with contextlib.closing(http.client.HTTPConnection(host, timeout=0.3)) as hasty:
        path = f"/2015-03-31/functions/{function.name}/invocations"
        signed = f"AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/{REGION}/lambda/aws4_request, "
        headers = {"Authorization": f"{signed}SignedHeaders=host, Signature=0"}
        hasty.request("POST", path, b'{"do": "sleep", "s": 1}', headers)
        with pytest.raises(TimeoutError):
            hasty.getresponse()
    end = time.monotonic() + 20
    while True:
        try:
            assert function.result({"do": "count"})["calls"] == 2
            return
        except functions.exceptions.TooManyRequestsException:
            assert time.monotonic() < end


def test_new_code_runs_after_an_update_and_the_old_finishes(functions, function):
    """lambda.md L-A91."""
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(function.result, {"do": "sleep", "s": 1})
        while function.result({"do": "count"})["calls"] < 1 or running.done():
            pass
        new = make_zip("def handler(event, context):\n    return 'new'\n")
        functions.update_function_code(FunctionName=function.name, ZipFile=new)
        functions.get_waiter("function_updated_v2").wait(FunctionName=function.name)
        assert function.result() == "new"
        assert isinstance(running.result(), int)


@pytest.mark.parametrize(
    ("source", "kind", "text"),
    [
        (
            "import missing_module\n",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'missing_module'",
        ),
        ("x = 1\n", "Runtime.HandlerNotFound", "Handler 'handler' missing on module 'app'"),
    ],
    ids=["import", "handler"],
)
def test_a_function_that_cannot_start_says_why(functions, source, kind, text):
    function = Function(functions, kind.replace(".", "-"), source)
    document, _ = function.failure()
    assert (document["errorType"], document["errorMessage"]) == (kind, text)
    assert document["requestId"] == ""
    functions.delete_function(FunctionName=function.name)


def test_a_functions_own_calls_reach_this_server_and_its_account(server, function):
    sqs = server.client("sqs", ACCOUNT)
    url = sqs.create_queue(QueueName="told")["QueueUrl"]
    assert ACCOUNT in url
    function.result({"do": "send", "url": url})
    (message,) = sqs.receive_message(QueueUrl=url, WaitTimeSeconds=5)["Messages"]
    assert message["Body"] == "from the function"


def test_what_cannot_be_invoked_is_refused(functions, function):
    for parameters, code in (
        ({"Payload": b"no JSON"}, "InvalidRequestContentException"),
        ({"Payload": b'"%s"' % (b"x" * 6_291_455)}, "RequestEntityTooLargeException"),
        ({"Qualifier": "7"}, "ResourceNotFoundException"),
        ({"InvocationType": "Event", "Payload": b"{"}, "InvalidRequestContentException"),
    ):
        with pytest.raises(ClientError) as refusal:
            functions.invoke(FunctionName=function.name, **parameters)
        assert code_of(refusal) == code
    answer = functions.invoke(FunctionName=function.name, InvocationType="DryRun")
    assert answer["StatusCode"] == 204


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_a_function_is_there_after_a_restart(tmp_path, end):
    with Running(tmp_path) as running:
        functions = running.client("lambda", ACCOUNT)
        function = Function(functions, "kept", Environment={"Variables": {"KEY": "v"}})
        assert function.result({"a": 1}) == {"a": 1}
        before = functions.get_function_configuration(FunctionName="kept")
        logs = running.client("logs", ACCOUNT)
        group = "/aws/lambda/kept"
        logs.put_retention_policy(logGroupName=group, retentionInDays=30)
        stream = {"logGroupName": group, "logStreamName": "own"}
        logs.create_log_stream(**stream)
        own = {"timestamp": time.time_ns() // 1_000_000, "message": "acknowledged"}
        logs.put_log_events(**stream, logEvents=[own])
        logged = logs.filter_log_events(logGroupName=group)["events"]
        assert logged[-1]["message"] == "acknowledged"
        assert [event["message"] for event in logged][2] == "hello\n"
        functions.close()
        logs.close()
        running.stop() if end == "stop" else running.process.kill()
    with Running(tmp_path) as running:
        function.functions = running.client("lambda", ACCOUNT)
        assert function.result({"do": "count"})["calls"] == 1
        after = function.functions.get_function_configuration(FunctionName="kept")
        logs = running.client("logs", ACCOUNT)
        events = logs.filter_log_events(logGroupName=group)["events"]
        assert events[: len(logged)] == logged
        (shown,) = logs.describe_log_groups(logGroupNamePrefix=group)["logGroups"]
        assert shown["retentionInDays"] == 30
        function.functions.close()
        logs.close()
    del before["ResponseMetadata"], after["ResponseMetadata"]
    assert after == before
