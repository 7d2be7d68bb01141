"""Layers whose entries want more memory than a server has are refused before they get it."""

import gzip
import io
import tarfile

import pytest

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import limits
from headrace.sandbox.images.tars import open_layer
from headrace.sandbox.images.unpacking import Tree

BLOCK = 512


def head(name, kind, size, **properties):
    """Return the head of one entry, whose content may be of any size."""
    entry = tarfile.TarInfo(name)
    entry.type, entry.size, entry.mode = kind, size, 0o644
    entry.pax_headers = properties
    return entry.tobuf(tarfile.PAX_FORMAT)


def unpack(root, tar, after=b""):
    Tree(str(root)).lay(io.BytesIO(tar + after + bytes(2 * BLOCK)))


@pytest.mark.parametrize(
    "kind", [tarfile.XHDTYPE, tarfile.XGLTYPE, tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK]
)
@pytest.mark.parametrize("place", ["first", "later"])
def test_a_head_without_end_is_refused_before_it_is_read(tmp_path, kind, place):
    before = b"" if place == "first" else head("file", tarfile.REGTYPE, 0)
    bomb = head("bomb", kind, 1 << 32)
    with pytest.raises(CodeUnusable, match="bytes before its content"):
        unpack(tmp_path, before + bomb, bytes(limits.ENTRY_HEAD_BYTES_MAX + BLOCK))


def test_a_map_of_holes_without_end_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "ENTRY_HEAD_BYTES_MAX", 4 * BLOCK)
    marks = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.realsize": "1"}
    entry = head("file", tarfile.REGTYPE, 1 << 30, **marks)
    digits = b"1" * BLOCK * 3
    with pytest.raises(CodeUnusable, match="bytes before its content"):
        unpack(tmp_path, entry, b"9999999\n" + digits)


def test_heads_in_heads_are_refused(tmp_path):
    with pytest.raises(CodeUnusable, match="heads in heads"):
        unpack(tmp_path, head("x", tarfile.XGLTYPE, 0) * 1_500)


def test_a_negative_size_gives_nothing_back_to_what_may_be_unpacked(tmp_path, monkeypatch):
    monkeypatch.setattr(limits, "IMAGE_BYTES_MAX", 10)
    marks = {"GNU.sparse.map": "0,0", "GNU.sparse.size": "-1000000"}
    gift = head("gift", tarfile.REGTYPE, 0, **marks)
    with pytest.raises(CodeUnusable, match="an entry of -1000000 bytes"):
        unpack(tmp_path, gift, head("bomb", tarfile.REGTYPE, BLOCK) + bytes(BLOCK))
    assert list(tmp_path.iterdir()) == []


def test_what_was_read_is_not_kept(tmp_path):
    layer = b"".join(
        head(f"file{number}", tarfile.REGTYPE, 0, **{f"own{number}": "x"}) for number in range(50)
    )
    with open_layer(io.BytesIO(gzip.compress(layer + bytes(2 * BLOCK)))) as archive:
        names = []
        while (entry := archive.next()) is not None:
            names.append(entry.name)
            archive.forget()
            assert archive.members == []
    assert names == [f"file{number}" for number in range(50)]


def test_a_large_file_with_a_long_name_is_none_of_these(tmp_path):
    name = "/".join(["folder" * 20] * 10)
    content = bytes(limits.ENTRY_HEAD_BYTES_MAX * 2)
    unpack(tmp_path, head(name, tarfile.REGTYPE, len(content)), content)
    assert (tmp_path / name).stat().st_size == len(content)
