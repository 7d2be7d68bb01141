"""Code as AWS shows it, and settings as records keep them."""

import base64
import hashlib

import msgspec
import pytest

from headrace.core.functions.settings import Code, Image, Settings
from tests.unit.core.functions.bench import settings_with


def test_code_sha256_is_base64_with_padding():
    digest = hashlib.sha256(b"zip").hexdigest()
    expected = base64.b64encode(hashlib.sha256(b"zip").digest()).decode()
    assert Code(digest, 3).code_sha256 == expected
    assert expected.endswith("=")


def test_code_sha256_of_an_image_is_hex():
    digest = hashlib.sha256(b"image").hexdigest()
    image = Image("oci:/a", "oci:/a@sha256:1", "x86_64")
    assert Code(digest, 0, image=image).code_sha256 == digest


@pytest.mark.parametrize(
    ("code", "is_archive"),
    [
        (Code("ab" * 32, 3), True),
        (Code("ab" * 32, 0, folder="/a"), False),
        (Code("ab" * 32, 0, image=Image("oci:/a", "oci:/a@sha256:1", "")), False),
    ],
)
def test_only_archives_lie_among_the_blobs(code, is_archive):
    assert code.is_archive is is_archive


def test_settings_keep_the_order_of_variables_and_whether_there_were_any():
    for variables in (None, {}, {"b1": "1", "a1": "2"}):
        settings = settings_with(variables=variables)
        again = msgspec.msgpack.decode(msgspec.msgpack.encode(settings), type=Settings)
        assert again == settings
        assert list(again.variables or ()) == list(variables or ())


def test_settings_of_an_older_version_still_decode():
    encoded = msgspec.msgpack.encode(settings_with())
    values = msgspec.msgpack.decode(encoded)[:4]
    assert msgspec.convert(values, Settings) == settings_with()
