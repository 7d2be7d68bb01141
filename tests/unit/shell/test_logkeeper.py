"""Lines find their group, or make it; what groups decide reaches the files."""

import asyncio
import logging

import pytest

from headrace.core.logs.commands import DeleteLogGroup, GroupPlace, SetRetention
from headrace.core.logs.limits import MS_PER_DAY
from headrace.shell.config import Config
from headrace.store.logs.files import FileLogStore
from headrace.store.logs.folder import old_folder
from headrace.testing.clock import VirtualClock
from headrace.testing.conformance.logs import found
from headrace.testing.server import serve

PLACE = GroupPlace("000000000000", "us-east-1", "/aws/lambda/f")


def test_the_first_line_makes_the_group():
    async def story():
        async with serve() as server:
            app = server.app
            app.logs.write(PLACE, "s", b"one\n")
            app.logs.write(PLACE, "s", b"two\n")
            await server.quiet()
            group = app.rooms.logs.find(PLACE)
            assert await found(app.parts.logs, group.key) == ["one\n", "two\n"]

    asyncio.run(story())


def test_groups_of_one_name_are_apart_by_account_and_region():
    async def story():
        async with serve() as server:
            app = server.app
            others = [
                PLACE,
                GroupPlace("000000000000", "eu-central-1", PLACE.name),
                GroupPlace("123456789012", "us-east-1", PLACE.name),
            ]
            for number, place in enumerate(others):
                app.logs.write(place, "s", b"%d\n" % number)
            for number, place in enumerate(others):
                key = app.rooms.logs.find(place).key
                assert await found(app.parts.logs, key) == [f"{number}\n"]

    asyncio.run(story())


def test_what_is_written_after_a_deletion_is_in_a_new_group():
    async def story():
        async with serve() as server:
            app = server.app
            app.logs.write(PLACE, "s", b"old\n")
            before = app.rooms.logs.find(PLACE)
            await server.driver.ask(DeleteLogGroup(PLACE))
            app.logs.write(PLACE, "s", b"new\n")
            await app.logs.settled()
            assert await found(app.parts.logs, before.key) == []
            group = app.rooms.logs.find(PLACE)
            assert await found(app.parts.logs, group.key) == ["new\n"]

    asyncio.run(story())


def test_a_retention_removes_what_is_too_old_day_by_day():
    async def story():
        clock = VirtualClock()
        async with serve(clock=clock) as server:
            app = server.app
            app.logs.write(PLACE, "first", b"1\n")
            await server.driver.ask(SetRetention(PLACE, 1))
            await server.advance(MS_PER_DAY // 1_000)
            app.logs.write(PLACE, "second", b"2\n")
            key = app.rooms.logs.find(PLACE).key
            await app.logs.settled()
            assert len(await app.parts.logs.streams(key)) == 2
            await server.advance(MS_PER_DAY // 1_000)
            await app.logs.settled()
            assert [one.name for one in await app.parts.logs.streams(key)] == ["second"]

    asyncio.run(story())


def test_a_group_that_cannot_be_made_loses_lines_and_says_so_once(caplog):
    async def story():
        async with serve() as server:
            app = server.app
            app.driver.running = False
            app.logs.write(PLACE, "s", b"one\n")
            app.logs.write(PLACE, "s", b"two\n")
            app.driver.running = True
            assert app.rooms.logs.get(PLACE) is None

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert [record.message for record in caplog.records] == [
        "lines of /aws/lambda/f are lost: its group could not be made"
    ]


def test_what_an_older_server_wrote_is_a_group_of_the_usual_account(tmp_path):
    folder = old_folder(tmp_path, PLACE.name)
    folder.mkdir()
    (folder / "s.log").write_bytes(b"START RequestId: 1\n")

    async def story():
        config = Config(port=0, account="123456789012", region="eu-central-1")
        async with serve(config, logs=FileLogStore(tmp_path)) as server:
            app = server.app
            place = GroupPlace("123456789012", "eu-central-1", PLACE.name)
            key = app.rooms.logs.find(place).key
            assert await found(app.parts.logs, key) == ["START RequestId: 1\n"]
            assert not folder.exists()

    asyncio.run(story())


@pytest.mark.parametrize("word", ["drop", "expire"])
def test_files_that_cannot_be_removed_are_logged(caplog, word):
    async def story():
        async with serve() as server:
            app = server.app

            async def fail(*_):
                raise OSError("no")

            setattr(app.parts.logs, word, fail)
            app.logs.write(PLACE, "s", b"x\n")
            command = DeleteLogGroup(PLACE) if word == "drop" else SetRetention(PLACE, 1)
            await server.driver.ask(command)
            await app.logs.settled()

    with caplog.at_level(logging.WARNING):
        asyncio.run(story())
    assert "log files could not be removed: no" in caplog.text
