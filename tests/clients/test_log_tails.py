"""Logs followed while they are written: awslogs, and the way of `aws logs tail --follow`.

Version 2 of the AWS CLI, which has `logs tail`, is in no registry that this project installs from;
`follow` below makes its calls: all pages from the newest event's instant on, less those events that
were shown already.
"""

import collections
import io
import json
import signal
import subprocess
import threading
import time
import zipfile
from concurrent.futures import ThreadPoolExecutor

import boto3
import pytest

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]

CODE = """
import time


def handler(event, context):
    for number in range(event["lines"]):
        print("line", event["call"], number)
        time.sleep(0.004)
"""
GROUP = "/aws/lambda/talker"
CALLS = [f"{caller}.{turn}" for turn in range(3) for caller in range(4)]
LINES = 25
EXPECTED = sorted(f"line {call} {number}" for call in CALLS for number in range(LINES))


def given(server):
    return {
        "endpoint_url": server.endpoint,
        "region_name": "us-east-1",
        "aws_access_key_id": "123456789012",
        "aws_secret_access_key": "any",
    }


@pytest.fixture
def talk(server):
    """Return a function that invokes one that prints lines, four at a time, until all is said."""
    functions = boto3.client("lambda", **given(server))
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("app.py", CODE)
    functions.create_function(
        FunctionName="talker",
        Runtime="python3.11",
        Role="arn:aws:iam::123456789012:role/r",
        Handler="app.handler",
        Code={"ZipFile": package.getvalue()},
    )
    functions.get_waiter("function_active_v2").wait(FunctionName="talker")

    def say(call):
        event = json.dumps({"call": call, "lines": LINES})
        answer = functions.invoke(FunctionName="talker", Payload=event)
        assert "FunctionError" not in answer

    def talk():
        with ThreadPoolExecutor(4) as callers:
            list(callers.map(say, CALLS))

    yield talk
    functions.close()


def follow(logs, show, is_over, page):
    """Show each event once, as `aws logs tail --follow` does; `page` events are asked for at once.

    It ends with the first look that began when `is_over` was set.
    """
    shown = collections.defaultdict(set)  # ids by instant
    given = {"logGroupName": GROUP, "interleaved": True, "limit": page, "startTime": 0}
    while True:
        is_last = is_over.is_set()
        token = {}
        while True:
            answer = logs.filter_log_events(**given, **token)
            for event in answer["events"]:
                if event["eventId"] not in shown[event["timestamp"]]:
                    shown[event["timestamp"]].add(event["eventId"])
                    show(event)
            if "nextToken" not in answer:
                break
            token = {"nextToken": answer["nextToken"]}
        if shown:
            given["startTime"] = newest = max(shown)
            shown = collections.defaultdict(set, {newest: shown[newest]})
        if is_last:
            return
        time.sleep(0.1)


def test_a_log_is_followed_as_it_grows(server, talk):
    """By two who ask for many events at once, and for some; theirs come while pages are turned."""
    logs = boto3.client("logs", **given(server))
    logs.create_log_group(logGroupName=GROUP)
    many, some = [], []
    is_over = threading.Event()
    with ThreadPoolExecutor(2) as readers:
        following = [
            readers.submit(follow, logs, many.append, is_over, 10_000),
            readers.submit(follow, logs, some.append, is_over, 7),
        ]
        try:
            talk()
        finally:
            is_over.set()
        for one in following:
            one.result(timeout=60)
    logs.close()
    check(many)
    check(some)


def check(shown):
    """Check that each event was shown once, and those of a stream in their order."""
    said = [event["message"].rstrip("\n") for event in shown]
    assert sorted(line for line in said if line.startswith("line ")) == EXPECTED
    assert sum(line.startswith("REPORT ") for line in said) == len(CALLS)
    assert len({event["eventId"] for event in shown}) == len(shown)
    by_stream = collections.defaultdict(list)
    for event, line in zip(shown, said, strict=True):
        by_stream[event["logStreamName"]].append((event["timestamp"], line))
    for lines in by_stream.values():
        numbers = [line.split()[1:] for _, line in lines if line.startswith("line ")]
        calls = list(dict.fromkeys(call for call, _ in numbers))
        assert numbers == [[call, str(number)] for call in calls for number in range(LINES)]
        assert [at for at, _ in lines] == sorted(at for at, _ in lines)


def test_awslogs_watches_a_log(server, talk, deployers, client_environment):
    logs = boto3.client("logs", **given(server))
    logs.create_log_group(logGroupName=GROUP)
    logs.close()
    environment = client_environment(server.endpoint) | {
        "AWS_ACCESS_KEY_ID": "123456789012",
        "PYTHONUNBUFFERED": "1",
    }
    words = [deployers / "bin" / "awslogs", "get", GROUP, "--no-group", "--start", "5m"]
    watching = subprocess.Popen(
        [*words, "--watch", "--watch-interval", "1"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    give_up = threading.Timer(60, watching.kill)
    give_up.start()
    try:
        talk()
        said, reports = [], 0
        while reports < len(CALLS):
            line = watching.stdout.readline()
            assert line, said
            said.append(line)
            reports += "REPORT RequestId: " in line
        watching.send_signal(signal.SIGINT)
        said += watching.communicate(timeout=30)[0].splitlines()
    finally:
        give_up.cancel()
        watching.kill()
        watching.wait()
    lines = [line[line.index("line ") :].rstrip() for line in said if "line " in line]
    assert sorted(lines) == EXPECTED
    assert said[-2] == "Closing..."
