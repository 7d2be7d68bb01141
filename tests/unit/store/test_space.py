"""The reserve of disk space, with a disk that a test fills."""

import pytest

from headrace.store.limits import MIB, SpaceLimits
from headrace.store.space import DiskSpace

LIMITS = SpaceLimits(reserve_bytes=1 * MIB, low_bytes=10 * MIB, enough_bytes=20 * MIB)


@pytest.fixture
def disk(tmp_path, monkeypatch):
    """A disk space whose free bytes are `disk.free`."""
    space = DiskSpace(tmp_path, LIMITS)
    space.free = 100 * MIB
    monkeypatch.setattr(space, "_free_bytes", lambda: space.free)
    return space


def test_the_reserve_is_made_once(disk, tmp_path):
    disk.check()
    assert (tmp_path / "reserve").stat().st_size == 1 * MIB
    written = (tmp_path / "reserve").stat().st_mtime_ns
    disk.check()
    assert (tmp_path / "reserve").stat().st_mtime_ns == written
    assert not disk.is_low


def test_little_space_is_low_until_there_is_clearly_enough(disk, caplog):
    disk.check()
    disk.free = 9 * MIB
    disk.check()
    assert disk.is_low
    disk.free = 19 * MIB
    disk.check()
    assert disk.is_low
    disk.free = 20 * MIB
    assert not disk.is_low
    assert [record.message.split(": ")[1] for record in caplog.records] == [
        "disk space is low (9 MiB)",
        "there is enough disk space again",
    ]


def test_the_reserve_is_given_up_on_a_full_disk_and_made_again_later(disk, tmp_path):
    disk.check()
    disk.free = 0
    disk.give_up_reserve()
    disk.give_up_reserve()
    assert disk.is_low
    assert not (tmp_path / "reserve").exists()
    disk.check()
    assert not (tmp_path / "reserve").exists()
    disk.free = 100 * MIB
    assert not disk.is_low
    disk.check()
    assert (tmp_path / "reserve").exists()


def test_a_real_disk_says_how_much_is_free(tmp_path):
    space = DiskSpace(tmp_path, SpaceLimits(low_bytes=1 << 60, enough_bytes=1 << 61))
    space.check()
    assert space.is_low
    assert not (tmp_path / "reserve").exists()


def test_a_reserve_that_cannot_be_made_is_told_once_and_done_without(disk, tmp_path, caplog):
    (tmp_path / "reserve").symlink_to(tmp_path / "nowhere" / "file")
    for _ in range(3):
        disk.check()
        assert not disk.is_low
    assert [record.message.split(": ")[1][:27] for record in caplog.records] == [
        "no reserve of disk space ([",
    ]


def test_a_disk_that_cannot_be_asked_takes_nothing_more(tmp_path):
    (tmp_path / "file").touch()
    space = DiskSpace(tmp_path / "file" / "none", LIMITS)
    space.check()
    assert space.is_low
    space.give_up_reserve()
    assert space.is_low


def test_a_folder_that_is_gone_is_no_want_of_space(tmp_path):
    """Else what would find out that it is gone, an append, were refused."""
    (tmp_path / "data").mkdir()
    space = DiskSpace(tmp_path / "data", LIMITS)
    space.check()
    (tmp_path / "data").rename(tmp_path / "moved")
    space.check()
    assert not space.is_low
