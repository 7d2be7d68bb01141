"""Templates on a whole server with a scripted sandbox: made at publishing, used, dropped."""

import asyncio

import pytest

from headrace.core.functions.commands import (
    DeleteFunction,
    GetFunction,
    ProvisionConcurrency,
    PublishVersion,
)
from headrace.ports.sandbox import CodeUnusable, InitOutcome, InitStatus, SandboxUnavailable
from headrace.testing.clock import VirtualClock
from headrace.testing.sandbox import ScriptedSandbox
from headrace.testing.server import serve
from tests.unit.core.functions.bench import reference
from tests.unit.shell.test_invoker import Stage

SNAP = {"runtime": "python3.12", "snap_start": "PublishedVersions"}


def play(story, **scripts):
    async def whole():
        sandbox = ScriptedSandbox(**scripts)
        async with serve(sandbox=sandbox, clock=VirtualClock()) as server:
            await story(Stage(server, sandbox))

    asyncio.run(whole())


async def publish(stage):
    return await stage.driver.ask(PublishVersion(reference(), bytes(16)))


async def settled(stage):
    """Return version 1 once it is Pending no longer."""
    while True:
        shown = await stage.driver.ask(GetFunction(reference(qualifier="1")))
        if shown.view.state != "Pending":
            return shown.view
        await asyncio.sleep(0)


def test_a_template_is_made_once_and_environments_come_from_it():
    async def story(stage):
        await stage.create(**SNAP)
        await publish(stage)
        assert (await settled(stage)).is_optimized
        (template,) = stage.sandbox.templates
        assert stage.sandbox.templates[template].initialization_type == "snap-start"
        assert stage.sandbox.environments == {}
        await stage.invoke(qualifier="1")
        spec = stage.only.spec
        assert (spec.initialization_type, spec.template) == ("snap-start", template)
        await stage.driver.ask(DeleteFunction(reference(qualifier="1")))
        while stage.sandbox.templates:
            await asyncio.sleep(0)

    play(story)


def test_other_environments_have_no_template_and_are_told_why_they_start():
    async def story(stage):
        await stage.create()
        await publish(stage)
        target = reference(qualifier="1")
        await stage.driver.ask(ProvisionConcurrency(target, 1, bytes(16)))
        await stage.invoke()
        kinds = {one.spec.initialization_type for one in stage.sandbox.environments.values()}
        assert kinds == {"provisioned-concurrency", "on-demand"}
        assert {one.spec.template for one in stage.sandbox.environments.values()} == {""}

    play(story)


def fail(_spec):
    return InitOutcome(InitStatus.ERROR, 1_000, b'{"errorType":"Runtime.X"}')


def refuse(_spec):
    raise SandboxUnavailable("No room.")


def spoil(_spec):
    raise CodeUnusable("No zip.")


@pytest.mark.parametrize(
    ("init", "code"),
    [
        (fail, "FunctionError.RuntimeInitError"),
        (refuse, "InternalError"),
        (spoil, "InvalidZipFileException"),
    ],
)
def test_a_version_whose_template_cannot_be_made_has_failed(init, code):
    async def story(stage):
        await stage.create(**SNAP)
        await publish(stage)
        view = await settled(stage)
        assert (view.state, view.failure_code) == ("Failed", code)
        assert stage.sandbox.templates == {}

    play(story, init=init)


def test_a_version_is_still_pending_when_the_server_stops_while_its_template_is_made():
    async def story(stage):
        stage.sandbox.gate = asyncio.Event()
        await stage.create(**SNAP)
        await publish(stage)
        await stage.invoker.stop(0)
        shown = await stage.driver.ask(GetFunction(reference(qualifier="1")))
        assert shown.view.state == "Pending"

    play(story)
