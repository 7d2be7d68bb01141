"""Account, region, sender and base URL of a request."""

import pytest

from headrace.shell.identity import Identities, base_url_of
from headrace.wire.credentials import Credentials

identities = Identities("000000000000", "us-east-1")


def test_an_access_key_of_twelve_digits_is_the_account():
    assert identities.of(Credentials("123456789012", "", ""), "").account == "123456789012"


@pytest.mark.parametrize("key", ["AKIAIOSFODNN7EXAMPLE", "", "12345678901", "\u0661" * 12])
def test_any_other_access_key_means_the_default_account(key):
    assert identities.of(Credentials(key, "", ""), "").account == "000000000000"


def test_the_region_comes_from_the_scope_then_the_host_then_the_configuration():
    host = "sqs.eu-west-1.amazonaws.com"
    assert identities.of(Credentials("", "eu-north-1", "sqs"), host).region == "eu-north-1"
    assert identities.of(Credentials(), host).region == "eu-west-1"
    assert identities.of(Credentials(), "localhost:4566").region == "us-east-1"


def test_a_scope_that_holds_no_region_is_not_used():
    assert identities.of(Credentials("k", "a:b/c", "sqs"), "").region == "us-east-1"


def test_a_sender_is_recognised_by_an_id_that_does_not_tell_its_key():
    first = identities.of(Credentials("AKIAIOSFODNN7EXAMPLE", "", ""), "").sender_id
    again = identities.of(Credentials("AKIAIOSFODNN7EXAMPLE", "eu-west-1", ""), "").sender_id
    other = identities.of(Credentials("AKIAIOSFODNN7EXAMPLF", "", ""), "").sender_id
    assert first == again != other
    assert first.startswith("AIDA")
    assert len(first) == 21
    assert "AKIA" not in first


@pytest.mark.parametrize(
    "headers, url",
    [
        ({"host": "127.0.0.1:4566"}, "http://127.0.0.1:4566"),
        ({}, "http://localhost"),
        (
            {"host": "a:1", "x-forwarded-host": "q.example", "x-forwarded-proto": "https"},
            "https://q.example",
        ),
        ({"host": "a:1", "x-forwarded-proto": "https, http"}, "https://a:1"),
        (
            {"host": "a:1", "x-forwarded-host": "q.example", "x-forwarded-port": "8443"},
            "http://q.example:8443",
        ),
        (
            {
                "host": "a:1",
                "x-forwarded-host": "q.example",
                "x-forwarded-proto": "https",
                "x-forwarded-port": "443",
            },
            "https://q.example",
        ),
        ({"host": "a:1", "x-forwarded-host": "b/<script>"}, "http://a:1"),
        ({"host": "a:1", "x-forwarded-proto": "javascript"}, "http://a:1"),
        ({"host": "a:1", "x-forwarded-host": "[::1]:5, c"}, "http://[::1]:5"),
    ],
)
def test_queue_urls_begin_with_what_the_caller_used(headers, url):
    assert base_url_of(headers) == url
