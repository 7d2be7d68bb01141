"""Which function URL a request means, and how URLs are written."""

import pytest

from headrace.api.urls.address import (
    Address,
    address_of,
    format_url,
    is_function_url,
    server_name,
)
from headrace.wire.envelope import HttpRequest

HOST = "abc.lambda-url.eu-west-1.localhost:4566"


@pytest.mark.parametrize(
    ("host", "target", "address"),
    [
        (HOST, "/a%2Fb?x=1", Address("abc", "eu-west-1", "/a%2Fb", is_path=False)),
        (HOST, "/", Address("abc", "eu-west-1", "/", is_path=False)),
        (
            HOST,
            "/_headrace/url/x/",
            Address("abc", "eu-west-1", "/_headrace/url/x/", is_path=False),
        ),
        ("localhost", "/_headrace/url/abc", Address("abc", "", "/", is_path=True)),
        ("localhost", "/_headrace/url/abc/?x=1", Address("abc", "", "/", is_path=True)),
        ("localhost", "/_headrace/url/abc/d/e/", Address("abc", "", "/d/e/", is_path=True)),
        ("localhost", "/_headrace/url/", Address("", "", "/", is_path=True)),
        ("a b.lambda-url.x", "/p", Address("", "", "/p", is_path=False)),
        (".lambda-url.", "/p", Address("", "", "/p", is_path=False)),
        ("localhost", "/_headrace/health", None),
        ("lambda.eu-west-1.localhost", "/", None),
    ],
)
def test_which_url_is_meant(host, target, address):
    headers = {"host": host}
    assert address_of(HttpRequest("GET", target, headers, b"")) == address
    assert is_function_url(target, headers) is (address is not None)


def test_a_request_without_a_host_means_none_by_name():
    assert address_of(HttpRequest("GET", "/", {}, b"")) is None


@pytest.mark.parametrize(
    ("base", "url"),
    [
        ("http://127.0.0.1:4566", "http://id.lambda-url.r.localhost:4566/"),
        ("http://localhost", "http://id.lambda-url.r.localhost/"),
        ("http://lambda.localhost:1", "http://id.lambda-url.r.localhost:1/"),
        ("http://[::1]:4566", "http://id.lambda-url.r.localhost:4566/"),
        ("http://172.17.0.2:4566", "http://172.17.0.2:4566/_headrace/url/id/"),
        ("https://aws.example.org", "https://aws.example.org/_headrace/url/id/"),
        ("http://localhost:1/behind", "http://localhost:1/behind/_headrace/url/id/"),
        ("http://notlocalhost", "http://notlocalhost/_headrace/url/id/"),
    ],
)
def test_how_a_url_is_written(base, url):
    assert format_url(base, "id", "r") == url


def test_what_is_left_of_a_name():
    assert server_name(HOST) == "localhost:4566"
    assert server_name("abc.lambda-url.r.aws.example.org") == "aws.example.org"
    assert server_name("127.0.0.1:4566") == "127.0.0.1:4566"
