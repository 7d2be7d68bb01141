"""Files as they grow: rotation, bounds of a group and of all, what is left after a crash."""

import contextlib
import os
import resource
from pathlib import Path

import pytest

from headrace.core.logs.events import GroupKey
from headrace.store.logs.folder import group_folder, old_folder, segment_files, stream_file
from headrace.store.logs.lines import lines_of, read_head
from headrace.store.logs.writer import OPEN_FILES_MAX, Bounds, Writer

GROUP = GroupKey(16, "/aws/lambda/f")
OTHER = GroupKey(17, "/aws/lambda/g")
AT = 1_795_000_000_000


def line(text):
    """Return one event."""
    return lines_of(text, AT)


def write(folder, *writes, group=GROUP, **bounds):
    """Append (stream, text) with a writer of its own."""
    writer = Writer(folder, Bounds(**bounds))
    for stream, text in writes:
        writer.append(group, stream, AT, line(text))
    writer.close()


def content(folder, stream, segment=1, group=GROUP):
    """Return what a file holds behind its head."""
    data = stream_file(group_folder(folder, group), stream, segment).read_bytes()
    head, _, events = data.partition(b"\n")
    assert read_head(head + b"\n").stream == stream
    return events


def names(folder, group=GROUP):
    """Return the files of a group."""
    return [file.name for file in segment_files(group_folder(folder, group))]


