"""Which file a stream lies in.

A group is a folder `<name>@<number>`, a stream in it the file `<name>.log`, which goes on in
`<name>@1.log`, `<name>@2.log`. What a file name may not hold is escaped as in URLs, an at sign
too. Servers before this format had folders without a number, and `<name>.log.1` for what was older
than `<name>.log`.
"""

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, unquote

import msgspec

from headrace.core.logs.events import GroupKey
from headrace.store.logs.lines import Head, Place, read_head

#: Characters of a file name; a longer one ends in a digest of the whole.
NAME_LENGTH_MAX = 200
#: Bytes of a file's first line that are read.
HEAD_BYTES_MAX = 4_096

_FILE = re.compile(r"(?P<stream>[^@]+)(?:@(?P<segment>\d{1,6}))?\.log(?P<old>\.1)?")
_GROUP = re.compile(r"(?P<name>[^@]+)@(?P<number>\d+)")


class SegmentFile(msgspec.Struct, frozen=True, gc=False, order=True):
    """One file of a stream, by what its name says."""

    stream: str  #: As the name of the file has it: escaped, perhaps cut short.
    segment: int  #: From 1 on; 0 is what an older server had moved away.
    name: str


def group_folder(folder: Path, group: GroupKey) -> Path:
    """Return the folder of a group."""
    return folder / f"{escaped(group.name)}@{group.number}"


def group_number(name: str) -> int | None:
    """Return the number of the group that a folder belongs to; None: it has none."""
    match = _GROUP.fullmatch(name)
    return None if match is None else int(match["number"])


def old_folder(folder: Path, name: str) -> Path:
    """Return the folder in which older servers kept a group of this name."""
    return folder / escaped(name)


def old_groups(folder: Path) -> Iterator[str]:
    """Yield the names of groups that only older servers have written; shortened ones are lost."""
    with os.scandir(folder) as entries:
        for entry in entries:
            whole = "@" not in entry.name and len(entry.name) < NAME_LENGTH_MAX
            if whole and entry.is_dir(follow_symlinks=False):
                yield unquote(entry.name)


def stream_file(folder: Path, stream: str, segment: int) -> Path:
    """Return a file of a stream in the folder of its group; the first segment is 1."""
    number = f"@{segment - 1}" if segment > 1 else ""
    return folder / f"{escaped(stream)}{number}.log"


def is_segment(name: str) -> bool:
    """Tell whether a file in the folder of a group is one of a stream, by its name."""
    return _FILE.fullmatch(name) is not None


def segment_files(folder: Path) -> list[SegmentFile]:
    """Return all files of a group, the segments of a stream one after the other."""
    try:
        with os.scandir(folder) as entries:
            names = [entry.name for entry in entries]
    except FileNotFoundError:
        return []
    found = []
    for name in names:
        match = _FILE.fullmatch(name)
        if match is not None:
            segment = 0 if match["old"] else int(match["segment"] or 0) + 1
            found.append(SegmentFile(match["stream"], segment, name))
    return sorted(found)


def place_of(path: Path, file: SegmentFile) -> tuple[Place, Head, int]:
    """Return how a file is read, what it says of itself, and where its events begin.

    Raises:
        OSError: It cannot be read, or is gone.
    """
    with path.open("rb") as opened:
        line = opened.readline(HEAD_BYTES_MAX)
        head = read_head(line)
        if head is not None:
            return Place(head.stream, file.segment), head, len(line)
        instant = os.fstat(opened.fileno()).st_mtime_ns // 1_000_000
    head = Head(unquote(file.stream), instant)
    return Place(head.stream, file.segment, plain_at=instant), head, 0


def escaped(name: str) -> str:
    """Return a name as a file may have it."""
    text = quote(name, safe="[]$#")
    if not text.strip("."):
        text = text.replace(".", "%2E")
    if len(text) > NAME_LENGTH_MAX:
        digest = hashlib.sha256(name.encode()).hexdigest()[:32]
        text = f"{text[: NAME_LENGTH_MAX - 33]}-{digest}"
    return text
