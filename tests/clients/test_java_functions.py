"""Java functions through boto3 and a real server: handlers, events of a queue, errors, logs."""

import base64
import io
import itertools
import json
import re
import zipfile

import boto3
import pytest
from botocore.config import Config

from headrace.faces.demo.process import ServerProcess, free_port

ROLE = "arn:aws:iam::123456789012:role/any"
NO_METHOD = "No public method named"
_numbers = itertools.count()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """A real server for all tests of this file."""
    process = ServerProcess(tmp_path_factory.mktemp("server"), free_port())
    process.start()
    yield process
    process.stop()


@pytest.fixture(scope="module")
def connect(server):
    """Return a function that makes a boto3 client for a service."""
    clients = []

    def connect(service):
        clients.append(
            boto3.client(
                service,
                endpoint_url=server.endpoint,
                region_name="us-east-1",
                aws_access_key_id="123456789012",
                aws_secret_access_key="test",
                config=Config(retries={"total_max_attempts": 1}),
            )
        )
        return clients[-1]

    yield connect
    for client in clients:
        client.close()


@pytest.fixture(scope="module")
def functions(connect):
    return connect("lambda")


@pytest.fixture(scope="module")
def create(functions, java_package, java_runtimes):
    """Return a function that makes a function, waits until it is active, and returns its name."""

    def create(handler, **settings):
        name = f"f{next(_numbers)}"
        archive = io.BytesIO()
        with zipfile.ZipFile(archive, "w") as package:
            for path, content in java_package.items():
                entry = zipfile.ZipInfo(path)
                entry.external_attr = 0o100644 << 16
                package.writestr(entry, content)
        settings = {"Runtime": "java17", "MemorySize": 512, "Timeout": 30} | settings
        functions.create_function(
            FunctionName=name,
            Role=ROLE,
            Handler=handler,
            Code={"ZipFile": archive.getvalue()},
            **settings,
        )
        functions.get_waiter("function_active_v2").wait(FunctionName=name)
        return name

    return create


@pytest.fixture
def invoke(functions):
    """Return a function that runs an event; its result, the kind of error, and the log's end."""

    def invoke(name, event):
        payload = (
            event if isinstance(event, bytes) else json.dumps(event, ensure_ascii=False).encode()
        )
        answer = functions.invoke(FunctionName=name, Payload=payload, LogType="Tail")
        log = base64.b64decode(answer["LogResult"]).decode()
        return json.loads(answer["Payload"].read()), answer.get("FunctionError"), log

    return invoke


@pytest.mark.parametrize("runtime", ["java17", "java25"])
def test_the_machine_of_the_runtime_serves_it(create, invoke, java_runtimes, runtime):
    if runtime not in java_runtimes:
        pytest.skip(f"no {runtime} on this machine")
    variables = {"JAVA_TOOL_OPTIONS": "-Dmine=yes -XX:MaxRAMPercentage=50"}
    name = create("example.Orders", Runtime=runtime, Environment={"Variables": variables})
    told, error, log = invoke(name, {"a": 1})
    assert error is None, (told, log)
    assert (told["java"], told["event"]) == (runtime.removeprefix("java"), {"a": 1})
    assert (told["mine"], told["heap"] < 300) == ("yes", True)
    assert told["name"] == name
    assert "WARNING" not in log
    assert re.search(r"^REPORT RequestId: .*Init Duration: ", log, re.MULTILINE)
    assert invoke(name, {})[0]["calls"] == 2


@pytest.mark.parametrize(
    "handler, event, wanted",
    [
        ("example.Orders::handleRequest", {"do": "log"}, None),
        ("example.Upper", "groß", "GROSS"),
        ("example.Plain::add", [{"name": "a", "count": 2}, {"count": 3}], 5),
        ("example.Plain::twice", {"name": "a", "count": 21}, {"name": "a", "count": 42}),
        ("example.Plain::length", "four", 4),
        ("example.Plain::nothing", {}, None),
    ],
)
def test_every_kind_of_handler_is_served(create, invoke, handler, event, wanted):
    """lambda.md L-A98."""
    name = create(handler)
    if isinstance(wanted, int) and isinstance(event, list):
        wanted = {"count": wanted, "who": name}
    told, error, log = invoke(name, event)
    assert (told, error) == (wanted, None), log


def test_events_of_a_queue_come_in_the_classes_of_aws(create, invoke):
    name = create("example.Batch")
    record = {
        "receiptHandle": "r",
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "md5OfBody": "m",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-east-1:123456789012:q",
        "awsRegion": "us-east-1",
    }
    records = [record | {"messageId": body, "body": body} for body in ("good", "bad", "good 2")]
    told, error, log = invoke(name, {"Records": records})
    assert (told, error) == ({"batchItemFailures": [{"itemIdentifier": "bad"}]}, None), log
    assert "good 2 from arn:aws:sqs:us-east-1:123456789012:q, 1\n" in log


def test_an_exception_is_the_answer_in_awss_words(create, invoke):
    """lambda.md L-C13."""
    name = create("example.Orders")
    told, error, log = invoke(name, {"do": "throw"})
    assert error == "Unhandled"
    assert list(told) == ["errorMessage", "errorType", "stackTrace"]
    assert told["errorType"] == "java.lang.IllegalArgumentException"
    assert told["stackTrace"][0] == "example.Orders.handleRequest(Orders.java:26)"
    assert "no such order: java.lang.IllegalArgumentException\n" in log


@pytest.mark.parametrize(
    "handler, kind, message",
    [
        ("example.Missing", "java.lang.ClassNotFoundException", "Class not found: example.Missing"),
        (
            "example.Plain::hidden",
            None,
            f"{NO_METHOD} hidden with appropriate method signature found on class example.Plain",
        ),
    ],
)
def test_a_handler_that_is_not_there_is_told(create, invoke, handler, kind, message):
    told, error, log = invoke(create(handler), {})
    assert error == "Unhandled", log
    assert (told.get("errorType"), told["errorMessage"]) == (kind, message)


def test_what_fails_before_the_first_event_is_told(create, invoke):
    name = create("example.Orders", Environment={"Variables": {"FAIL": "no orders today"}})
    told, error, log = invoke(name, {})
    assert error == "Unhandled", log
    assert "no orders today" in json.dumps(told)
    assert told["errorType"] == "java.lang.IllegalStateException"


def test_an_event_that_does_not_fit_the_class_is_an_error(create, invoke):
    told, error, log = invoke(create("example.Plain::twice"), [1])
    assert error == "Unhandled", log
    assert told["errorType"] == "java.lang.RuntimeException"
    assert told["errorMessage"].startswith("An error occurred during JSON parsing")


def test_a_function_that_takes_too_long_or_ends_itself_starts_anew(create, invoke):
    name = create("example.Orders", Timeout=3)
    told, error, log = invoke(name, {"do": "hang"})
    assert error == "Unhandled", log
    assert told["errorType"] == "Sandbox.Timedout"
    told, error, log = invoke(name, {"do": "exit"})
    assert told["errorType"] == "Runtime.ExitError", log
    assert invoke(name, {})[0]["calls"] == 1
