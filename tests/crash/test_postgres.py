"""Nothing acknowledged is lost on PostgreSQL, whoever is killed, stopped or cut off.

Servers are killed and stopped, sessions cut, a database crashes; a stand-by takes over within the
lease time, and the old owner tells no lies.
"""

import asyncio
import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import asyncpg
import pytest

from headrace.shell import rebuilding
from headrace.shell.limits import REBUILDS_AT_ONCE
from headrace.store.postgres import writer
from headrace.testing.server import serve_in_thread
from tests.contract.sqs.caller import Caller
from tests.crash import load
from tests.crash.server import ROOT, Process
from tests.crash.torture import Torture
from tests.crash.wire import Refused
from tests.postgres import new_journal

pytestmark = [pytest.mark.crash, pytest.mark.slow]

SEED = int(os.environ.get("HEADRACE_CRASH_SEED", "20261125"))
#: Rounds beside those on SQLite (test_crash.py): fewer, as each waits for a lease to run out.
ROUNDS = max(4, int(os.environ.get("HEADRACE_CRASH_ROUNDS", "20")) // 4)
LEASE_S = 2
#: Seconds that a stand-by may take to look, load and listen, beyond the lease.
SLACK_S = 3.0
LOAD_S = 1.0

SESSIONS = (
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE application_name LIKE 'headrace %' AND datname = current_database()"
)


class Member:
    """One of two servers on a database: it waits until the other has gone."""

    def __init__(self, folder, url):
        folder.mkdir()
        self.said, self.errors = folder / "said.txt", folder / "errors.txt"
        words = ["--port", "0", "--data", str(folder / "data"), "--store", url]
        with self.said.open("wb") as said, self.errors.open("wb") as errors:
            self.child = subprocess.Popen(
                [sys.executable, "-m", "headrace", "up", *words, "--lease", str(LEASE_S)],
                stdout=said,
                stderr=errors,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
            )

    def hears(self, pattern, within_s=20.0):
        """Wait until it says something; return the match."""
        end = time.monotonic() + within_s
        while not (found := re.search(pattern, self.said.read_text())):
            assert self.child.poll() is None, self.errors.read_text()
            assert time.monotonic() < end, f"no {pattern!r}: {self.errors.read_text()}"
            time.sleep(0.005)
        return found

    def port(self, within_s=20.0):
        return int(self.hears(r"listens on http://127\.0\.0\.1:(\d+)", within_s)[1])

    def end(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGCONT)
            self.child.kill()
        self.child.wait()


async def load_owner(clients):
    """Run clients until the server is gone or refuses: an owner that was deposed answers 5xx."""

    async def run(client):
        with contextlib.suppress(Refused):
            await client.run()

    await asyncio.gather(*(run(client) for client in clients))


async def epoch_after(database, epoch):
    """Wait until the epoch has risen; return the seconds that this took."""
    began = time.monotonic()
    connection = await asyncpg.connect(database)
    try:
        while await connection.fetchval("SELECT epoch FROM headrace.shards") <= epoch:
            await asyncio.sleep(0.005)
        return time.monotonic() - began
    finally:
        await connection.close()


async def epoch_of(database):
    connection = await asyncpg.connect(database)
    try:
        return await connection.fetchval("SELECT epoch FROM headrace.shards")
    finally:
        await connection.close()


async def depose(torture, owner, standby, database, number):
    """Load the owner, stop or kill it, and see the stand-by take over; return its port."""
    await torture.census(owner.port())
    epoch = await epoch_of(database)
    answers = torture.answers
    loading = asyncio.create_task(load_owner(torture.workers(owner.port())))
    await asyncio.wait([loading], timeout=LOAD_S)
    assert not loading.done()
    owner.child.send_signal(number)
    took_s = await epoch_after(database, epoch)
    assert took_s <= LEASE_S + 0.3, f"the lease was taken after {took_s:.2f} s"
    port = await asyncio.to_thread(standby.port, SLACK_S)
    if number == signal.SIGSTOP:
        assert not loading.done()
        owner.child.send_signal(signal.SIGCONT)
    await asyncio.wait_for(loading, 20)
    status = await asyncio.to_thread(owner.child.wait, 20)
    assert torture.answers > answers + 50
    if number == signal.SIGSTOP:
        assert status == 1
        last = owner.errors.read_text().splitlines()[-1]
        assert last.startswith("headrace: the server cannot go on: ")
    return port


@pytest.mark.timeout(60 + 20 * 4)
def test_a_stand_by_takes_over_from_a_stopped_and_from_a_killed_owner(tmp_path, database):
    torture = Torture(tmp_path / "unused", SEED)
    members = [Member(tmp_path / "0", database)]
    members[0].port()
    try:
        for number in (signal.SIGSTOP, signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
            torture.round += 1
            members.append(Member(tmp_path / str(torture.round), database))
            owner, standby = members[-2:]
            waits_for = standby.hears(r"Waiting: .* \(.*, process (\d+)\), whose lease ends in")[1]
            assert int(waits_for) == owner.child.pid
            port = asyncio.run(depose(torture, owner, standby, database, number))
            asyncio.run(torture.census(port))
    finally:
        for member in members:
            member.end()


def test_an_owner_that_ends_in_order_hands_over_at_once(tmp_path, database):
    first = Member(tmp_path / "first", database)
    second = None
    try:
        first.port()
        second = Member(tmp_path / "second", database)
        second.hears("Waiting: ")
        first.child.terminate()
        assert first.child.wait(20) == 0
        second.port(within_s=LEASE_S)  # it looks twice a second
        third = Member(tmp_path / "third", database)
        third.hears("Waiting: ")
        third.child.terminate()
        assert third.child.wait(10) == 0
        assert "listens" not in third.said.read_text()
    finally:
        for member in (first, second):
            if member is not None:
                member.end()


@pytest.mark.timeout(60 + 20 * ROUNDS)
def test_a_killed_server_loses_nothing_that_it_acknowledged(tmp_path, database):
    torture = Torture(tmp_path / "data", SEED)
    torture.words = ("--store", database, "--lease", "1")
    torture.run(ROUNDS, print)
    assert torture.answers > 50 * ROUNDS


async def check_undisturbed(torture, server, disturbance):
    """Load a server while something happens to its database; the server must go on."""
    await torture.census(server.port)
    clients = torture.workers(server.port)
    loading = asyncio.ensure_future(load.load(clients))
    answers = torture.answers
    await disturbance()
    goes_on = torture.answers
    await asyncio.wait([loading], timeout=LOAD_S)
    if loading.done():
        await loading  # says who was refused
    assert not loading.done()
    assert torture.answers > goes_on > answers
    for client in clients:
        client.enough = True
    await loading
    await torture.census(server.port)


def test_sessions_that_are_cut_again_and_again_cost_nobody_an_answer(tmp_path, database):
    async def cut():
        connection = await asyncpg.connect(database)
        for _ in range(15):
            await connection.fetchval(SESSIONS)
            await asyncio.sleep(torture.dice.uniform(0.05, 0.3))
        await connection.close()

    torture = Torture(tmp_path / "data", SEED)
    server = Process(tmp_path / "data", "headrace", ("--store", database))
    try:
        asyncio.run(check_undisturbed(torture, server, cut))
    finally:
        server.kill()


def test_a_database_that_crashes_and_comes_back_costs_nobody_an_answer(
    tmp_path, postgres, database
):
    async def crash():
        await asyncio.sleep(0.5)
        await asyncio.to_thread(postgres.end)
        await asyncio.to_thread(postgres.start)

    torture = Torture(tmp_path / "data", SEED)
    server = Process(tmp_path / "data", "headrace", ("--store", database))
    try:
        asyncio.run(check_undisturbed(torture, server, crash))
    finally:
        server.kill()


#: Have the database refuse new blocks as if its file could not be made longer.
FILL = (
    (
        "CREATE FUNCTION headrace.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE"
        " 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$"
    ),
    (
        "CREATE TRIGGER full_disk BEFORE INSERT ON headrace.blocks"
        " FOR EACH ROW EXECUTE FUNCTION headrace.refuse()"
    ),
)


def test_a_full_disk_of_the_database_is_got_over(postgres, database, monkeypatch):
    """Consumers go on polling meanwhile; after the fifth of them everything was refused for good."""
    monkeypatch.setattr(rebuilding, "REBUILD_PAUSE_S_MAX", 0.05)
    monkeypatch.setattr(writer, "FULL_S", 0.2)
    with (
        serve_in_thread(journal=new_journal(database)) as server,
        contextlib.closing(Caller("json", server)) as sqs,
    ):
        url = {"QueueUrl": sqs.queue("q")}
        sent = sqs.ok("SendMessage", {**url, "MessageBody": "a"})["MessageId"]
        for statement in FILL:
            postgres.run(database, statement)
        end = time.monotonic() + 20
        refused = []
        while refused.count(500) <= REBUILDS_AT_ONCE + 1:
            assert time.monotonic() < end, refused
            refused.append(sqs.call("ReceiveMessage", url).status)
        assert set(refused) <= {500, 503}
        postgres.run(database, "DROP TRIGGER full_disk ON headrace.blocks")
        while (answer := sqs.call("ReceiveMessage", url)).status != 200:
            assert time.monotonic() < end, answer
            time.sleep(0.01)
        assert [one["MessageId"] for one in answer.json["Messages"]] == [sent]
        while sqs.call("SendMessage", {**url, "MessageBody": "b"}).status != 200:
            assert time.monotonic() < end
            time.sleep(0.01)
