"""Archives are unpacked once, however many ask at a time."""

import asyncio

import pytest

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import files
from headrace.sandbox.hotfolders import fingerprint
from headrace.sandbox.unpacking import Unpacking
from tests.unit.sandbox.bench import spec_for


def test_one_archive_is_unpacked_once_for_all_who_ask(tmp_path, monkeypatch):
    unpacked = []
    unpack_code = files.unpack_code

    def count(archive, digest, folder):
        unpacked.append(digest)
        return unpack_code(archive, digest, folder)

    monkeypatch.setattr(files, "unpack_code", count)
    spec = spec_for(tmp_path, "x = 1")

    async def story():
        unpacking = Unpacking(files.open_folder(str(tmp_path / "code")))
        await asyncio.gather(*(unpacking.unpack(spec) for _ in range(3)))
        await unpacking.unpack(spec)
        await unpacking.close()

    (tmp_path / "code").mkdir()
    asyncio.run(story())
    assert unpacked == [spec.code_digest]


def test_a_bad_archive_is_told_to_all_and_tried_again(tmp_path):
    spec = spec_for(tmp_path, "x = 1")
    with open(spec.code_archive, "wb") as file:
        file.write(b"no zip")

    async def story():
        unpacking = Unpacking(files.open_folder(str(tmp_path / "code")))
        ends = await asyncio.gather(
            *(unpacking.unpack(spec) for _ in range(2)), return_exceptions=True
        )
        assert [type(end) for end in ends] == [CodeUnusable, CodeUnusable]
        with pytest.raises(CodeUnusable):
            await unpacking.unpack(spec)
        await unpacking.close()

    (tmp_path / "code").mkdir()
    asyncio.run(story())


def test_a_copy_of_a_folder_goes_when_the_last_has_let_go_of_it(tmp_path):
    source = tmp_path / "source"
    source.mkdir()
    (tmp_path / "code").mkdir()
    (source / "app.py").write_text("x = 1")

    def spec():
        state = fingerprint(str(source))
        return spec_for(tmp_path, "", code_archive="", code_digest=state, code_folder=str(source))

    async def story():
        unpacking = Unpacking(files.open_folder(str(tmp_path / "code")))
        (folder,) = (tmp_path / "code").iterdir()

        def there():
            return {one.name for one in folder.iterdir()}

        first = spec()
        # Held before it is made: until its environment is there, others may come and go.
        holds = [unpacking.hold(first), unpacking.hold(first)]
        await unpacking.unpack(first)
        (source / "app.py").write_text("x = 2")
        second = spec()
        hold = unpacking.hold(second)
        await unpacking.unpack(second)
        hold()
        holds.pop()()
        await unpacking.close()
        assert there() == {first.code_digest, second.code_digest}
        holds.pop()()
        await unpacking.close()
        assert there() == {second.code_digest}
        # The next start keeps none: nobody would know whose they were.
        files.open_folder(str(tmp_path / "code"))
        assert there() == set()

    asyncio.run(story())


def test_letting_go_of_an_archive_leaves_it(tmp_path):
    spec = spec_for(tmp_path, "x = 1")
    (tmp_path / "code").mkdir()

    async def story():
        unpacking = Unpacking(files.open_folder(str(tmp_path / "code")))
        let_go = unpacking.hold(spec)
        await unpacking.unpack(spec)
        let_go()
        await unpacking.close()
        (folder,) = (tmp_path / "code").iterdir()
        assert {one.name for one in folder.iterdir()} == {spec.code_digest}

    asyncio.run(story())
