"""`headrace up` as a process: how it begins, whom it lets in, how it ends."""

import io
import json
import signal
import socket
import threading
import time
import urllib.error
import urllib.request
import zipfile

import pytest
from botocore.exceptions import ClientError

from tests.acceptance.running import Running, headrace

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]

SLEEPER = """
import time

def handler(event, context):
    time.sleep(event["seconds"])
    return "rested"
"""


def create_function(client, name, source):
    """Create a function from one file and wait until it can be invoked."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("code.py", source)
    client.create_function(
        FunctionName=name,
        Runtime="python3.12",
        Role="arn:aws:iam::000000000000:role/any",
        Handler="code.handler",
        Timeout=60,
        Code={"ZipFile": archive.getvalue()},
    )
    client.get_waiter("function_active_v2").wait(FunctionName=name)


def in_background(call, **parameters):
    """Start a call in a thread; return a function that waits for its result or exception."""
    results = []

    def run():
        try:
            results.append(call(**parameters))
        except ClientError as error:
            results.append(error)

    thread = threading.Thread(target=run)
    thread.start()

    def result():
        thread.join(30)
        return results[0]

    return result


def status_of(url, **headers):
    """Return the status with which a GET is answered."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        error.close()
        return error.code


def test_a_server_says_what_it_is_and_ends_with_status_0(tmp_path):
    with Running(tmp_path) as server:
        health = f"{server.endpoint_url}/_headrace/health"
        assert status_of(health) == 200
        status, said, errors = server.stop()
    assert (status, errors) == (0, "")
    for part in ("listens on", "data ", "sandbox ", "runtimes ", "python3.", "Stopped."):
        assert part in said


def test_what_was_acknowledged_is_there_after_a_stop_and_after_a_kill(tmp_path):
    with Running(tmp_path) as server:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="kept")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="first")
        assert server.stop()[0] == 0
    with Running(tmp_path) as server:
        sqs = server.client("sqs")
        url = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="second")
        server.process.kill()
    with Running(tmp_path) as server:
        sqs = server.client("sqs")
        url = sqs.get_queue_url(QueueName="kept")["QueueUrl"]
        found = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)["Messages"]
        assert {message["Body"] for message in found} == {"first", "second"}
        sqs.close()


def test_a_second_server_on_the_same_folder_is_refused_in_one_sentence(tmp_path):
    with Running(tmp_path) as server:
        second = headrace("up", "--port", "0", "--data", str(tmp_path / "data"), cwd=tmp_path)
        assert (second.returncode, second.stdout) == (1, "")
        assert second.stderr.count("\n") == 1
        assert "in use by another Headrace server" in second.stderr
        assert str(server.process.pid) in second.stderr


@pytest.mark.parametrize(
    "words, part",
    [
        (["--host", "0.0.0.0"], "--listen-publicly"),
        (["--port", "99999"], "--port must be"),
        (["--sandbox-min", "perfect"], "--sandbox-min must be"),
        (["--config", "none.toml"], "there is no file none.toml"),
        (["--data", "/proc/none/such"], "cannot be made"),
    ],
)
def test_a_mistake_is_one_sentence_and_status_1(tmp_path, words, part):
    done = headrace("up", *words, cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("headrace: ")
    assert done.stderr.count("\n") == 1
    assert part in done.stderr


def test_a_port_that_is_taken_is_one_sentence_and_status_1(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = headrace("up", "--port", str(port), "--data", "d", cwd=tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"headrace: cannot listen on 127.0.0.1:{port}: Address already in use\n"


def test_web_pages_and_other_names_are_not_let_in(tmp_path):
    with Running(tmp_path, "--allow-host", "queues.example") as server:
        url = f"{server.endpoint_url}/?Action=ListQueues"
        port = server.endpoint_url.rpartition(":")[2]
        assert status_of(url) == 200
        assert status_of(url, Host=f"queues.example:{port}") == 200
        assert status_of(url, Host=f"sqs.localhost:{port}") == 200
        assert status_of(url, Host="rebound.example") == 403
        assert status_of(url, Origin="http://localhost:3000") == 403
        assert status_of(url, **{"Sec-Fetch-Site": "cross-site"}) == 403


def test_random_bytes_on_the_port_do_no_harm(tmp_path):
    with Running(tmp_path) as server:
        port = int(server.endpoint_url.rpartition(":")[2])
        for start in (b"", b"POST / HTTP/1.1\r\n", b"GET /?Action=", b"\x16\x03\x01", b"{"):
            with socket.create_connection(("127.0.0.1", port)) as client:
                client.sendall(start + bytes(range(256)) * 40 + b"\r\n\r\n")
                client.settimeout(5)
                assert client.recv(100).startswith(b"HTTP/1.1 4")
        assert status_of(f"{server.endpoint_url}/_headrace/health") == 200
        status, _, errors = server.stop()
    assert (status, errors) == (0, "")


def test_a_parked_receive_is_answered_with_nothing_when_the_server_stops(tmp_path):
    with Running(tmp_path) as server:
        sqs = server.client("sqs")
        url = sqs.create_queue(QueueName="q")["QueueUrl"]
        answer = in_background(sqs.receive_message, QueueUrl=url, WaitTimeSeconds=20)
        time.sleep(0.3)
        began = time.monotonic()
        assert server.stop()[0] == 0
        assert time.monotonic() - began < 8
        assert "Messages" not in answer()


def test_an_invoke_may_end_before_the_server_stops(tmp_path):
    with Running(tmp_path) as server:
        functions = server.client("lambda")
        create_function(functions, "sleeper", SLEEPER)
        answer = in_background(
            functions.invoke, FunctionName="sleeper", Payload=json.dumps({"seconds": 1.5})
        )
        time.sleep(0.7)
        assert server.stop()[0] == 0
        assert json.loads(answer()["Payload"].read()) == "rested"


def test_a_stop_takes_no_longer_than_it_may_whatever_functions_do(tmp_path):
    with Running(tmp_path, "--stop-timeout", "1") as server:
        functions = server.client("lambda", read_timeout=30)
        create_function(functions, "sleeper", SLEEPER)
        answer = in_background(
            functions.invoke, FunctionName="sleeper", Payload=json.dumps({"seconds": 50})
        )
        time.sleep(0.7)
        began = time.monotonic()
        assert server.stop()[0] == 0
        assert time.monotonic() - began < 8
        assert answer()["FunctionError"] == "Unhandled"


def test_a_second_signal_stops_at_once(tmp_path):
    with Running(tmp_path, "--stop-timeout", "60") as server:
        functions = server.client("lambda", read_timeout=30)
        create_function(functions, "sleeper", SLEEPER)
        stranger = threading.Thread(target=invoke_into_the_void, args=[functions])
        stranger.start()
        time.sleep(0.7)
        server.process.send_signal(signal.SIGINT)
        time.sleep(0.3)
        assert server.process.poll() is None
        began = time.monotonic()
        status, _, _ = server.stop()
        assert status == 1
        assert time.monotonic() - began < 5
        stranger.join()


def invoke_into_the_void(functions):
    """Invoke a function whose answer never comes."""
    try:
        functions.invoke(FunctionName="sleeper", Payload=json.dumps({"seconds": 50}))
    except Exception as error:
        print("the invoke ended with", error)


def test_nothing_is_kept_by_a_memory_journal(tmp_path):
    with Running(tmp_path, HEADRACE_JOURNAL="memory") as server:
        client = server.client("sqs")
        client.create_queue(QueueName="q")
        client.close()
        assert server.stop()[0] == 0
    assert not (tmp_path / "data").exists()
