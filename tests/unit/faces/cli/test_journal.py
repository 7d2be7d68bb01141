"""`headrace journal`: what it prints and how it ends."""

import asyncio

import pytest

from headrace.faces.cli.main import main
from headrace.store.sqlite.journal import SqliteJournal
from tests.unit.shell.shard import living


@pytest.fixture
def folder(tmp_path):
    async def scenario():
        async with living(SqliteJournal(tmp_path / "data")) as shard:
            await shard.send(await shard.create(), b"a")

    asyncio.run(scenario())
    return tmp_path / "data"


def test_verify_says_what_it_read(folder, capsys):
    assert main(["journal", "verify", str(folder)]) == 0
    assert "1 blocks and 3 snapshots were read\nnothing is damaged" in capsys.readouterr().out


def test_damage_is_status_1(folder, capsys):
    data = (folder / "journal.sqlite").read_bytes()
    (folder / "journal.sqlite").write_bytes(data[: len(data) // 2])
    assert main(["journal", "verify", str(folder)]) == 1
    assert "headrace: " in "".join(capsys.readouterr()) or capsys.readouterr().out


def test_salvage_makes_a_new_folder(folder, capsys):
    new = folder.with_name("new")
    assert main(["journal", "salvage", str(folder), str(new)]) == 0
    assert f"{new}: 1 blocks and 3 snapshots were saved" in capsys.readouterr().out
    assert main(["journal", "verify", str(new)]) == 0


def test_a_mistake_is_one_sentence(tmp_path, capsys):
    assert main(["journal", "verify", str(tmp_path / "nowhere")]) == 1
    assert capsys.readouterr().err == f"headrace: there is no folder {tmp_path}/nowhere\n"
