"""Which image an ImageUri means."""

import pytest

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox.images.reference import Form, ImageReference, parse_image


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("oci:/a/b", (Form.OCI, "/a/b", "")),
        ("oci:/a/b:v1.2", (Form.OCI, "/a/b", "v1.2")),
        ("oci:/a:b/c", (Form.OCI, "/a:b/c", "")),
        ("docker-archive:/a/b.tar:latest", (Form.DOCKER_ARCHIVE, "/a/b.tar", "latest")),
        ("rootfs:/a/b:c", (Form.ROOT, "/a/b:c", "")),
    ],
)
def test_forms_paths_and_tags(uri, expected):
    assert parse_image(uri) == ImageReference(*expected)


@pytest.mark.parametrize(
    "uri", ["123456789012.dkr.ecr.eu-west-1.amazonaws.com/f:latest", "f", "docker://f", ""]
)
def test_registries_are_not_asked(uri):
    with pytest.raises(CodeUnusable, match=r"asks no registries.*oci:/folder"):
        parse_image(uri)


@pytest.mark.parametrize("uri", ["oci:a/b", "oci:", "rootfs:a", "oci:/a\0b"])
def test_paths_are_absolute(uri):
    with pytest.raises(CodeUnusable, match="is not absolute"):
        parse_image(uri)


def test_a_tag_has_a_tags_letters():
    with pytest.raises(CodeUnusable, match="tag that is none"):
        parse_image("oci:/a:b@c")


def test_a_resolved_uri_has_the_digest():
    assert parse_image("oci:/a:b").resolved("12") == "oci:/a@sha256:12"
