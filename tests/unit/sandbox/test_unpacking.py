"""Archives are unpacked once, however many ask at a time."""

import asyncio
from pathlib import Path

import pytest

from headrace.core.functions.codeuse import CodeInUse
from headrace.ports.sandbox import CodeUnusable, Layer
from headrace.sandbox import files
from headrace.sandbox.hotfolders import fingerprint
from headrace.sandbox.layers import merged_name
from headrace.sandbox.unpacking import Unpacking
from tests.unit.sandbox.bench import make_archive, spec_for


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


NOTHING = CodeInUse(frozenset(), frozenset(), frozenset(), frozenset())


@pytest.fixture
def place(tmp_path):
    """An empty folder for unpacked code, and what lies in it."""
    (tmp_path / "code").mkdir()
    folder = Path(files.open_folder(str(tmp_path / "code")))
    return folder, lambda: {one.name for one in folder.iterdir()}


def test_letting_go_of_an_archive_leaves_it(tmp_path, place):
    spec = spec_for(tmp_path, "x = 1")
    folder, there = place

    async def story():
        unpacking = Unpacking(str(folder))
        let_go = unpacking.hold(spec)
        await unpacking.unpack(spec)
        let_go()
        await unpacking.close()
        assert there() == {spec.code_digest}

    asyncio.run(story())


def test_what_no_function_has_is_removed_and_what_environments_have_when_they_are_gone(
    tmp_path, place
):
    folder, there = place
    layered = tuple(
        Layer(*make_archive(tmp_path, {f"{number}.py": str(number)})) for number in (1, 2)
    )
    kept = spec_for(tmp_path, "x = 1", layers=layered[:1])
    gone = spec_for(tmp_path, "x = 2", layers=layered)
    running = spec_for(tmp_path, "x = 3")

    async def story():
        unpacking = Unpacking(str(folder))
        for spec in (kept, gone, running):
            await unpacking.unpack(spec)
        (folder / "image-of-a-former-run").mkdir()
        holds = [unpacking.hold(running), unpacking.hold(running)]
        first = layered[0].digest
        code = CodeInUse(
            frozenset({kept.code_digest, first}), frozenset(), frozenset(), frozenset({(first,)})
        )
        unpacking.keep(code)
        await unpacking.close()
        wanted = {kept.code_digest, first, merged_name([first])}
        assert there() == wanted | {running.code_digest}
        for let_go in holds:
            assert running.code_digest in there()
            let_go()
        await unpacking.close()
        assert there() == wanted
        # What is asked for again is made again; what is in the making is not disturbed.
        making = asyncio.create_task(unpacking.unpack(gone))
        await asyncio.sleep(0)
        unpacking.keep(NOTHING)
        await making
        await unpacking.close()
        assert gone.code_digest in there()
        unpacking.keep(NOTHING)
        await unpacking.close()
        assert there() == set()

    asyncio.run(story())


def test_what_is_wanted_again_stays_when_its_last_environment_goes(tmp_path, place):
    folder, there = place
    spec = spec_for(tmp_path, "x = 1")
    code = CodeInUse(frozenset({spec.code_digest}), frozenset(), frozenset(), frozenset())

    async def story():
        unpacking = Unpacking(str(folder))
        let_go = unpacking.hold(spec)
        await unpacking.unpack(spec)
        unpacking.keep(NOTHING)
        unpacking.keep(code)
        let_go()
        await unpacking.close()
        assert there() == {spec.code_digest}

    asyncio.run(story())


def test_the_newest_copy_of_a_folder_goes_with_the_last_function_of_it(tmp_path, place):
    folder, there = place
    source = tmp_path / "source"
    source.mkdir()
    (source / "app.py").write_text("x = 1")
    state = fingerprint(str(source))
    spec = spec_for(tmp_path, "", code_archive="", code_digest=state, code_folder=str(source))

    async def story():
        unpacking = Unpacking(str(folder))
        await unpacking.unpack(spec)
        unpacking.keep(CodeInUse(frozenset(), frozenset(), frozenset({str(source)}), frozenset()))
        await unpacking.close()
        assert there() == {state}
        let_go = unpacking.hold(spec)
        unpacking.keep(NOTHING)
        await unpacking.close()
        assert there() == {state}
        let_go()
        await unpacking.close()
        assert there() == set()

    asyncio.run(story())
