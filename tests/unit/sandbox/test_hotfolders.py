"""Folders that functions run from: what counts as a change, and what a copy holds."""

import os
import socket
import stat

import pytest

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import limits
from headrace.sandbox.hotfolders import HotFolders, fingerprint


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    (folder / "pkg").mkdir(parents=True)
    (folder / "app.py").write_text("x = 1\n")
    (folder / "pkg" / "data").write_text("d")
    (folder / "link").symlink_to("pkg/data")
    return folder


@pytest.fixture
def hot(tmp_path):
    (tmp_path / "code").mkdir()
    return HotFolders(str(tmp_path / "code"))


def copy(hot, source):
    return hot.copy(str(source), fingerprint(str(source)))


def names(folder):
    return sorted(os.listdir(folder))


def test_a_folder_that_stays_as_it_is_has_one_fingerprint(source):
    assert fingerprint(str(source)) == fingerprint(str(source))


@pytest.mark.parametrize(
    "change",
    [
        lambda source: (source / "app.py").write_text("x = 2\n"),
        lambda source: (source / "new").write_text(""),
        lambda source: (source / "new").mkdir(),
        lambda source: (source / "app.py").unlink(),
        lambda source: (source / "app.py").chmod(0o755),
        lambda source: (source / "pkg" / "data").rename(source / "pkg" / "other"),
        lambda source: os.replace(source / "pkg" / "data", source / "app.py"),
    ],
    ids=["content", "file", "folder", "gone", "mode", "name", "place"],
)
def test_every_change_is_another_fingerprint(source, change):
    before = fingerprint(str(source))
    change(source)
    assert fingerprint(str(source)) != before


def test_the_time_of_a_file_set_back_is_a_change_all_the_same(source):
    app = source / "app.py"
    status, before = app.stat(), fingerprint(str(source))
    app.write_text("x = 3\n")
    os.utime(app, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert fingerprint(str(source)) != before


def test_what_tools_write_by_the_way_is_no_change_and_not_copied(source, hot):
    before = fingerprint(str(source))
    for name in (".git", "pkg/__pycache__"):
        (source / name).mkdir()
        (source / name / "x").write_text("")
    assert fingerprint(str(source)) == before
    assert names(copy(hot, source)) == ["app.py", "link", "pkg"]


def test_a_copy_holds_files_and_links_that_all_may_read(source, hot, monkeypatch):
    (source / "app.py").chmod(0o600)
    (source / "run").write_text("")
    (source / "run").chmod(0o700)
    with socket.socket(socket.AF_UNIX) as one:
        monkeypatch.chdir(source)
        one.bind("socket")
        place = copy(hot, source)
    assert names(place) == ["app.py", "link", "pkg", "run"]
    assert stat.S_IMODE(os.stat(f"{place}/app.py").st_mode) == 0o644
    assert stat.S_IMODE(os.stat(f"{place}/run").st_mode) == 0o744
    assert os.readlink(f"{place}/link") == "pkg/data"


def test_what_has_not_changed_is_not_copied_again(source, hot):
    first = copy(hot, source)
    (source / "app.py").write_text("x = 2\n")
    second = copy(hot, source)
    with open(f"{first}/app.py") as before, open(f"{second}/app.py") as after:
        assert (before.read(), after.read()) == ("x = 1\n", "x = 2\n")
    assert os.path.samefile(f"{first}/pkg/data", f"{second}/pkg/data")


def test_copies_go_when_nobody_has_them_but_the_newest_stays(source, hot):
    first = copy(hot, source)
    for _ in range(2):
        hot.use(os.path.basename(first))
    (source / "app.py").write_text("x = 2\n")
    second = copy(hot, source)
    hot.use(os.path.basename(second))
    assert hot.leave(os.path.basename(first)) == []
    assert hot.leave(os.path.basename(second)) == []
    assert hot.leave(os.path.basename(first)) == [first]


def test_a_folder_that_comes_back_to_what_it_was_is_copied_again(source, hot):
    (source / "pkg" / "more").mkdir()
    first = copy(hot, source)
    (source / "pkg" / "more").rmdir()
    copy(hot, source)
    (source / "pkg" / "more").mkdir()
    assert copy(hot, source) == first
    assert names(f"{first}/pkg") == ["data", "more"]


def test_what_is_no_folder_is_refused(tmp_path):
    for path in (tmp_path / "none", tmp_path / "file"):
        (tmp_path / "file").write_text("")
        with pytest.raises(CodeUnusable, match="cannot be read"):
            fingerprint(str(path))


@pytest.mark.parametrize("limit", ["ARCHIVE_ENTRIES_MAX", "UNPACKED_BYTES_MAX"])
def test_a_folder_that_holds_too_much_is_refused(source, monkeypatch, limit):
    monkeypatch.setattr(limits, limit, 3)
    with pytest.raises(CodeUnusable, match="more than 3"):
        fingerprint(str(source))


def test_folders_in_each_other_have_a_limit(tmp_path):
    (tmp_path / "/".join(["d"] * (limits.FOLDERS_DEEP_MAX + 1))).mkdir(parents=True)
    with pytest.raises(CodeUnusable, match="folders in each other"):
        fingerprint(str(tmp_path))
