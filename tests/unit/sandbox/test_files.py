"""Archives are unpacked whole or not at all, and never lead out of their folder."""

import os
import stat
import zipfile
import zlib

import pytest

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import files, limits


@pytest.fixture
def folder(tmp_path):
    return files.open_folder(str(tmp_path / "code"))


@pytest.fixture
def unpack(tmp_path, folder):
    """Return a function that unpacks entries, each a name or ZipInfo and its bytes."""

    def unpack(*entries, patch=None):
        path = tmp_path / "a.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, data in entries:
                archive.writestr(name, data)
        if patch is not None:
            path.write_bytes(patch(path.read_bytes()))
        return files.unpack_code(str(path), "digest", folder)

    return unpack


def entry(name, mode):
    info = zipfile.ZipInfo(name)
    info.external_attr = mode << 16
    return info


def test_files_and_folders_are_unpacked_with_their_modes(unpack):
    place = unpack(
        (entry("run.sh", stat.S_IFREG | 0o755), b"#!"),
        (entry("secret", stat.S_IFREG | 0o600), b"1"),
        (entry("plain", 0), b"2"),
        ("a/b/c.py", b"3"),
        ("empty/", b""),
    )
    modes = {
        name: stat.S_IMODE(os.stat(f"{place}/{name}").st_mode)
        for name in ("run.sh", "secret", "plain", "a", "empty")
    }
    assert modes == {
        "run.sh": 0o755, "secret": 0o644, "plain": 0o644, "a": 0o755, "empty": 0o755,
    }  # fmt: skip
    with open(f"{place}/a/b/c.py") as file:
        assert file.read() == "3"


def test_an_archive_is_unpacked_once(unpack, folder):
    place = unpack(("a", b"1"))
    assert unpack(("a", b"2")) == place
    with open(f"{place}/a") as file:
        assert file.read() == "1"
    assert os.listdir(folder) == ["digest"]


@pytest.mark.parametrize("name", ["../a", "/a", "x/../../a", "..\\a", "\\a", "x/.."])
def test_a_name_that_leads_out_is_refused(unpack, folder, name):
    with pytest.raises(CodeUnusable, match="leads out of its folder"):
        unpack((name, b""))
    assert os.listdir(folder) == []


@pytest.mark.parametrize(
    "name, target", [("a", "/etc/passwd"), ("a", "../x"), ("d/a", "../../x"), ("a", "b/../../x")]
)
def test_a_link_that_leads_out_is_refused(unpack, name, target):
    with pytest.raises(CodeUnusable, match="leads out of its folder"):
        unpack((entry(name, stat.S_IFLNK | 0o777), target))


def test_a_link_inside_is_kept_and_nothing_is_written_through_a_link(unpack, tmp_path):
    place = unpack(("lib/real.py", b"1"), (entry("lib/link.py", stat.S_IFLNK | 0o777), "real.py"))
    assert os.readlink(f"{place}/lib/link.py") == "real.py"


def test_a_link_through_a_link_cannot_lead_out(unpack):
    with pytest.raises(CodeUnusable):
        unpack(
            ("d/x", b""),
            (entry("up", stat.S_IFLNK | 0o777), "d/.."),
            (entry("out", stat.S_IFLNK | 0o777), "up/../../x"),
        )


def test_a_device_is_refused(unpack):
    with pytest.raises(CodeUnusable, match="no file"):
        unpack((entry("a", stat.S_IFCHR | 0o666), b""))


def test_two_entries_for_one_path_are_refused(unpack):
    with pytest.raises(CodeUnusable, match="two entries"):
        unpack(("a", b""), ("a/b", b""))


def test_what_is_no_zip_is_refused(unpack, folder):
    with pytest.raises(CodeUnusable, match="not a usable zip"):
        unpack(patch=lambda data: b"nothing like a zip")
    with pytest.raises(CodeUnusable, match="not a usable zip"):
        unpack(("a", b"x" * 1000), patch=lambda data: data.replace(data[40:44], b"\xff" * 4, 1))
    assert os.listdir(folder) == []


def test_too_many_entries_are_refused(unpack, monkeypatch):
    monkeypatch.setattr(limits, "ARCHIVE_ENTRIES_MAX", 2)
    with pytest.raises(CodeUnusable, match="more than 2 entries"):
        unpack(("a", b""), ("b", b""), ("c", b""))


def test_a_bomb_that_says_so_is_refused_before_it_is_unpacked(unpack, folder):
    """Ten gigabytes of zeros, as 10 MB of zip: its directory is enough to refuse it."""

    def claim(data):
        # The central directory's field for the unpacked size, made 10 GB through the zip64 field.
        return data.replace((1000).to_bytes(4, "little"), (4_000_000_000).to_bytes(4, "little"))

    with pytest.raises(CodeUnusable, match="Unzipped size must be smaller than 262144000 bytes"):
        unpack(("a", b"\0" * 1000), ("b", b"\0" * 1000), ("c", b"\0" * 1000), patch=claim)
    assert os.listdir(folder) == []


def test_a_bomb_that_claims_less_is_cut_while_it_is_unpacked(unpack, folder, monkeypatch):
    monkeypatch.setattr(limits, "UNPACKED_BYTES_MAX", 1_000_000)
    size = 10_000_000
    real = zlib.crc32(b"\0" * size)

    def lie(data):
        assert data.count(size.to_bytes(4, "little")) == 2
        assert data.count(real.to_bytes(4, "little")) == 2
        return data.replace(size.to_bytes(4, "little"), (1000).to_bytes(4, "little"))

    with pytest.raises(CodeUnusable):
        unpack(("bomb", b"\0" * size), patch=lie)
    assert os.listdir(folder) == []


def test_several_files_count_together(unpack, monkeypatch):
    monkeypatch.setattr(limits, "UNPACKED_BYTES_MAX", 1_500)
    with pytest.raises(CodeUnusable, match="smaller than 1500 bytes"):
        unpack(("a", b"x" * 1000), ("b", b"x" * 1000))


def test_what_was_unpacked_before_the_machine_started_anew_is_thrown_away(tmp_path):
    parent = tmp_path / "code"
    (parent / "another-boot" / "digest").mkdir(parents=True)
    folder = files.open_folder(str(parent))
    os.mkdir(f"{folder}/.unpacking-x")
    os.mkdir(f"{folder}/digest")
    assert files.open_folder(str(parent)) == folder
    assert os.listdir(parent) == [os.path.basename(folder)]
    assert os.listdir(folder) == ["digest"]
    assert files.is_unpacked("digest", folder)
    assert not files.is_unpacked("other", folder)


def test_folders_in_each_other_have_a_limit(unpack):
    deep = "/".join(["d"] * limits.FOLDERS_DEEP_MAX)
    with pytest.raises(CodeUnusable, match="folders in each other"):
        unpack((f"{deep}/file", b""))


def test_links_lead_no_deeper_either(unpack):
    half = "/".join(["d"] * (limits.FOLDERS_DEEP_MAX - 10))
    link = stat.S_IFLNK | 0o777
    with pytest.raises(CodeUnusable, match="folders in each other"):
        unpack(
            (f"{half}/file", b""),
            (entry("link", link), half.encode()),
            (entry("link/" + "e/" * 20 + "other", link), b"file"),
        )
