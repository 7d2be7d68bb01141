"""Node functions through boto3 and a real server: answers, errors, logs."""

import base64
import http.client
import io
import itertools
import json
import re
import zipfile
from urllib.parse import urlsplit

import boto3
import pytest
from botocore.config import Config

from headrace.faces.demo.process import ServerProcess, free_port

ROLE = "arn:aws:iam::123456789012:role/any"
TIME = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"
CODE = """
console.log("loading");
let calls = 0;
exports.handler = async (event, context) => {
  calls += 1;
  console.log("call %d", calls, event);
  if (event.throw) throw new RangeError(event.throw);
  if (event.reject) { Promise.reject(new RangeError(event.reject)); await new Promise((r) => setTimeout(r, 9000)); }
  if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60000));
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.size) return "x".repeat(event.size - 2);
  return {calls, event, id: context.awsRequestId, arn: context.invokedFunctionArn, node: process.env.AWS_EXECUTION_ENV};
};
"""


_numbers = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server for all tests of this file."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), free_port())
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def functions(server):
    """A boto3 client for functions."""
    client = boto3.client(
        "lambda",
        endpoint_url=server.endpoint,
        region_name="us-east-1",
        aws_access_key_id="123456789012",
        aws_secret_access_key="test",
        config=Config(retries={"total_max_attempts": 1}),
    )
    yield client
    client.close()


