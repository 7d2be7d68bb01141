"""An answer waits for the extensions; the shutdown phase takes no longer than it may."""

import asyncio
import gc
import json
import weakref

from headrace.sandbox.attendance import Attendance
from headrace.sandbox.dialogue import Answer
from headrace.sandbox.webserver import Request
from tests.unit.sandbox.bench import invocation, spec_for
from tests.unit.sandbox.test_runtime_api import Desk


class Heard:
    """An environment that keeps what it hears; a dialogue, too."""

    def __init__(self):
        self.exited = asyncio.get_running_loop().create_future()
        self.answers = []
        self.faults = []
        self.did = []

    def take_answer(self, answer):
        self.answers.append(answer)

    def fail(self, fault):
        self.faults.append(fault)

    def let_runtime_begin(self):
        self.did.append("begin")

    def note_runtime_end(self, status):
        self.did.append(status)

    def terminate_runtime(self):
        self.did.append("terminate")

    def deliver(self, invocation):
        self.did.append(invocation.payload)

    def release(self):
        return False


class Sockets:
    """Sockets of which nobody needs one; it keeps what is said to it."""

    def __init__(self):
        self.kept = []
        self.is_closed = False

    def keep(self, count):
        self.kept.append(count)

    def close(self):
        self.is_closed = True


class Play:
    """An attendance with one extension that this test plays."""

    def __init__(self, tmp_path):
        self.heard = Heard()
        self.sockets = Sockets()
        self.attendance = Attendance(self.heard, spec_for(tmp_path, ""), lambda: 0, self.sockets)
        self.attendance.speak_through(self.heard)
        self.report(kind="extensions", names=["e"])
        desk = Desk()
        body = b'{"events":["INVOKE","SHUTDOWN"]}'
        self.attendance.extensions.register(
            Request("POST", "", {"lambda-extension-name": "e"}, body), desk
        )
        self.id = desk.reply.headers["Lambda-Extension-Identifier"]

    def report(self, **header):
        self.attendance.on_report(header, b"")

    def next(self):
        desk = Desk()
        headers = {"lambda-extension-identifier": self.id}
        self.attendance.extensions.next(Request("GET", "", headers), desk)
        return desk


def play(tmp_path, act):
    async def story():
        await act(Play(tmp_path))

    asyncio.run(story())


async def let_pass():
    await asyncio.wait([asyncio.get_running_loop().create_future()], timeout=0.01)


def test_answers_wait_until_the_extension_asks_again(tmp_path):
    async def act(stage):
        heard, attendance = stage.heard, stage.attendance
        assert heard.did == ["begin"]
        attendance.take_answer(Answer("ready"))
        assert heard.answers == []
        stage.next()
        assert heard.answers == [Answer("ready")]
        attendance.deliver(invocation(1))
        attendance.take_answer(Answer("result", "", b"1"))
        assert heard.answers[1:] == []
        stage.next()
        assert heard.answers[1:] == [Answer("result", "", b"1")]

    play(tmp_path, act)


def test_telemetry_is_brought_while_somebody_is_awake_and_never_after_the_end(tmp_path):
    async def act(stage):
        did = []
        for name in ("pause", "resume", "flush", "close"):
            setattr(stage.attendance.telemetry, name, lambda name=name: did.append(name))
        stage.attendance.take_answer(Answer("ready"))
        stage.next()
        stage.attendance.deliver(invocation(1))
        stage.attendance.take_answer(Answer("result", "", b"1"))
        assert did == ["pause", "resume"]
        stage.next()
        assert did == ["pause", "resume", "pause"]
        stage.report(kind="runtime_ended", status=0)
        ending = asyncio.create_task(stage.attendance.shut_down("spindown"))
        await let_pass()
        assert did[3:] == ["flush"]
        stage.report(kind="extension_ended", name="e", status=0)
        await ending
        stage.attendance.close()
        assert did[4:] == ["close"]
        assert stage.sockets.is_closed

    play(tmp_path, act)


def test_as_many_sockets_are_kept_as_there_are_subscribers(tmp_path):
    async def act(stage):
        destination = {"protocol": "HTTP", "URI": "http://sandbox:4323"}
        wish = {"schemaVersion": "2022-07-01", "types": ["platform"], "destination": destination}
        for name in ("one", "two", "one"):
            request = Request("PUT", "", {}, json.dumps(wish).encode())
            stage.attendance.telemetry.subscribe(name, request, Desk())
        stage.attendance.take_answer(Answer("ready"))
        assert stage.sockets.kept == []
        stage.next()
        assert stage.sockets.kept == [2]
        stage.attendance.telemetry.close()

    play(tmp_path, act)


def test_an_answer_that_waits_can_be_had(tmp_path):
    async def act(stage):
        stage.attendance.take_answer(Answer("result", "", b"1"))
        assert stage.attendance.release()
        assert not stage.attendance.release()
        assert stage.heard.answers == [Answer("result", "", b"1")]
        stage.attendance.take_answer(Answer("init_error", "Oh"))
        assert stage.heard.answers[1:] == [Answer("init_error", "Oh")]

    play(tmp_path, act)


def test_failures_are_passed_on(tmp_path):
    async def act(stage):
        stage.report(kind="launch_error", name="e", reason="fork/exec e: permission denied")
        stage.report(kind="extension_ended", name="e", status=96 << 8)
        assert stage.heard.faults[0] == Answer(
            "fault", "Extension.LaunchError", b"fork/exec e: permission denied"
        )
        stage.report(kind="runtime_ended", status=9)
        assert stage.heard.did == ["begin", 9]
        stage.report(kind="nonsense")
        stage.attendance.on_reports_end(None)

    play(tmp_path, act)


def test_the_shutdown_phase_is_over_when_all_have_ended(tmp_path):
    async def act(stage):
        waiting = stage.next()
        assert stage.attendance.has_shutdown
        ending = asyncio.create_task(stage.attendance.shut_down("spindown"))
        again = asyncio.create_task(stage.attendance.shut_down("failure"))
        await let_pass()
        assert stage.heard.did == ["begin", "terminate"]
        assert waiting.reply is None
        stage.report(kind="runtime_ended", status=0)
        await let_pass()
        assert b'"shutdownReason":"spindown"' in waiting.reply.body
        stage.report(kind="extension_ended", name="e", status=0)
        await asyncio.gather(ending, again)
        assert stage.heard.faults == []

    play(tmp_path, act)


def test_after_the_end_nobody_is_told_of_changes_nor_held_by_who_would_tell(tmp_path):
    async def act(stage):
        gc.disable()
        try:
            stage.attendance.close()
            stage.report(kind="launch_error", reason="late")
            assert stage.heard.faults == []
            gone = [weakref.ref(stage.heard), weakref.ref(stage.attendance)]
            stage.heard = stage.attendance = None
            assert [one() for one in gone] == [None, None]
        finally:
            gc.enable()

    play(tmp_path, act)
