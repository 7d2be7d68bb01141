"""A server without a sandbox refuses to start environments, and has nothing to let go of."""

import asyncio

import pytest

from headrace.ports.sandbox import SandboxUnavailable
from headrace.shell.nosandbox import NoSandbox


def test_nothing_can_be_started_and_nothing_has_to_end():
    async def story():
        sandbox = NoSandbox()
        assert (sandbox.level, sandbox.runtimes()) == ("none", [])
        with pytest.raises(SandboxUnavailable, match="runs no functions"):
            await sandbox.start(None, None)
        with pytest.raises(SandboxUnavailable, match="runs no functions"):
            await sandbox.prepare_template(None, None)
        sandbox.keep_code(None)
        await sandbox.drop_template("t")
        await sandbox.close()

    asyncio.run(story())
