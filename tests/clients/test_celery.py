"""Celery with its SQS transport against a real server: a worker is killed, no task is lost."""

import json
import os
import signal
import subprocess
import time
import urllib.request

import pytest

from tests.clients.conftest import HERE

TASKS = 1_000
#: Seconds until what the killed worker had taken comes back.
VISIBILITY_TIMEOUT = 10
LIMIT_S = 200


@pytest.fixture
def celery(server, celery_python, client_environment, tmp_path):
    """Return a function that starts a Python of Celery's venv, and the folder of the results.

    What it has started is killed at the end with all its processes.
    """
    results = tmp_path / "results"
    results.mkdir()
    environment = client_environment(server.endpoint) | {
        "BROKER_URL": f"sqs://test:test@127.0.0.1:{server.port}",
        "RESULTS": str(results),
        "VISIBILITY_TIMEOUT": str(VISIBILITY_TIMEOUT),
        "PYTHONPATH": str(HERE),
    }
    started = []
    log = (tmp_path / "celery.log").open("ab")

    def start(*arguments):
        process = subprocess.Popen(
            [celery_python, *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        started.append(process)
        return process

    yield start, results
    for process in started:
        kill(process)
    log.close()


def kill(process):
    """End a process and all that it started with SIGKILL."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def start_worker(start):
    return start(
        *("-m", "celery", "--app", "celery_tasks", "worker", "--concurrency", "2"),
        *("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "WARNING"),
    )


def finished(results):
    return {name for name in os.listdir(results) if name.isdecimal()}


def wait_until(condition, process, results, log):
    """Wait until a condition holds, as long as a worker runs."""
    give_up = time.monotonic() + LIMIT_S
    while not condition():
        end = f"{len(finished(results))} tasks have ended:\n{log.read_text()[-4000:]}"
        assert process.poll() is None, f"the worker ended; {end}"
        assert time.monotonic() < give_up, f"after {LIMIT_S} s {end}"
        time.sleep(0.1)


def count_messages(server):
    """Return how many messages of the tasks' queue are visible, taken, and delayed."""
    call = urllib.request.Request(
        server.endpoint,
        data=json.dumps(
            {"QueueUrl": f"{server.endpoint}/000000000000/orders", "AttributeNames": ["All"]}
        ).encode(),
        headers={
            "X-Amz-Target": "AmazonSQS.GetQueueAttributes",
            "Content-Type": "application/x-amz-json-1.0",
        },
    )
    with urllib.request.urlopen(call) as answer:
        attributes = json.load(answer)["Attributes"]
    kinds = ("", "NotVisible", "Delayed")
    return [int(attributes[f"ApproximateNumberOfMessages{kind}"]) for kind in kinds]


@pytest.mark.timeout(300)
def test_every_task_ends_though_a_worker_is_killed_in_the_middle(server, celery, tmp_path):
    """1,000 tasks, every tenth retried once, SIGKILL while one runs: each leaves its result."""
    start, results = celery
    log = tmp_path / "celery.log"
    sender = start(str(HERE / "celery_tasks.py"), str(TASKS))
    first = start_worker(start)
    wait_until((results / "holding").exists, first, results, log)
    kill(first)
    assert 0 < len(finished(results)) < TASKS
    taken = count_messages(server)[1]
    assert taken > 0, "the killed worker held no message"

    second = start_worker(start)
    assert sender.wait(LIMIT_S) == 0, log.read_text()[-4000:]
    wait_until(lambda: len(finished(results)) == TASKS, second, results, log)

    attempts = {int(name): (results / name).read_text() for name in finished(results)}
    assert attempts == {number: "1" if number % 10 == 3 else "0" for number in range(TASKS)}
    # What had ended but was not acknowledged comes once more.
    wait_until(lambda: count_messages(server) == [0, 0, 0], second, results, log)
    second.terminate()
    assert second.wait(60) == 0, log.read_text()[-4000:]
