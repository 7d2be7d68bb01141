"""A whole server: its parts together, memory rebuilt, data found again."""

import asyncio
import json
import os
import sys
from urllib.parse import urlsplit

import pytest

from headrace.core.sqs.commands import ReceiveMessages
from headrace.ports.journal import AppendRefused, JournalDamaged, JournalInUse
from headrace.shell import app as app_module
from headrace.shell.app import StartRefused, architecture, real_parts
from headrace.shell.config import Config
from headrace.store.memory import MemoryDisk, MemoryJournal
from headrace.testing.clock import VirtualClock
from headrace.testing.server import serve
from tests.unit.shell.talk import run, until, wire_to
from tests.unit.shell.test_service import ask, sqs
from tests.unit.testing.test_server import create_queue, send


class FailingJournal(MemoryJournal):
    """A journal that refuses appends, or cannot be read, when the test says so."""

    def __init__(self):
        super().__init__()
        self.refuses = False
        self.is_damaged = False
        self.is_taken = False

    @property
    def is_owned(self):
        return not self.is_taken

    async def open(self):
        if self.is_taken:
            raise JournalInUse("memory is in use by bob")
        await super().open()

    async def append(self, block):
        if self.refuses:
            raise AppendRefused("the disk is full")
        await super().append(block)

    async def snapshots(self):
        if self.is_damaged:
            raise JournalDamaged("block 1 is no block")
        return await super().snapshots()


def test_a_refused_append_is_answered_500_and_memory_equals_the_journal_again():
    async def story():
        journal = FailingJournal()
        async with serve(journal=journal) as server, wire_to(server) as wire:
            await ask(wire, sqs("CreateQueue", QueueName="kept"))
            journal.refuses = True
            status, headers, _ = await ask(wire, sqs("CreateQueue", QueueName="lost"))
            assert (status, headers["x-amzn-query-error"]) == (500, "InternalFailure;Receiver")
            journal.refuses = False
            await until(lambda: server.driver.running)
            listed = (await ask(wire, sqs("ListQueues")))[2]
            assert listed == {"QueueUrls": ["http://localhost/000000000000/kept"]}
            assert not server.app.failed.done()

    run(story())


def test_a_journal_that_cannot_be_read_again_ends_the_server():
    async def story():
        journal = FailingJournal()
        async with serve(journal=journal) as server:
            journal.is_damaged = True
            server.driver.fail("the test says so")
            sentence = await asyncio.wait_for(server.app.failed, 10)
            assert sentence.startswith("the test says so; then: block 1 is no block")
            journal.is_damaged = False

    run(story())


def test_a_server_that_was_taken_over_answers_nothing_from_memory_and_ends():
    async def story():
        journal = FailingJournal()
        async with serve(journal=journal) as server, wire_to(server) as wire:
            await ask(wire, sqs("CreateQueue", QueueName="q"))
            journal.is_taken = True
            for request in (sqs("ListQueues"), sqs("CreateQueue", QueueName="q")):
                assert (await ask(wire, request))[0] == 503
            assert not server.app.failed.done()
            journal.on_lost("bob has taken memory over")
            sentence = await asyncio.wait_for(server.app.failed, 10)
            assert sentence == "bob has taken memory over; then: memory is in use by bob"
            journal.is_taken = False

    run(story())


def test_a_server_that_loses_its_journal_while_it_loads_ends(monkeypatch):
    async def story():
        journal = FailingJournal()
        snapshots = journal.snapshots

        async def snapshots_and_loss():
            found = await snapshots()
            journal.is_taken = True
            return found

        monkeypatch.setattr(journal, "snapshots", snapshots_and_loss)
        async with serve(journal=journal) as server:
            assert "memory is in use by bob" in await asyncio.wait_for(server.app.failed, 10)
            journal.is_taken = False

    run(story())


