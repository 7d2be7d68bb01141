"""The credential scope is read from the header or the presigned query, or is empty."""

import pytest

from headrace.wire.credentials import (
    UNSIGNED,
    Credentials,
    read_credentials,
    read_old_credentials,
)
from headrace.wire.envelope import HttpRequest

SCOPE = "AKIAIOSFODNN7EXAMPLE/20261123/eu-west-1/sqs/aws4_request"
READ = Credentials("AKIAIOSFODNN7EXAMPLE", "eu-west-1", "sqs")


def of_header(text):
    return read_credentials(HttpRequest("POST", "/", {"authorization": text}, b""))


def of_target(target):
    return read_credentials(HttpRequest("GET", target, {}, b""))


@pytest.mark.parametrize(
    "header",
    [
        f"AWS4-HMAC-SHA256 Credential={SCOPE}, SignedHeaders=host, Signature=aa",
        f"AWS4-HMAC-SHA256 Credential={SCOPE},SignedHeaders=host,Signature=aa",
        f"AWS4-HMAC-SHA256 SignedHeaders=host, Signature=aa, Credential={SCOPE}",
    ],
)
def test_the_scope_of_a_signed_header_is_read(header):
    assert of_header(header) == READ


def test_the_scope_of_a_presigned_query_is_read():
    scope = SCOPE.replace("/", "%2F")
    target = f"/?Action=ListQueues&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential={scope}&X-Amz-Date=x"
    assert of_target(target) == READ


def test_the_multi_region_form_names_no_region():
    header = "AWS4-ECDSA-P256-SHA256 Credential=AKID/20261123/sqs/aws4_request, Signature=aa"
    assert of_header(header) == Credentials("AKID", "", "sqs")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer abc",
        "AWS4-HMAC-SHA256 Credential=",
        "AWS4-HMAC-SHA256 Credential=AKID",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e",
        "AWS4-HMAC-SHA256 Credential=/20261123/eu-west-1/sqs/aws4_request",
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/e/aws4_request",
        "AWS4-HMAC-SHA256 Credential=" + "a" * 600 + "/1/r/sqs/aws4_request",
    ],
)
def test_what_cannot_be_read_counts_as_unsigned(header):
    assert of_header(header) == UNSIGNED


@pytest.mark.parametrize(
    "target",
    ["/", "/?X-Amz-Credential=", "/?a=X-Amz-Credential=b", f"/?X-Amz-Credential={'a' * 600}"],
)
def test_a_query_without_a_scope_counts_as_unsigned(target):
    assert of_target(target) == UNSIGNED


@pytest.mark.parametrize(
    ("target", "header", "key"),
    [
        ("/b/k", "AWS AKID:c2ln", "AKID"),
        ("/b/k?Expires=1&AWSAccessKeyId=AK%2FID&Signature=s", "", "AK/ID"),
        ("/b/k", "", ""),
        ("/b/k", "AWS4-HMAC-SHA256 Credential=x", ""),
    ],
)
def test_signatures_before_version_4(target, header, key):
    headers = {"authorization": header} if header else {}
    found = read_old_credentials(HttpRequest("GET", target, headers, b""))
    assert found == (Credentials(key, "", "s3") if key else UNSIGNED)
