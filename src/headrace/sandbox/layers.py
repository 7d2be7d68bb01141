"""Merge unpacked layers into the one folder that a function sees as /opt.

Done once for each list of layers and shared by all functions that have it; its files are hard
links to the unpacked layers, so that it costs no room. Source: spec/lambda.md 1.13, 4.3.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Sequence

from headrace.sandbox import files
from headrace.sandbox.removal import remove_tree


def merged_name(digests: Sequence[str]) -> str:
    """Return the name of the folder for layers in this order."""
    return "opt-" + hashlib.sha256("\n".join(digests).encode()).hexdigest()


def merge_layers(digests: Sequence[str], folder: str) -> str:
    """Return the folder that holds the files of all layers, merging them if that was not done yet.

    Where two layers have a file at one path, the later one's is there; where one has a file and
    the other a folder, too.

    Args:
        digests: Of layers that lie unpacked in `folder`, in their order.
    """
    target = os.path.join(folder, merged_name(digests))
    if os.path.isdir(target):
        return target
    place = tempfile.mkdtemp(prefix=files.TEMPORARY, dir=folder)
    whole = os.path.join(place, "opt")
    try:
        os.mkdir(whole, 0o755)
        for digest in digests:
            _lay(os.path.join(folder, digest), whole)
        try:
            os.rename(whole, target)
        except OSError:
            if not os.path.isdir(target):  # Else another server on this folder was faster.
                raise
    finally:
        remove_tree(place)
    return target


def _lay(layer: str, place: str) -> None:
    """Put one layer over what lies there."""
    for entry in os.scandir(layer):
        target = os.path.join(place, entry.name)
        if entry.is_dir(follow_symlinks=False):
            if os.path.islink(target) or not os.path.isdir(target):
                _clear(target)
                os.mkdir(target, 0o755)
            _lay(entry.path, target)
            continue
        _clear(target)
        if entry.is_symlink():
            os.symlink(os.readlink(entry.path), target)
        else:
            os.link(entry.path, target)


def _clear(path: str) -> None:
    if os.path.isdir(path) and not os.path.islink(path):
        remove_tree(path)
    else:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path)
