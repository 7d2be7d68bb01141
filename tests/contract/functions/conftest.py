"""A server of each test's own, with a scripted sandbox and its time in the test's hand."""

import contextlib

import pytest

from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve_in_thread
from tests.contract.functions.desk import Desk


@pytest.fixture
def desk():
    """A server with the function `F`."""
    sandbox = ScriptedSandbox()
    with (
        serve_in_thread(clock=VirtualClock(), sandbox=sandbox) as server,
        contextlib.closing(Desk(server)) as desk,
    ):
        sandbox.invoke_script = desk.run
        desk.create()
        yield desk
