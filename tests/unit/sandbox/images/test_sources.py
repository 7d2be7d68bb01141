"""Images are found where they lie, and nothing in them is taken unchecked."""

import json

import pytest

from headrace.ports.sandbox import CodeUnusable, ImageFound
from headrace.sandbox.images.reference import parse_image
from headrace.sandbox.images.sources import find_image, open_image
from tests.unit.sandbox.image_files import MACHINE, make_docker_archive, make_layer, make_oci

HERE, THERE = ("x86_64", "arm64") if MACHINE == "amd64" else ("arm64", "x86_64")
LAYER = make_layer({"a": b"1"})
CONFIG = {"Entrypoint": ["/a"], "Cmd": ["b"], "WorkingDir": "/w", "Env": ["A=1=2", "B="]}


def found(digest, uri, **changes):
    values = {
        "digest": digest,
        "resolved_uri": f"{uri}@sha256:{digest}",
        "architecture": HERE,
        "entry_point": ("/a",),
        "command": ("b",),
        "working_directory": "/w",
        "variables": {"A": "1=2", "B": ""},
    }
    return ImageFound(**(values | changes))


def layers_of(uri, digest=""):
    with open_image(parse_image(uri), digest, HERE) as layers:
        return [layer.read() for layer in layers.open()]


def expect_refusal(uri, match):
    with pytest.raises(CodeUnusable, match=match):
        layers_of(uri)


def test_an_image_in_an_oci_layout_says_what_it_is(tmp_path):
    digest = make_oci(tmp_path, [LAYER], CONFIG)
    assert find_image(f"oci:{tmp_path}:latest", HERE) == found(digest, f"oci:{tmp_path}")
    assert find_image(f"oci:{tmp_path}", HERE) == found(digest, f"oci:{tmp_path}")
    assert layers_of(f"oci:{tmp_path}") == [LAYER]


def test_an_image_that_says_little_is_one(tmp_path):
    digest = make_oci(tmp_path, [LAYER], {}, architecture="")
    shown = find_image(f"oci:{tmp_path}", HERE)
    assert shown == ImageFound(digest, f"oci:{tmp_path}@sha256:{digest}", "")


def test_an_image_in_a_docker_archive_says_what_it_is(tmp_path):
    path = tmp_path / "f.tar"
    digest = make_docker_archive(path, [LAYER, make_layer({}, compress=True)], CONFIG)
    for uri in (f"docker-archive:{path}", f"docker-archive:{path}:latest"):
        assert find_image(uri, HERE) == found(digest, f"docker-archive:{path}")
    assert layers_of(f"docker-archive:{path}")[0] == LAYER


def test_a_root_file_system_stands_for_itself(tmp_path):
    (tmp_path / "a").write_text("")
    uri = f"rootfs:{tmp_path}"
    first = find_image(uri, HERE)
    assert first == ImageFound(first.digest, f"{uri}@sha256:{first.digest}", "")
    assert len(first.digest) == 64
    (tmp_path / "b").write_text("")
    assert find_image(uri, HERE).digest != first.digest
    with pytest.raises(CodeUnusable, match="cannot be read"):
        find_image(f"rootfs:{tmp_path}/none", HERE)


def test_tags_choose_and_one_that_moves_leaves_the_old_image_to_those_who_have_it(tmp_path):
    one = make_oci(tmp_path, [LAYER], CONFIG, tag="one")
    two = make_oci(tmp_path, [make_layer({"b": b"2"})], CONFIG, tag="two")
    assert find_image(f"oci:{tmp_path}:one", HERE).digest == one
    assert find_image(f"oci:{tmp_path}:two", HERE).digest == two
    expect_refusal(f"oci:{tmp_path}", "2 images that could be meant")
    expect_refusal(f"oci:{tmp_path}:three", "none has the tag three")
    make_oci(tmp_path, [make_layer({"c": b"3"})], CONFIG, tag="one")
    assert layers_of(f"oci:{tmp_path}:one", one) == [LAYER]


def test_of_images_for_several_machines_the_one_for_this_is_meant(tmp_path):
    digest = make_oci(tmp_path, [LAYER], CONFIG, index=True)
    assert find_image(f"oci:{tmp_path}:latest", HERE).digest == digest
    refused_machine = THERE
    with (
        pytest.raises(CodeUnusable, match="2 images"),
        open_image(parse_image(f"oci:{tmp_path}"), "", refused_machine),
    ):
        pass


def test_an_image_for_another_machine_says_so(tmp_path):
    other = "arm64" if MACHINE == "amd64" else "amd64"
    make_oci(tmp_path, [LAYER], CONFIG, architecture=other)
    assert find_image(f"oci:{tmp_path}", HERE).architecture == THERE


def test_damaged_blobs_are_refused(tmp_path):
    digest = make_oci(tmp_path, [LAYER], CONFIG)
    blobs = tmp_path / "blobs" / "sha256"
    manifest = json.loads((blobs / digest).read_text())
    layer = blobs / manifest["layers"][0]["digest"].removeprefix("sha256:")
    layer.write_bytes(LAYER[:-1])
    expect_refusal(f"oci:{tmp_path}", "damaged or incomplete")
    config = blobs / manifest["config"]["digest"].removeprefix("sha256:")
    config.write_text("{}")
    expect_refusal(f"oci:{tmp_path}", "is not what its name says")
    config.unlink()
    expect_refusal(f"oci:{tmp_path}", "cannot be read")


def test_damaged_archives_are_refused(tmp_path):
    path = tmp_path / "f.tar"
    uri = f"docker-archive:{path}"
    expect_refusal(uri, "cannot be read")
    path.write_bytes(b"no tar")
    expect_refusal(uri, "cannot be read")
    make_docker_archive(path, [LAYER], CONFIG, **{"0/layer.tar": LAYER + bytes(512)})
    expect_refusal(uri, "damaged or incomplete")
    make_docker_archive(path, [LAYER], CONFIG, **{"manifest.json": b"[]"})
    expect_refusal(uri, "0 images")
    make_docker_archive(path, [LAYER], CONFIG, **{"manifest.json": b'[{"Layers": 1}]'})
    expect_refusal(uri, "is not an image of this form")
    make_docker_archive(path, [LAYER], CONFIG)
    expect_refusal(f"{uri}:other", "0 images")


@pytest.mark.parametrize("text", ["{}", "[]", "no", '{"manifests": [{"digest": "md5:1"}]}'])
def test_an_index_that_is_none_is_refused(tmp_path, text):
    (tmp_path / "index.json").write_text(text)
    expect_refusal(f"oci:{tmp_path}", "is not an image of this form|no SHA-256")


def test_a_configuration_that_is_none_is_refused(tmp_path):
    make_oci(tmp_path, [LAYER], {"Env": ["A"]})
    with pytest.raises(CodeUnusable, match="configuration that is none"):
        find_image(f"oci:{tmp_path}", HERE)
