"""Whatever a function leaves, it is removed: no tree is too deep, no mode keeps it."""

import os

import pytest

from headrace.sandbox.removal import remove_tree

#: Deeper than Python calls itself, and with these names than a path may be long.
LEVELS = 1_100
NAME = "deep"


def make_deep(folder, levels=LEVELS):
    """Make folders in each other, with a file in the last."""
    here = os.open(folder, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir(NAME, dir_fd=here)
        below = os.open(NAME, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=here))
    os.close(here)


@pytest.mark.slow
def test_a_tree_without_end_is_removed(tmp_path):
    make_deep(tmp_path)
    remove_tree(str(tmp_path))
    assert not tmp_path.exists()


def test_links_are_removed_and_not_followed(tmp_path):
    kept, gone = tmp_path / "kept", tmp_path / "gone"
    (kept / "inner").mkdir(parents=True)
    (kept / "file").write_text("kept")
    (gone / "a" / "b").mkdir(parents=True)
    (gone / "a" / "b" / "link").symlink_to(kept)
    (gone / "link").symlink_to(kept)
    os.link(kept / "file", gone / "a" / "hard")
    os.mkfifo(gone / "a" / "fifo")
    remove_tree(str(gone))
    assert not gone.exists()
    assert (kept / "file").read_text() == "kept"
    assert (kept / "inner").is_dir()
    (tmp_path / "link").symlink_to(kept)
    remove_tree(str(tmp_path / "link"))
    assert (kept / "file").exists()


def test_names_that_the_removal_uses_itself_are_no_hindrance(tmp_path):
    gone = tmp_path / "gone"
    for path in ("a/b/c", ".up-0-0/x", ".up-0-1", ".up-1-0/y/z"):
        (gone / path).mkdir(parents=True)
        (gone / path / "file").write_text("")
    remove_tree(str(gone))
    assert not gone.exists()


def test_modes_are_no_hindrance(tmp_path):
    gone = tmp_path / "gone"
    (gone / "a" / "b").mkdir(parents=True)
    (gone / "a" / "b" / "file").write_text("")
    (gone / "a" / "b").chmod(0)
    (gone / "a").chmod(0o500)
    gone.chmod(0o111)
    remove_tree(str(gone))
    assert not gone.exists()


def test_what_is_not_there_is_not_removed(tmp_path):
    remove_tree(str(tmp_path / "none"))
    assert list(tmp_path.iterdir()) == []
