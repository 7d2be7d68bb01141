"""Which template is used, made, made again and let go; told by processes that pretend."""

import asyncio
import json
import os
import socket

import msgspec
import pytest

from headrace.ports.sandbox import InitOutcome, InitStatus, SandboxUnavailable
from headrace.sandbox import limits
from headrace.sandbox.forker import ForkerGone
from headrace.sandbox.languages.python import own_interpreter
from headrace.sandbox.supplies import NoUsersLeft, Users
from headrace.sandbox.templates import Template, Templates
from tests.unit.sandbox.bench import spec_for


class Keeper:
    """The environment of a template, without a process."""

    def __init__(self, status=InitStatus.OK):
        self.status = status
        self.init = None
        self.is_killed = False

    def when_gone(self, action):
        self.action = action

    async def initialise(self, started_ns):
        self.init = InitOutcome(self.status, 1)

    def end(self):
        self.is_killed = True


class Stage:
    """Templates whose processes are sockets; `says` is what each tells first."""

    def __init__(self, says=b'{"ready": 1}', status=InitStatus.OK, users=None):
        self.says, self.status, self.users = says, status, users
        self.keepers, self.theirs, self.copied = [], [], []
        self.gone = 0  # So many copies find their template dead.
        self.templates = Templates(self.make, self.copy)

    async def make(self, spec, take_log):
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        self.keepers.append(Keeper(self.status))
        self.theirs.append(theirs)
        if self.says is None:
            theirs.close()
        else:
            theirs.send(self.says)
        loop = asyncio.get_running_loop()
        return self.keepers[-1], Template(
            loop, self.keepers[-1], ours, own_interpreter(), self.users
        )

    async def copy(self, spec, take_log, template, after):
        if self.gone:
            self.gone -= 1
            template.retire()
            raise ForkerGone
        self.copied.append(template)
        self.after = after
        return Keeper()


def play(tmp_path, act, **options):
    """Run an act on a stage; no descriptor may be left open."""

    async def story():
        stage = Stage(**options)
        try:
            await act(stage, spec_for(tmp_path, "x = 1", template="7:1"))
        finally:
            await stage.templates.close()
            for theirs in stage.theirs:
                theirs.close()
        assert all(keeper.is_killed for keeper in stage.keepers if keeper.status is InitStatus.OK)

    before = len(os.listdir("/proc/self/fd"))
    asyncio.run(story())
    assert len(os.listdir("/proc/self/fd")) == before


def test_all_copies_come_from_one_template(tmp_path):
    async def act(stage, spec):
        ends = await asyncio.gather(*(stage.templates.start(spec, print) for _ in range(3)))
        assert [end.init.status for end in ends] == [InitStatus.OK] * 3
        assert len(stage.keepers) == 1
        assert len(set(stage.copied)) == 1

    play(tmp_path, act)


def test_a_copy_learns_whose_place_it_takes(tmp_path):
    async def act(stage, spec):
        before = await stage.templates.start(spec, print)
        assert stage.after is None
        await stage.templates.start(spec, print, before)
        assert stage.after is before

    play(tmp_path, act)


def test_preparing_makes_it_anew(tmp_path):
    async def act(stage, spec):
        await stage.templates.prepare(spec, print)
        await stage.templates.prepare(spec, print)
        assert [keeper.is_killed for keeper in stage.keepers] == [True, False]

    play(tmp_path, act)


def test_one_that_died_is_made_again(tmp_path):
    async def act(stage, spec):
        await stage.templates.start(spec, print)
        stage.theirs[0].close()
        await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)
        assert await stage.templates.start(spec, print) is not None
        assert len(stage.keepers) == 2

    play(tmp_path, act)


def test_one_that_dies_in_the_hand_is_made_again_once(tmp_path):
    async def act(stage, spec):
        stage.gone = 1
        assert await stage.templates.start(spec, print) is not None
        stage.gone = 2
        assert await stage.templates.start(spec, print) is None

    play(tmp_path, act)


@pytest.mark.parametrize("says", [b'{"unfit": "it has threads"}', None, b"nonsense"])
def test_one_that_cannot_be_copied_is_not_tried_again(tmp_path, says):
    async def act(stage, spec):
        assert (await stage.templates.prepare(spec, print)).init.status is InitStatus.OK
        for _ in range(2):
            assert await stage.templates.start(spec, print) is None
        assert len(stage.keepers) == 1

    play(tmp_path, act, says=says)


def test_one_whose_init_phase_failed_is_tried_at_each_start(tmp_path):
    async def act(stage, spec):
        for _ in range(2):
            assert (await stage.templates.start(spec, print)).init.status is InitStatus.ERROR
        assert len(stage.keepers) == 2

    play(tmp_path, act, status=InitStatus.ERROR)


def test_one_that_cannot_be_started_is_tried_at_each_start(tmp_path):
    async def act(stage, spec):
        async def refuse(spec, take_log):
            raise SandboxUnavailable("no")

        stage.templates._make = refuse
        with pytest.raises(SandboxUnavailable):
            await stage.templates.start(spec, print)
        stage.templates._make = stage.make
        assert await stage.templates.start(spec, print) is not None

    play(tmp_path, act)


def test_without_room_for_another_environments_are_not_copied(tmp_path):
    async def act(stage, spec):
        async def refuse(spec, take_log):
            raise NoUsersLeft

        stage.templates._make = refuse
        assert await stage.templates.prepare(spec, print) is None
        assert await stage.templates.start(spec, print) is None

    play(tmp_path, act)


def test_one_dropped_in_the_making_is_let_go_when_it_is_made(tmp_path):
    async def act(stage, spec):
        task = asyncio.create_task(stage.templates.prepare(spec, print))
        await asyncio.sleep(0)
        stage.templates.drop(spec.template)
        await task
        assert stage.keepers[0].is_killed

    play(tmp_path, act)


def test_the_one_used_least_recently_makes_room(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "TEMPLATE_COUNT_MAX", 2)

    async def act(stage, spec):
        for name in ("1", "2", "1", "3"):
            named = msgspec.structs.replace(spec, template=name)
            await stage.templates.start(named, print)
        assert [keeper.is_killed for keeper in stage.keepers] == [False, True, False]

    play(tmp_path, act)


def test_one_without_a_user_left_is_replaced(tmp_path):
    users = Users(30_000, 1)

    async def act(stage, spec):
        await stage.templates.start(spec, print)
        users.take()
        stage.users = Users(40_000, 1)
        await stage.templates.start(spec, print)
        assert [keeper.is_killed for keeper in stage.keepers] == [True, False]

    play(tmp_path, act, users=users)


def test_a_copy_that_is_no_process_is_a_dead_template(tmp_path):
    async def act(stage, spec):
        await stage.templates.start(spec, print)
        template = stage.copied[0]
        reader, writer = os.pipe()
        other, end = os.pipe()
        task = asyncio.create_task(template.start({"start": "e"}, [writer, end], print))
        await asyncio.sleep(0)
        socket.send_fds(stage.theirs[0], [json.dumps({"started": "e"}).encode()], [reader])
        with pytest.raises(ForkerGone):
            await task
        os.close(reader)
        os.close(other)

    play(tmp_path, act)
