"""Names of files and folders: readable, and never outside."""

import os

import pytest

from headrace.core.logs.events import GroupKey
from headrace.store.logs.folder import (
    group_folder,
    group_number,
    old_folder,
    old_groups,
    place_of,
    segment_files,
    stream_file,
)
from headrace.store.logs.lines import Head, Place, head_line

STREAM = "2026/11/23/[$LATEST]0123456789abcdef0123456789abcdef"


def test_files_are_named_after_group_and_stream(tmp_path):
    folder = group_folder(tmp_path, GroupKey(23, "/aws/lambda/f"))
    assert folder == tmp_path / "%2Faws%2Flambda%2Ff@23"
    assert group_number(folder.name) == 23
    name = "2026%2F11%2F23%2F[$LATEST]0123456789abcdef0123456789abcdef"
    assert stream_file(folder, STREAM, 1) == folder / f"{name}.log"
    assert stream_file(folder, STREAM, 3) == folder / f"{name}@2.log"


@pytest.mark.parametrize("name", [".", "..", "../../etc", "/", "x" * 512, "a@1", "%40"])
def test_no_name_leaves_the_folder_or_is_too_long(tmp_path, name):
    folder = group_folder(tmp_path, GroupKey(1, name))
    assert folder.parent == tmp_path
    assert len(folder.name) <= 210
    folder.mkdir()
    path = stream_file(folder, name, 12)
    assert path.parent == folder
    path.write_text("")
    (file,) = segment_files(folder)
    assert (file.segment, file.name) == (12, path.name)


def test_long_names_that_differ_at_the_end_have_different_files(tmp_path):
    assert stream_file(tmp_path, "x" * 300 + "a", 1) != stream_file(tmp_path, "x" * 300 + "b", 1)


def test_segments_come_one_after_the_other_and_what_is_none_is_left_out(tmp_path):
    for name in ("s@10.log", "s.log", "s@2.log", "r.log", "s.log.1", "notes.txt", "s.log.2"):
        (tmp_path / name).write_text("")
    assert [file.name for file in segment_files(tmp_path)] == [
        "r.log",
        "s.log.1",
        "s.log",
        "s@2.log",
        "s@10.log",
    ]
    assert segment_files(tmp_path / "absent") == []


def test_what_older_servers_wrote_is_found_by_its_name(tmp_path):
    old_folder(tmp_path, "/aws/lambda/f").mkdir()
    old_folder(tmp_path, "x" * 512).mkdir()
    group_folder(tmp_path, GroupKey(1, "/new")).mkdir()
    (tmp_path / "file").write_text("")
    assert list(old_groups(tmp_path)) == ["/aws/lambda/f"]


def test_a_file_says_what_it_holds(tmp_path):
    path = stream_file(tmp_path, "y" * 300, 2)
    head = head_line("y" * 300, 5, ordered=True)
    path.write_bytes(head + b"1 0 x\n")
    (file,) = segment_files(tmp_path)
    told = Head("y" * 300, 5, ordered=True)
    assert place_of(path, file) == (Place("y" * 300, 2), told, len(head))
    path.unlink()
    path = stream_file(tmp_path, "old", 1)
    path.write_bytes(b"START\n")
    os.utime(path, ns=(0, 7_000_000))
    (file,) = segment_files(tmp_path)
    assert place_of(path, file) == (Place("old", 1, plain_at=7), Head("old", 7), 0)
