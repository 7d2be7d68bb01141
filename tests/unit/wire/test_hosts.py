"""What the name in Host says."""

import pytest

from headrace.wire.hosts import bucket_of, is_s3


@pytest.mark.parametrize(
    ("host", "named", "bucket"),
    [
        ("localhost:4566", False, ""),
        ("127.0.0.1:4566", False, ""),
        ("s3.localhost:4566", True, ""),
        ("s3.eu-west-1.localhost", True, ""),
        ("code.s3.localhost:4566", True, "code"),
        ("Code.S3.localhost.", True, "code"),
        ("a.b.s3.eu-west-1.localhost", True, "a.b"),
        ("code.s3-eu-west-1.amazonaws.com", True, "code"),
        ("code.localhost:4566", False, "code"),
        ("mys3.example.org", False, ""),
        ("", False, ""),
        ("s3." * 84 + "x", True, "s3." * 82 + "s3"),
        ("s3." * 84 + "xy", False, ""),
        ("s3." * 20_000 + "\n", False, ""),
    ],
)
def test_hosts(host, named, bucket):
    assert (is_s3(host), bucket_of(host)) == (named, bucket)