@contextlib.contextmanager
def files_of_at_most(size):
    """Let no file of this process grow beyond so many bytes: a write stops in the middle."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_stream_goes_on_where_it_was(tmp_path):
    write(tmp_path, ("s", b"a\n"), ("t", b"b\n"))
    write(tmp_path, ("s", b"c\n"))
    assert content(tmp_path, "s") == line(b"a\n") + line(b"c\n")
    assert content(tmp_path, "t") == line(b"b\n")


def test_a_line_that_was_cut_off_ends_before_the_next_begins(tmp_path):
    write(tmp_path, ("s", b"a\n"))
    with stream_file(group_folder(tmp_path, GROUP), "s", 1).open("ab") as file:
        file.write(b"1795000000")
    write(tmp_path, ("s", b"b\n"))
    assert content(tmp_path, "s") == line(b"a\n") + b"1795000000\n" + line(b"b\n")


def test_a_stream_that_grows_too_long_goes_on_in_a_new_file_and_keeps_one_old(tmp_path):
    writer = Writer(tmp_path, Bounds(stream_bytes=100))
    for text in (b"a" * 80 + b"\n", b"b" * 80 + b"\n", b"c" * 80 + b"\n", b"d\n"):
        writer.append(GROUP, "s", AT, line(text))
    writer.close()
    assert names(tmp_path) == ["s@2.log", "s@3.log"]
    assert content(tmp_path, "s", 4) == line(b"d\n")
    write(tmp_path, ("s", b"e\n"))
    assert content(tmp_path, "s", 4) == line(b"d\n") + line(b"e\n")


def test_what_is_put_lies_apart_from_what_lies_in_order(tmp_path):
    writer = Writer(tmp_path, Bounds())
    writer.append(GROUP, "s", AT, line(b"a\n"))
    assert writer.put(GROUP, "s", AT, [(AT - 5, "early")])
    writer.append(GROUP, "s", AT, line(b"b\n"))
    assert writer.put(GROUP, "s", AT, [(AT - 6, "earlier")])
    assert writer.create(GROUP, "t", AT)
    writer.close()
    folder = group_folder(tmp_path, GROUP)
    told = {
        name: read_head((folder / name).read_bytes().partition(b"\n")[0] + b"\n").ordered
        for name in names(tmp_path)
    }
    assert told == {"s.log": True, "s@1.log": False, "t.log": False}
    assert content(tmp_path, "s", 2).count(b"\n") == 3


def test_a_group_that_writes_without_end_loses_its_own_files(tmp_path):
    write(tmp_path, ("quiet", b"y\n"), group=OTHER)
    for number in range(20):
        write(tmp_path, (f"s{number:02d}", b"x" * 500), stream_bytes=600, group_bytes=3_000)
        os.utime(
            stream_file(group_folder(tmp_path, GROUP), f"s{number:02d}", 1), ns=(0, number * 10**9)
        )
    left = names(tmp_path)
    assert "s19.log" in left
    assert "s00.log" not in left
    assert len(left) <= 6
    assert names(tmp_path, OTHER) == ["quiet.log"]


def test_all_groups_together_are_bounded_by_bytes_and_by_files(tmp_path):
    for number in range(6):
        group = GroupKey(number + 1, f"/g{number}")
        write(tmp_path, ("s", b"x" * 500), group=group, all_bytes=2_000, all_files=100)
        os.utime(stream_file(group_folder(tmp_path, group), "s", 1), ns=(0, number * 10**9))
    assert len(list(tmp_path.glob("*/*.log"))) <= 4
    write(tmp_path, ("last", b"x\n"), all_files=2)
    assert len(list(tmp_path.glob("*/*.log"))) == 2
    assert names(tmp_path) == ["last.log"]


def test_many_small_streams_are_bounded_too(tmp_path):
    writer = Writer(tmp_path, Bounds(group_files=70, look_after_files=10))
    for number in range(100):
        writer.append(GROUP, f"s{number}", AT, line(b"x\n"))
    writer.close()
    assert len(names(tmp_path)) <= 80


def test_more_streams_than_open_files_are_all_written(tmp_path):
    writer = Writer(tmp_path, Bounds())
    count = OPEN_FILES_MAX + 20
    for number in range(3 * count):
        writer.append(GROUP, str(number % count), AT, line(b"x\n"))
    writer.close()
    for number in range(count):
        assert content(tmp_path, str(number)) == line(b"x\n") * 3


def test_a_file_that_somebody_removes_begins_anew(tmp_path):
    writer = Writer(tmp_path, Bounds())
    writer.append(GROUP, "s", AT, line(b"a\n"))
    stream_file(group_folder(tmp_path, GROUP), "s", 1).unlink()
    writer.append(GROUP, "s", AT, line(b"b\n"))
    writer.close()
    assert content(tmp_path, "s") == line(b"b\n")


def test_files_that_were_written_last_too_long_ago_go(tmp_path):
    writer = Writer(tmp_path, Bounds())
    for stream in ("old", "new"):
        writer.append(GROUP, stream, AT, line(b"x\n"))
    os.utime(stream_file(group_folder(tmp_path, GROUP), "old", 1), ns=(0, 5_000_000))
    os.utime(stream_file(group_folder(tmp_path, GROUP), "new", 1), ns=(0, 6_000_000))
    writer.expire(GROUP, 6)
    assert names(tmp_path) == ["new.log"]
    writer.append(GROUP, "old", AT, line(b"y\n"))
    writer.close()
    assert content(tmp_path, "old") == line(b"y\n")


def test_what_an_older_server_wrote_is_taken_over_and_not_written_into(tmp_path):
    old = old_folder(tmp_path, GROUP.name)
    old.mkdir()
    (old / "s.log").write_bytes(b"START\n")
    (old / "s.log.1").write_bytes(b"INIT_START\n")
    writer = Writer(tmp_path, Bounds())
    writer.append(GROUP, "t", AT, line(b"x\n"))
    writer.adopt(GROUP)
    assert not old.exists()
    writer.append(GROUP, "s", AT, line(b"y\n"))
    writer.close()
    assert names(tmp_path) == ["s.log.1", "s.log", "s@1.log", "t.log"]
    assert content(tmp_path, "s", 2) == line(b"y\n")
    Writer(tmp_path, Bounds()).adopt(GROUP)


def test_a_folder_that_takes_nothing_is_an_error_and_harms_no_other(tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    writer = Writer(blocked, Bounds())
    with pytest.raises(OSError, match="Not a directory"):
        writer.append(GROUP, "s", AT, line(b"x\n"))
    with pytest.raises(OSError, match="Not a directory"):
        writer.create(GROUP, "s", AT)


def test_what_is_written_in_part_does_not_spoil_what_comes_next(tmp_path):
    writer = Writer(tmp_path, Bounds())
    assert writer.create(GROUP, "s", AT)
    assert writer.put(GROUP, "s", AT, [(AT, "before")])
    path = stream_file(group_folder(tmp_path, GROUP), "s", 1)
    with files_of_at_most(path.stat().st_size + 50):
        with pytest.raises(OSError, match="File too large"):
            writer.put(GROUP, "s", AT, [(AT, "x" * 40)] * 1_000)
        with pytest.raises(OSError, match="File too large"):
            writer.append(GROUP, "s", AT, line(b"y" * 80 + b"\n"))
    assert writer.put(GROUP, "s", AT, [(AT, "after")])
    writer.close()
    assert content(tmp_path, "s") == b"%d 0|before\n%d 0|after\n" % (AT, AT)


def test_a_stream_whose_head_finds_no_room_is_not_there(tmp_path):
    writer = Writer(tmp_path, Bounds(stream_bytes=100))
    with files_of_at_most(10):
        with pytest.raises(OSError, match="File too large"):
            writer.create(GROUP, "s", AT)
        with pytest.raises(OSError, match="File too large"):
            writer.append(GROUP, "s", AT, line(b"x\n"))
    assert names(tmp_path) == []
    assert writer.create(GROUP, "s", AT)
    writer.append(GROUP, "s", AT, line(b"a" * 80 + b"\n"))
    with files_of_at_most(10), pytest.raises(OSError, match="File too large"):
        writer.append(GROUP, "s", AT, line(b"b\n"))
    assert names(tmp_path) == ["s.log"]
    writer.append(GROUP, "s", AT, line(b"c\n"))
    writer.close()
    assert content(tmp_path, "s", 2) == line(b"c\n")


def test_what_is_put_into_a_new_file_is_flushed_with_the_folders_that_lead_to_it(
    tmp_path, monkeypatch
):
    writer = Writer(tmp_path / "logs", Bounds())
    writer.append(GROUP, "s", AT, line(b"a\n"))
    flushed, fsync = [], os.fsync

    def note(descriptor):
        flushed.append(Path(os.readlink(f"/proc/self/fd/{descriptor}")))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    assert writer.put(GROUP, "s", AT, [(AT, "put")])
    folder = group_folder(tmp_path / "logs", GROUP)
    after = flushed.index(stream_file(folder, "s", 2))
    assert flushed[after + 1 :] == [folder, tmp_path / "logs", tmp_path]
    flushed.clear()
    assert writer.put(GROUP, "s", AT, [(AT, "again")])
    assert flushed == [stream_file(folder, "s", 2)]
    writer.close()


def test_streams_that_are_only_made_are_bounded_too(tmp_path):
    writer = Writer(tmp_path, Bounds(group_files=70, look_after_files=10))
    for number in range(100):
        assert writer.create(GROUP, f"s{number}", AT)
    writer.close()
    assert len(names(tmp_path)) <= 80


def test_files_that_somebody_removes_meanwhile_keep_nobody_from_the_bounds(tmp_path, monkeypatch):
    write(tmp_path, ("a", b"x\n"), ("b", b"x\n"))
    listed = segment_files(group_folder(tmp_path, GROUP))
    monkeypatch.setattr("headrace.store.logs.writer.segment_files", lambda folder: listed)
    stream_file(group_folder(tmp_path, GROUP), "a", 1).unlink()
    writer = Writer(tmp_path, Bounds(look_after_files=1))
    writer.append(GROUP, "c", AT, line(b"x\n"))
    writer.expire(GROUP, 0)
    writer.close()
    assert content(tmp_path, "c") == line(b"x\n")
