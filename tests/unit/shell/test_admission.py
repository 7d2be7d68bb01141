"""Who is let in: clients on this machine, and names that the configuration gives."""

import pytest

from headrace.shell.admission import Admission, is_loopback, name_of_host
from headrace.shell.limits import HOSTS_REMEMBERED_MAX

OURS = "127.0.0.1:4566"


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.0.0.1:4566",
        "127.255.3.4:80",
        "localhost",
        "LOCALHOST:1",
        "localhost.:4566",
        "sqs.us-east-1.localhost:4566",
        "[::1]:4566",
        "[::1]",
        "[::ffff:127.0.0.1]:4566",
    ],
)
def test_loopback_is_let_in(host):
    assert Admission().refusal({"host": host}) is None


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:4566",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "notlocalhost",
        "0.0.0.0:4566",
        "[::]:4566",
        "192.168.0.1",
        "2130706433",
        "127.1",
        "0x7f.0.0.1",
        "",
        "@127.0.0.1",
        "127.0.0.1@evil.example",
        "evil]",
    ],
)
def test_another_name_is_turned_away_with_one_sentence(host):
    sentence = Admission().refusal({"host": host})
    assert sentence is not None
    assert "--allow-host" in sentence
    assert "\n" not in sentence


def test_names_of_the_configuration_are_let_in():
    admission = Admission(["Build.Example", "*.internal.example", "10.0.0.7"])
    assert admission.refusal({"host": "build.example:4566"}) is None
    assert admission.refusal({"host": "a.b.internal.example"}) is None
    assert admission.refusal({"host": "10.0.0.7:4566"}) is None
    assert admission.refusal({"host": "internal.example"}) is not None
    assert admission.refusal({"host": "xinternal.example"}) is not None
    assert admission.refusal({"host": "sub.build.example"}) is not None


def test_a_star_lets_every_name_in_but_no_foreign_page():
    admission = Admission(["*"])
    assert admission.refusal({"host": "anything.example"}) is None
    page = {"host": "anything.example", "origin": "http://evil.example"}
    assert admission.refusal(page) is not None


def test_http_1_0_without_a_host_is_no_browser():
    assert Admission().refusal({}) is None


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://localhost:3000"},
        {"origin": "http://127.0.0.1:45660"},
        {"origin": "http://127.0.0.1"},
        {"origin": "file://"},
        {"origin": "http://127.0.0.1:4566.evil.example"},
        {"referer": "http://evil.example/127.0.0.1:4566"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"origin": "http://127.0.0.1:4566", "sec-fetch-site": "cross-site"},
    ],
)
def test_a_page_of_another_site_is_turned_away(headers):
    sentence = Admission().refusal({"host": OURS, **headers})
    assert sentence == "Web pages of other sites may not send requests to this server."


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://127.0.0.1:4566", "sec-fetch-site": "same-origin"},
        {"referer": "http://127.0.0.1:4566/console"},
        {"sec-fetch-site": "none"},
    ],
)
def test_a_page_of_this_server_and_a_typed_address_are_let_in(headers):
    assert Admission().refusal({"host": OURS, **headers}) is None


def test_the_memory_of_names_is_bounded():
    admission = Admission()
    for number in range(HOSTS_REMEMBERED_MAX + 50):
        assert admission.refusal({"host": f"a{number}.localhost"}) is None
    assert len(admission._known) == HOSTS_REMEMBERED_MAX


def test_a_long_name_is_not_repeated_at_length():
    assert len(Admission().refusal({"host": "x" * 60_000})) < 250


def test_parts_of_a_host_header():
    assert name_of_host("Example.ORG.:80") == "example.org"
    assert name_of_host("[FE80::1]:80") == "fe80::1"
    assert is_loopback("127.0.0.2")
    assert not is_loopback("128.0.0.1")


@pytest.mark.parametrize("host", ["a.lambda-url.r.localhost:1", "a.lambda-url.r.aws.example.org"])
def test_function_urls_are_below_names_of_ours(host):
    door = Admission(["aws.example.org"])
    assert door.refusal({"host": host}) is None
    foreign = f"{host.partition(':')[0]}.evil.example"
    assert door.refusal({"host": foreign}) is not None


def test_what_is_for_pages_of_other_sites_needs_a_name_of_ours_only():
    page = {"host": OURS, "origin": "https://evil.example"}
    assert Admission().refusal(page) is not None
    assert Admission().refusal(page, is_for_pages=True) is None
    foreign = page | {"host": "evil.example"}
    assert Admission().refusal(foreign, is_for_pages=True) is not None