@pytest.fixture
def create(functions, node):
    """Return a function that makes a function, waits until it is active, and returns its name."""

    def create(files, **settings):
        name = f"f{next(_numbers)}"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            for path, text in files.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = 0o100644 << 16
                package.writestr(entry, text)
        settings = {"Runtime": "nodejs20.x", "Handler": "index.handler"} | settings
        functions.create_function(
            FunctionName=name, Role=ROLE, Code={"ZipFile": archive.getvalue()}, **settings
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        return name

    return create


@pytest.fixture
def invoke(functions):
    """Return a function that invokes one: its answer, whether it failed, and its log's end."""

    def invoke(name, event):
        answer = functions.invoke(FunctionName=name, Payload=json.dumps(event), LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        payload = json.loads(answer["Payload"].read())
        return payload, answer.get("FunctionError"), log, answer["ResponseMetadata"]["RequestId"]

    return invoke


def test_an_event_is_answered_and_logged(create, invoke):
    name = create({"index.js": CODE})
    for call in (1, 2):
        payload, failed, log, request_id = invoke(name, {"a": 1})
        assert failed is None
        assert payload == {
            "calls": call,
            "event": {"a": 1},
            "id": request_id,
            "arn": "arn:aws:lambda:us-east-1:123456789012:function:" + name,
            "node": "AWS_Lambda_nodejs20.x",
        }
        lines = log.splitlines(keepends=True)
        assert lines[0] == f"START RequestId: {request_id} Version: $LATEST\n"
        line = rf"{TIME}\t{request_id}\tINFO\tcall {call} {{ a: 1 }}\n"
        assert re.fullmatch(line, lines[-3])
        assert lines[-2] == f"END RequestId: {request_id}\n"
        assert ("Init Duration" in lines[-1]) is (call == 1)


def test_an_es_module_with_top_level_await_is_answered(create, invoke):
    code = "const word = await Promise.resolve('hi'); export const run = async () => word;"
    name = create({"src/app.mjs": code}, Handler="src/app.run")
    assert invoke(name, {})[:2] == ("hi", None)


def test_what_a_handler_throws_is_told_and_logged(create, invoke):
    name = create({"index.js": CODE})
    payload, failed, log, request_id = invoke(name, {"throw": "too far"})
    assert failed == "Unhandled"
    assert list(payload) == ["errorType", "errorMessage", "trace"]
    assert payload["errorType"] == "RangeError"
    assert payload["errorMessage"] == "too far"
    assert payload["trace"][0] == "RangeError: too far"
    told = re.search(rf"{TIME}\t{request_id}\tERROR\tInvoke Error \t(.*)\n", log)
    assert json.loads(told[1])["errorMessage"] == "too far"
    assert invoke(name, {})[0]["calls"] == 2


def test_a_rejection_that_nobody_handles_ends_the_environment(create, invoke):
    name = create({"index.js": CODE})
    payload, failed, log, request_id = invoke(name, {"reject": "no"})
    assert failed == "Unhandled"
    assert payload["errorType"] == "Runtime.UnhandledPromiseRejection"
    assert payload["errorMessage"] == "RangeError: no"
    assert f"\t{request_id}\tERROR\tUnhandled Promise Rejection \t" in log
    assert invoke(name, {})[0]["calls"] == 1


@pytest.mark.parametrize(
    ("event", "kind", "message"),
    [
        ({"exit": 0}, "Runtime.ExitError", "Error: Runtime exited without providing a reason"),
        ({"exit": 3}, "Runtime.ExitError", "Error: Runtime exited with error: exit status 3"),
        ({"hang": True}, "Sandbox.Timedout", "Error: Task timed out after 1.00 seconds"),
    ],
)
def test_an_environment_that_ends_is_told(create, invoke, event, kind, message):
    name = create({"index.js": CODE}, Timeout=1)
    payload, failed, _, request_id = invoke(name, event)
    assert failed == "Unhandled"
    assert payload == {"errorType": kind, "errorMessage": f"RequestId: {request_id} {message}"}


def test_a_result_that_is_too_large_is_an_error(create, invoke):
    name = create({"index.js": CODE})
    assert len(invoke(name, {"size": 6_291_556})[0]) == 6_291_554
    payload, failed, _, _ = invoke(name, {"size": 6_291_557})
    assert failed == "Unhandled"
    assert payload["errorType"] == "Function.ResponseSizeTooLarge"
    assert invoke(name, {})[0]["calls"] == 3


@pytest.mark.parametrize(
    ("handler", "code", "kind", "message"),
    [
        (
            "index.absent",
            "",
            "Runtime.HandlerNotFound",
            "index.absent is undefined or not exported",
        ),
        ("index", "", "Runtime.MalformedHandlerName", "Bad handler"),
        (
            "index.handler",
            "import 'a'",
            "Runtime.UserCodeSyntaxError",
            "SyntaxError: Cannot use import statement outside a module",
        ),
        (
            "other.handler",
            "",
            "Runtime.ImportModuleError",
            "Error: Cannot find module 'other'\nRequire stack:\n- /var/runtime/index.mjs",
        ),
        (
            "index.handler",
            "require('left-pad')",
            "Runtime.ImportModuleError",
            (
                "Error: Cannot find module 'left-pad'\nRequire stack:\n- /var/task/index.js\n"
                "- /var/runtime/index.mjs"
            ),
        ),
    ],
)
def test_what_cannot_be_loaded_is_told(create, invoke, handler, code, kind, message):
    name = create({"index.js": code}, Handler=handler)
    payload, failed, log, _ = invoke(name, {})
    assert failed == "Unhandled"
    assert (payload["errorType"], payload["errorMessage"]) == (kind, message)
    assert payload["trace"][0] == f"{kind}: {message}".split("\n")[0]
    assert "\tundefined\tERROR\tUncaught Exception \t" in log


def test_a_missing_version_is_served_by_the_nearest(create, invoke):
    name = create({"index.js": CODE}, Runtime="nodejs22.x")
    assert invoke(name, {})[0]["node"] == "AWS_Lambda_nodejs22.x"


def test_a_streaming_handler_streams_to_boto3(create, functions):
    """The function never ends by itself: its first piece does not wait for its end."""
    source = """
    exports.handler = awslambda.streamifyResponse(async (event, stream) => {
      stream.write("one");
      if (event.hang) await new Promise((resolve) => setTimeout(resolve, 60000));
      stream.end("two");
    });
    """
    name = create({"index.js": source}, Timeout=1)
    for event, pieces, error in (({}, b"onetwo", None), ({"hang": 1}, b"one", "Sandbox.Timedout")):
        answer = functions.invoke_with_response_stream(
            FunctionName=name, Payload=json.dumps(event), LogType="Tail"
        )
        *chunks, last = answer["EventStream"]
        assert b"".join(one["PayloadChunk"]["Payload"] for one in chunks) == pieces
        details = last["InvokeComplete"].get("ErrorDetails")
        assert (details and json.loads(details)["errorType"]) == error
        assert "REPORT" in base64.b64decode(last["InvokeComplete"]["LogResult"]).decode()


def test_a_url_streams_behind_the_head_of_an_http_response_stream(create, functions):
    source = """
    exports.handler = awslambda.streamifyResponse(async (event, stream) => {
      const head = {statusCode: 418, headers: {"X-Path": event.rawPath}, cookies: ["a=b"]};
      stream = awslambda.HttpResponseStream.from(stream, head);
      stream.write("one");
      stream.end("two");
    });
    """
    name = create({"index.js": source})
    url = functions.create_function_url_config(
        FunctionName=name, AuthType="NONE", InvokeMode="RESPONSE_STREAM"
    )["FunctionUrl"]
    functions.add_permission(
        FunctionName=name,
        StatementId="public",
        Action="lambda:InvokeFunctionUrl",
        Principal="*",
        FunctionUrlAuthType="NONE",
    )
    parts = urlsplit(url)
    connection = http.client.HTTPConnection("127.0.0.1", parts.port, timeout=20)
    try:
        connection.request("GET", "/tea", headers={"Host": parts.netloc})
        answer = connection.getresponse()
        assert (answer.status, answer.headers["X-Path"]) == (418, "/tea")
        assert answer.headers["Set-Cookie"] == "a=b"
        assert answer.read() == b"onetwo"
    finally:
        connection.close()
