"""One server for the tests of this folder that only need a queue of their own."""

import itertools

import pytest

from tests.acceptance.running import Running

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """A running server."""
    with Running(tmp_path_factory.mktemp("server")) as running:
        yield running


@pytest.fixture(scope="session")
def sqs(server):
    """A boto3 client for queues."""
    client = server.client("sqs")
    yield client
    client.close()


@pytest.fixture
def queue(sqs):
    """The URL of a queue of the test's own."""
    return sqs.create_queue(QueueName=f"queue-{next(_numbers)}")["QueueUrl"]
