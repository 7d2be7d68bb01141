"""The lock of a data folder."""

import os
import subprocess
import sys

import pytest

from headrace.ports.journal import JournalInUse
from headrace.store.folder import FolderLock, sync_folder

HOLD = """
import sys, time
from pathlib import Path
from headrace.store.folder import FolderLock
FolderLock(Path(sys.argv[1])).take()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_held_by_one_and_names_its_process(tmp_path):
    first, second = FolderLock(tmp_path), FolderLock(tmp_path)
    first.take()
    first.take()
    assert first.is_held
    assert (tmp_path / "lock").read_text().startswith(f"{os.getpid()}\nThe Headrace server")
    with pytest.raises(JournalInUse, match=rf"in use by another .* \(process {os.getpid()}\)"):
        second.take()
    assert not second.is_held
    first.release()
    first.release()
    second.take()
    second.release()


def test_a_killed_process_lets_go(tmp_path):
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    ) as child:
        assert child.stdout.readline() == b"held\n"
        lock = FolderLock(tmp_path)
        with pytest.raises(JournalInUse, match=f"process {child.pid}"):
            lock.take()
        child.kill()
    lock.take()
    assert lock.is_held
    lock.release()


def test_a_folder_that_is_not_there_cannot_be_synced(tmp_path):
    sync_folder(tmp_path)
    with pytest.raises(FileNotFoundError):
        sync_folder(tmp_path / "nowhere")