def test_a_store_needs_its_package(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "asyncpg", None)
    for name in [name for name in sys.modules if name.startswith("headrace.store.postgres")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(StartRefused, match=r"asyncpg: pip install headrace\[postgres\]"):
        run(real_parts(Config(data=str(tmp_path), store="postgresql://db/q")))


async def close(parts):
    for part in (parts.sandbox, parts.logs, parts.journal):
        await part.close()
    parts.clean_up()


@pytest.mark.slow
def test_the_parts_of_a_store_wait_for_the_database_and_hold_the_folder(tmp_path, database):
    async def story():
        said = []
        config = Config(data=str(tmp_path / "a"), store=database, sandbox_level="process")
        other = Config(data=str(tmp_path / "b"), store=database, sandbox_level="process")
        first = await real_parts(config, said.append)
        assert (first.journal.name, said) == (
            "postgresql://headrace@" + urlsplit(database).path,
            [],
        )
        with pytest.raises(JournalInUse, match="/a is in use"):
            await real_parts(config, said.append)
        second = asyncio.ensure_future(real_parts(other, said.append))
        await until(lambda: said)
        assert said[0].startswith(f"Waiting: {first.journal.name} is in use")
        assert f"process {os.getpid()}" in said[0]
        await close(first)
        await close(await asyncio.wait_for(second, 10))

    run(story())


def test_a_journal_lives_by_one_clock_for_ever():
    async def story():
        disk = MemoryDisk()
        async with serve(journal=MemoryJournal(disk), clock=VirtualClock()):
            pass
        with pytest.raises(StartRefused, match="lives by a virtual clock"):
            async with serve(journal=MemoryJournal(disk)):
                raise AssertionError("it started")

    run(story())


def test_a_journal_is_found_again_with_its_secret():
    async def story():
        disk = MemoryDisk()
        clock = VirtualClock()
        async with serve(journal=MemoryJournal(disk), clock=clock) as server:
            queue = await create_queue(server.driver)
            await send(server.driver, queue, "a")
            (message,) = (await server.driver.ask(ReceiveMessages(queue, 1))).messages
        async with (
            serve(journal=MemoryJournal(disk), clock=clock) as server,
            wire_to(server) as wire,
        ):
            delete = sqs(
                "DeleteMessage",
                QueueUrl="http://localhost/000000000000/q",
                ReceiptHandle=message.receipt_handle,
            )
            assert (await ask(wire, delete))[0] == 200
            await server.advance(60)
            assert (await server.driver.ask(ReceiveMessages(queue, 1))).messages == ()

    run(story())


def test_without_a_sandbox_functions_cannot_be_created():
    async def story():
        async with serve() as server, wire_to(server) as wire:
            code = {"ZipFile": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="}
            body = {"FunctionName": "f", "Role": "arn:aws:iam::000000000000:role/r", "Code": code}
            body |= {"Runtime": "python3.12", "Handler": "a.b"}
            data = json.dumps(body).encode()
            head = f"POST /2015-03-31/functions HTTP/1.1\r\nHost: localhost\r\nContent-Length: {len(data)}"
            status, _, _ = await ask(wire, f"{head}\r\n\r\n".encode() + data)
            assert status == 400

    run(story())


def test_functions_reach_the_server_on_loopback_wherever_it_listens():
    async def story():
        async with serve(Config(port=0, host="0.0.0.0", listen_publicly=True)) as server:
            assert server.app.local_url == f"http://127.0.0.1:{server.app.port}"
        async with serve(Config(port=0, host="::1")) as server:
            assert server.app.local_url == f"http://[::1]:{server.app.port}"

    run(story())


@pytest.mark.parametrize(
    "machine, word", [("x86_64", "x86_64"), ("AMD64", "x86_64"), ("aarch64", "arm64")]
)
def test_the_processor_is_named_in_aws_words(machine, word, monkeypatch):
    monkeypatch.setattr(app_module.platform, "machine", lambda: machine)
    assert architecture() == word


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(StartRefused, match="cannot be made"):
        run(real_parts(Config(data=str(tmp_path / "file" / "data"))))


@pytest.mark.slow
def test_real_parts_are_those_of_the_configuration(tmp_path):
    async def story():
        parts = await real_parts(
            Config(data=str(tmp_path / "new" / "data"), sandbox_level="process")
        )
        assert parts.journal.name == str(tmp_path / "new" / "data" / "journal.sqlite")
        assert (parts.clock.kind, parts.sandbox.level) == ("system", "process")
        passing = await real_parts(Config(journal="memory", sandbox_level="process"))
        assert passing.journal.name == "memory"
        for each in (parts, passing):
            await each.sandbox.close()
            await each.logs.close()
            await each.journal.close()
            each.clean_up()

    run(story())


def test_a_folder_in_use_is_left_as_it_is(tmp_path):
    """A second server looks at nothing in the folder before it owns it."""

    async def story():
        parts = await real_parts(Config(data=str(tmp_path), sandbox_level="process"))
        left_by_the_first = tmp_path / "sandbox" / "scratch" / "environment"
        left_by_the_first.mkdir(parents=True)
        with pytest.raises(JournalInUse):
            await real_parts(Config(data=str(tmp_path), sandbox_level="process"))
        assert left_by_the_first.is_dir()
        for part in (parts.sandbox, parts.logs, parts.journal):
            await part.close()

    run(story())


@pytest.mark.slow
def test_objects_and_code_leave_low_space_to_the_journal(tmp_path, monkeypatch):
    async def story():
        parts = await real_parts(Config(data=str(tmp_path), sandbox_level="process"))
        await parts.blobs.put(b"content")
        monkeypatch.setattr(type(parts.journal), "space_is_low", True)
        with pytest.raises(OSError, match="No space left"):
            await parts.blobs.put(b"other")
        await close(parts)

    run(story())
