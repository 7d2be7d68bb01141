"""Layers become one root file system, whatever their entries try."""

import io
import os
import stat
import tarfile

import pytest

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox import limits
from headrace.sandbox.images.sources import find_image
from headrace.sandbox.images.unpacking import Tree, image_name, unpack_image
from tests.unit.sandbox.image_files import MACHINE, make_layer, make_oci, make_root

HERE = "x86_64" if MACHINE == "amd64" else "arm64"


@pytest.fixture
def root(tmp_path):
    folder = tmp_path / "root"
    folder.mkdir()
    return folder


def lay(root, *layers):
    tree = Tree(str(root))
    for layer in layers:
        content = layer if isinstance(layer, bytes) else make_layer(layer)
        tree.lay(io.BytesIO(content))


def entries(*made):
    """Return a tar of (name, type, link or content, mode)."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, value, mode in made:
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode = kind, mode
            data = None
            if kind == tarfile.REGTYPE:
                entry.size, data = len(value), io.BytesIO(value)
            else:
                entry.linkname = value
            archive.addfile(entry, data)
    return buffer.getvalue()


def expect_refusal(root, layer, match):
    with pytest.raises(CodeUnusable, match=match):
        lay(root, layer)


def test_later_layers_go_over_earlier_ones(root):
    lay(root, {"a": b"1", "d/e": b"1", "f": b"1"}, {"a": b"2", "d": b"file", "f/g": b"2"})
    assert (root / "a").read_bytes() == b"2"
    assert (root / "d").read_bytes() == b"file"
    assert (root / "f" / "g").read_bytes() == b"2"


def test_compressed_layers_are_read(root):
    lay(root, make_layer({"a": b"1"}, compress=True))
    assert (root / "a").read_bytes() == b"1"


def test_a_deletion_takes_away_what_lower_layers_brought(root):
    lay(root, {"a": b"1", "d/e": b"1", "d/f": b"1"}, {".wh.a": b"", "d/.wh.e": b"", ".wh.no": b""})
    assert sorted(os.listdir(root)) == ["d"]
    assert os.listdir(root / "d") == ["f"]


def test_an_opaque_folder_hides_lower_layers_but_not_its_own(root):
    lay(
        root,
        {"d/old": b"1", "d/sub/old": b"1", "d/gone/x": b"1"},
        {"d/sub/new": b"2", "d/.wh..wh..opq": b"", "d/late": b"2"},
    )
    assert sorted(os.listdir(root / "d")) == ["late", "sub"]
    assert sorted(os.listdir(root / "d" / "sub")) == ["new"]


def test_links_are_followed_inside_the_root_only(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    lay(
        root,
        {
            "absolute": str(outside),
            "up": "../../outside",
            "absolute/a": b"1",
            "up/b": b"1",
            "usr/bin": None,
            "bin": "usr/bin",
            "bin/sh": b"1",
        },
    )
    assert list(outside.iterdir()) == []
    assert (root / str(outside)[1:] / "a").read_bytes() == b"1"
    assert (root / "outside" / "b").read_bytes() == b"1"
    assert (root / "usr" / "bin" / "sh").read_bytes() == b"1"


def test_a_file_in_the_place_of_a_link_does_not_go_through_it(root, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("safe")
    lay(root, {"link": str(victim)}, {"link": b"1"})
    assert victim.read_text() == "safe"
    assert (root / "link").read_bytes() == b"1"


def test_a_deletion_does_not_go_through_a_link(root, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "a").write_text("safe")
    lay(root, {"link": str(outside)}, {"link/.wh.a": b"", "link/.wh..wh..opq": b""})
    assert (outside / "a").read_text() == "safe"


def test_hard_links_share_their_file(root):
    lay(root, entries(("d/a", tarfile.REGTYPE, b"1", 0o644), ("b", tarfile.LNKTYPE, "d/a", 0o644)))
    assert os.path.samefile(root / "d" / "a", root / "b")


def test_a_hard_link_to_a_link_is_the_link(root, tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("safe")
    layer = entries(
        ("link", tarfile.SYMTYPE, str(victim), 0o777), ("b", tarfile.LNKTYPE, "link", 0o644)
    )
    lay(root, layer, {"b": b"1"})
    assert victim.read_text() == "safe"


@pytest.mark.parametrize("target", ["none", "folder"])
def test_a_hard_link_to_nothing_is_refused(root, target):
    (root / "folder").mkdir()
    expect_refusal(root, entries(("b", tarfile.LNKTYPE, target, 0o644)), "hard link to nothing")


@pytest.mark.parametrize(
    "layer",
    [
        {"../a": b"1"},
        {"a/../../b": b"1"},
        {"a/..": None},
    ],
    ids=["up", "through", "folder"],
)
def test_entries_that_lead_out_are_refused(root, layer):
    expect_refusal(root, make_layer(layer), "leads out of its root")
    assert [one.name for one in root.parent.iterdir()] == ["root"]


def test_hard_links_that_lead_out_are_refused(root):
    layer = entries(("b", tarfile.LNKTYPE, "../victim", 0o644))
    expect_refusal(root, layer, "leads out of its root")


def test_a_slash_before_a_name_is_the_root(root):
    lay(root, {"/etc/a": b"1"})
    assert (root / "etc" / "a").read_bytes() == b"1"


@pytest.mark.parametrize("name", [".wh.", ".wh..", "d/.wh..."])
def test_a_deletion_of_nothing_is_refused(root, name):
    (root / "d").mkdir()
    expect_refusal(root, make_layer({name: b""}), "deletes nothing")
    assert (root / "d").is_dir()


def test_links_in_circles_are_refused(root):
    expect_refusal(root, make_layer({"a": "b", "b": "a", "a/c": b"1"}), "lead in circles")


def test_rights_beyond_reading_writing_and_executing_are_left_out(root):
    layer = entries(
        ("su", tarfile.REGTYPE, b"1", 0o6755),
        ("shut", tarfile.DIRTYPE, "", 0o000),
        ("shut/a", tarfile.REGTYPE, b"1", 0o000),
        ("null", tarfile.CHRTYPE, "", 0o666),
        ("pipe", tarfile.FIFOTYPE, "", 0o666),
    )
    lay(root, layer)
    assert sorted(os.listdir(root)) == ["shut", "su"]
    assert stat.S_IMODE((root / "su").stat().st_mode) == 0o755
    assert stat.S_IMODE((root / "shut").stat().st_mode) == 0o700


@pytest.mark.parametrize("limit", ["IMAGE_BYTES_MAX", "IMAGE_ENTRIES_MAX"])
def test_an_image_holds_only_so_much_over_all_its_layers(root, monkeypatch, limit):
    monkeypatch.setattr(limits, limit, 3)
    with pytest.raises(CodeUnusable, match="more than 3"):
        lay(root, {"a": b"1", "b": b"2"}, {"c": b"3", "d": b"4"})


@pytest.mark.parametrize("cut", [10, 700])
def test_a_layer_that_is_cut_off_is_refused(root, cut):
    expect_refusal(root, make_layer({"a": b"1" * 1_000})[:cut], "not a usable tar")


def test_an_image_is_unpacked_once_with_what_every_root_needs(tmp_path):
    layer = make_layer({"a": b"1", "tmp": "/a", "etc/hosts": "/a"})
    digest = make_oci(tmp_path / "oci", [layer], {})
    folder = tmp_path / "code"
    folder.mkdir()
    uri = f"oci:{tmp_path / 'oci'}"
    place = unpack_image(uri, digest, HERE, str(folder))
    assert os.path.basename(place) == image_name(digest)
    assert {"a", "dev", "etc", "opt", "proc", "tmp"} == set(os.listdir(place))
    assert not os.path.islink(f"{place}/tmp")
    assert os.path.isfile(f"{place}/etc/hosts")
    assert not os.path.islink(f"{place}/etc/hosts")
    (tmp_path / "oci" / "index.json").unlink()
    assert unpack_image(uri, digest, HERE, str(folder)) == place
    assert [one.name for one in folder.iterdir()] == [image_name(digest)]


def test_nothing_is_left_of_an_image_that_cannot_be_unpacked(tmp_path):
    digest = make_oci(tmp_path / "oci", [make_layer({"a": b"1", "../b": b""})], {})
    folder = tmp_path / "code"
    folder.mkdir()
    with pytest.raises(CodeUnusable):
        unpack_image(f"oci:{tmp_path / 'oci'}", digest, HERE, str(folder))
    assert list(folder.iterdir()) == []


def test_a_root_file_system_is_copied_as_it_was(tmp_path):
    source = make_root(tmp_path / "source", {"bin/a": b"1", "b": "/bin/a"})
    os.mkfifo(source / "pipe")
    folder = tmp_path / "code"
    folder.mkdir()
    uri = f"rootfs:{source}"
    place = unpack_image(uri, find_image(uri, HERE).digest, HERE, str(folder))
    assert os.readlink(f"{place}/b") == "/bin/a"
    assert os.stat(f"{place}/bin/a").st_mode & 0o777 == 0o755
    assert not os.path.lexists(f"{place}/pipe")
    with pytest.raises(CodeUnusable, match="Update its code"):
        unpack_image(uri, "0" * 64, HERE, str(folder))


def test_folders_in_each_other_have_a_limit(root):
    half = "/".join(["d"] * (limits.FOLDERS_DEEP_MAX - 10))
    lay(root, {half: None, "link": half})
    expect_refusal(root, make_layer({"link/" + "e/" * 20: None}), "folders in each other")
