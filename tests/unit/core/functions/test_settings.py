"""Code as AWS shows it, and settings as records keep them."""

import base64
import hashlib

import msgspec

from headrace.core.functions.settings import Code, Settings
from tests.unit.core.functions.bench import settings_with


def test_code_sha256_is_base64_with_padding():
    digest = hashlib.sha256(b"zip").hexdigest()
    expected = base64.b64encode(hashlib.sha256(b"zip").digest()).decode()
    assert Code(digest, 3).sha256_base64 == expected
    assert expected.endswith("=")


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
