"""A server of each test's own, with a scripted sandbox and its time in the test's hand."""

import contextlib

import pytest

from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread
from tests.contract.esm.stage import Stage


@pytest.fixture
def stage():
    """A server with the queue `q` and the function `handle`."""
    sandbox = ScriptedSandbox()
    with (
        serve_in_thread(clock=VirtualClock(), sandbox=sandbox) as server,
        contextlib.closing(Stage(server)) as stage,
    ):
        sandbox.invoke_script = stage.run
        stage.url = stage.sqs.queue("q")
        stage.function()
        yield stage
