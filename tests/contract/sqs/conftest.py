"""A server of each test's own, without sockets to anywhere else, and its time in the test's hand.

`sqs` runs a test twice, once in each protocol; `json_sqs` and `query_sqs` are for what only one of
them has. All reach the test's `server`: `server.advance(30)` lets thirty seconds pass at once.
"""

import contextlib

import pytest

from headrace.testing.clock import VirtualClock
from headrace.testing.server import serve_in_thread
from tests.contract.sqs.caller import Caller


@pytest.fixture
def server():
    """A server without queues."""
    with serve_in_thread(clock=VirtualClock()) as server:
        yield server


@pytest.fixture(params=["json", "query"])
def sqs(request, server):
    """A caller of either protocol."""
    with contextlib.closing(Caller(request.param, server)) as caller:
        yield caller


@pytest.fixture
def json_sqs(server):
    """A caller that speaks AWS JSON."""
    with contextlib.closing(Caller("json", server)) as caller:
        yield caller


@pytest.fixture
def query_sqs(server):
    """A caller that speaks the query protocol."""
    with contextlib.closing(Caller("query", server)) as caller:
        yield caller
