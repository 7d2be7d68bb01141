"""Log streams in files and in memory."""

import asyncio
import logging
import threading

import pytest

from headrace.shell.logsink import FileLogSink, MemoryLogSink, stream_path

GROUP = "/aws/lambda/f"
STREAM = "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"


def write(folder, *lines, **options):
    """Write lines as (stream, text) to a sink and close it."""

    async def story():
        sink = FileLogSink(folder, **options)
        for stream, text in lines:
            sink.write(GROUP, stream, text)
        await sink.close()

    asyncio.run(story())


def test_lines_are_in_the_file_of_their_stream_in_order(tmp_path):
    write(tmp_path, (STREAM, b"a\n"), ("other", b"b\n"), (STREAM, b"c\n"))
    assert stream_path(tmp_path, GROUP, STREAM).read_bytes() == b"a\nc\n"
    assert stream_path(tmp_path, GROUP, "other").read_bytes() == b"b\n"


def test_a_stream_goes_on_where_it_was(tmp_path):
    write(tmp_path, (STREAM, b"a\n"))
    write(tmp_path, (STREAM, b"b\n"))
    assert stream_path(tmp_path, GROUP, STREAM).read_bytes() == b"a\nb\n"


def test_files_are_named_after_group_and_stream(tmp_path):
    path = stream_path(tmp_path, GROUP, STREAM)
    assert path.relative_to(tmp_path).parts == (
        "%2Faws%2Flambda%2Ff",
        "2026%2F11%2F23%2F[$LATEST]0123456789abcdef0123456789abcdef.log",
    )


@pytest.mark.parametrize("group", [".", "..", "../../etc", "/", "x" * 512])
def test_no_name_leaves_the_folder_or_is_too_long(tmp_path, group):
    path = stream_path(tmp_path, group, "s")
    assert path.parent.parent == tmp_path
    assert path.parent.name not in {".", ".."}
    assert len(path.parent.name) <= 200
    path.parent.mkdir()


def test_long_names_that_differ_at_the_end_have_different_files(tmp_path):
    assert stream_path(tmp_path, "x" * 300 + "a", "s") != stream_path(
        tmp_path, "x" * 300 + "b", "s"
    )


def test_a_stream_that_grows_too_long_goes_on_in_a_new_file_and_keeps_one_old(tmp_path):
    for line in (b"aaa\n", b"bbb\n", b"cc\n"):
        write(tmp_path, ("s", line), stream_bytes_max=4)
    path = stream_path(tmp_path, GROUP, "s")
    assert path.read_bytes() == b"cc\n"
    assert path.with_name("s.log.1").read_bytes() == b"bbb\n"


def test_the_files_written_longest_ago_go_when_all_are_too_big(tmp_path):
    write(tmp_path, ("old", b"x" * 9 + b"\n"))
    write(tmp_path, ("new", b"y" * 9 + b"\n"), stream_bytes_max=1_000, folder_bytes_max=15)
    assert not stream_path(tmp_path, GROUP, "old").exists()
    assert stream_path(tmp_path, GROUP, "new").exists()


def test_lines_that_come_too_fast_are_dropped_and_the_stream_says_so(tmp_path):
    async def story():
        sink = FileLogSink(tmp_path, waiting_bytes_max=10)
        entered, hold = threading.Event(), threading.Event()
        append = sink._files.append

        def slowly(key, text):
            entered.set()
            hold.wait()
            append(key, text)

        sink._files.append = slowly
        sink.write(GROUP, "s", b"12345678\n")
        await asyncio.to_thread(entered.wait)
        sink.write(GROUP, "s", b"dropped\n")
        hold.set()
        await sink.close()

    asyncio.run(story())
    assert stream_path(tmp_path, GROUP, "s").read_bytes() == (
        b"12345678\nHEADRACE_WARNING: 8 bytes of log lines were dropped here: they came faster "
        b"than they could be written.\n"
    )


def test_a_folder_that_takes_nothing_is_logged_once_and_breaks_nothing(tmp_path, caplog):
    blocked = tmp_path / "file"
    blocked.write_text("")
    with caplog.at_level(logging.WARNING):
        write(blocked, ("a", b"1\n"), ("b", b"2\n"))
    assert len(caplog.records) == 1
    assert "log lines of functions are lost" in caplog.text


def test_what_comes_after_the_end_is_dropped(tmp_path):
    async def story():
        sink = FileLogSink(tmp_path)
        await sink.close()
        sink.write(GROUP, "s", b"late\n")

    asyncio.run(story())
    assert list(tmp_path.iterdir()) == []


def test_more_streams_than_open_files_are_all_written(tmp_path):
    lines = [(str(number % 100), b"x\n") for number in range(300)]
    write(tmp_path, *lines)
    for number in range(100):
        assert stream_path(tmp_path, GROUP, str(number)).read_bytes() == b"x\n" * 3


def test_the_sink_in_memory_holds_everything():
    async def story():
        sink = MemoryLogSink()
        sink.write(GROUP, "a", b"1\n")
        sink.write(GROUP, "b", b"2\n")
        sink.write(GROUP, "a", b"3\n")
        sink.write("other", "c", b"4\n")
        await sink.close()
        assert sink.streams[GROUP, "a"] == b"1\n3\n"
        assert sink.text(GROUP) == "1\n3\n2\n"

    asyncio.run(story())
