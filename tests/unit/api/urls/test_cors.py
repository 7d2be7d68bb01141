"""What browsers are told about function URLs."""

import pytest

from headrace.api.urls.cors import answer_preflight, with_permission
from headrace.core.functions.url import Cors
from headrace.wire.envelope import HttpRequest, HttpResponse

ORIGIN = "https://a.example"
CORS = Cors(
    allow_headers=("x-a", "x-b"),
    allow_methods=("GET", "PUT"),
    allow_origins=(ORIGIN, "http://localhost:3000"),
    expose_headers=("x-c",),
    max_age_s=60,
)
ASK = {"origin": ORIGIN, "access-control-request-method": "PUT"}


def preflight(cors=CORS, method="OPTIONS", **headers):
    given = ASK | {name.replace("_", "-"): value for name, value in headers.items()}
    given = {name: value for name, value in given.items() if value is not None}
    return answer_preflight(HttpRequest(method, "/", given, b""), cors)


def permitted(cors, origin=ORIGIN, headers=()):
    request = HttpRequest("GET", "/", {"origin": origin} if origin else {}, b"")
    return with_permission(request, cors, HttpResponse(200, list(headers), b"x"))


def test_a_browser_that_asks_is_told_what_is_configured():
    answer = preflight()
    assert (answer.status, answer.body) == (200, b"")
    assert answer.headers == [
        ("Access-Control-Allow-Origin", ORIGIN),
        ("Vary", "Origin"),
        ("Access-Control-Allow-Methods", "GET,PUT"),
        ("Access-Control-Allow-Headers", "x-a,x-b"),
        ("Access-Control-Max-Age", "60"),
    ]


def test_what_is_not_allowed_gets_no_permission():
    refused = HttpResponse(200, [("Vary", "Origin")])
    assert preflight(origin="https://b.example") == refused
    assert preflight(origin="null") == refused
    assert preflight(access_control_request_method="DELETE") == refused
    assert preflight(Cors(allow_origins=("*",))) == refused


def test_other_requests_are_the_functions():
    assert preflight(None) is None
    assert preflight(method="GET") is None
    assert preflight(origin=None) is None
    assert preflight(access_control_request_method=None) is None


def test_any_method_and_origin():
    answer = preflight(Cors(allow_methods=("*",), allow_origins=("*",)))
    assert answer.headers == [
        ("Access-Control-Allow-Origin", "*"),
        ("Access-Control-Allow-Methods", "*"),
    ]


@pytest.mark.parametrize(
    ("cors", "headers"),
    [
        (Cors(allow_origins=("*",)), [("Access-Control-Allow-Origin", "*")]),
        (
            Cors(allow_origins=("*",), allow_credentials=True),
            [
                ("Access-Control-Allow-Origin", ORIGIN),
                ("Vary", "Origin"),
                ("Access-Control-Allow-Credentials", "true"),
            ],
        ),
        (
            CORS,
            [
                ("Access-Control-Allow-Origin", ORIGIN),
                ("Vary", "Origin"),
                ("Access-Control-Expose-Headers", "x-c"),
            ],
        ),
        (Cors(), []),
    ],
)
def test_an_answer_carries_the_permission(cors, headers):
    assert permitted(cors).headers == headers
    assert permitted(cors, origin="").headers == []


def test_the_configuration_has_the_last_word():
    theirs = [("access-control-allow-origin", "*"), ("x", "y")]
    assert permitted(CORS, "https://b.example", theirs).headers == [("x", "y")]
    assert permitted(None, ORIGIN, theirs).headers == theirs
