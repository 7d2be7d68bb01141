"""From a function's result to the answer of its URL (spec/lambda.md L-A83 to L-A86)."""

import json

import pytest

from headrace.api.urls.answer import answer_of, failed, streamed_head

JSON = [("Content-Type", "application/json")]


@pytest.mark.parametrize(
    ("result", "body"),
    [
        (b'{"hello": "world"}', b'{"hello":"world"}'),
        (b'["hello", 3, true]', b'["hello",3,true]'),
        (b"3", b"3"),
        (b"3.1", b"3.1"),
        (b"true", b"true"),
        (b"null", b"null"),
        (b'"hello"', b"hello"),
        ('"é"'.encode(), "é".encode()),
        (b'"\\ud800"', b"?"),
        (b'{"statusCode": null}', b'{"statusCode":null}'),
    ],
)
def test_what_is_no_answer_is_the_body_of_one(result, body):
    answer = answer_of(result)
    assert (answer.status, answer.headers, answer.body) == (200, JSON, body)


def proxied(**result):
    return answer_of(json.dumps({"statusCode": 200} | result).encode())


@pytest.mark.parametrize("status", [200, 404, 599, "418", 201.0])
def test_a_status(status):
    assert proxied(statusCode=status).status == int(status)


@pytest.mark.parametrize("status", [100, 199, 600, "abc", "1_0", "٣٠٠", True, 200.5, [], "0200"])
def test_what_is_no_status(status):
    assert proxied(statusCode=status) == failed()


def test_a_body_is_passed_byte_for_byte():
    assert proxied(body='{"hello": "world"}').body == b'{"hello": "world"}'
    assert proxied().body == b""
    assert proxied(body={"a": 1}).body == b'{"a":1}'
    assert proxied(body="AP8=", isBase64Encoded=True).body == b"\x00\xff"
    assert proxied(body="AP8=", isBase64Encoded=False).body == b"AP8="
    for bad in ("A", "é", 1, ["AP8="]):
        assert proxied(body=bad, isBase64Encoded=True) == failed()


def test_headers_and_cookies():
    answer = proxied(
        headers={"Content-type": "text/html", "x-n": 1, "x-b": True, "x-l": ["a", 2], "x-no": None},
        cookies=["a=1", "b=2"],
    )
    assert answer.headers == [
        ("Content-type", "text/html"),
        ("x-n", "1"),
        ("x-b", "true"),
        ("x-l", "a,2"),
        ("Set-Cookie", "a=1"),
        ("Set-Cookie", "b=2"),
    ]
    assert proxied(headers=None).headers == JSON
    assert proxied(headers={"x": "é"}).headers[0] == ("x", "é".encode().decode("latin-1"))


def test_the_servers_own_headers_go_under_another_name():
    names = ["Content-Length", "connection", "Transfer-Encoding", "Date", "WWW-Authenticate"]
    answer = proxied(headers=dict.fromkeys(names, "1"))
    assert [name for name, _ in answer.headers[:-1]] == [f"x-amzn-Remapped-{n}" for n in names]


@pytest.mark.parametrize(
    "result",
    [
        {"headers": {"x": "a\r\nset-cookie: b"}},
        {"headers": {"x": "a\x00"}},
        {"headers": {"x y": "a"}},
        {"headers": {"": "a"}},
        {"headers": {"x": {}}},
        {"headers": {"x": [["a"]]}},
        {"headers": []},
        {"cookies": "a=1"},
        {"cookies": ["a\n"]},
        {"cookies": [{}]},
    ],
)
def test_an_answer_that_cannot_be_written_is_a_failure(result):
    assert proxied(**result) == failed()


def test_lists_in_lists_as_deep_as_can_be_read_are_a_failure():
    head = b'{"headers":{"x":' + b"[" * 700 + b"]" * 700 + b"}}"
    json.loads(head)
    assert streamed_head(head) == failed()


def test_a_failure_tells_nothing():
    assert (failed().status, failed().body) == (502, b"Internal Server Error")


def test_what_is_not_json_is_a_failure_unless_it_was_streamed():
    for payload in (b"", b"hello", b"[" * 100_000):
        assert answer_of(payload) == failed()
    streamed = answer_of(b"hello", streams=True)
    assert (streamed.status, streamed.body) == (200, b"hello")
    assert streamed.headers == [("Content-Type", "application/octet-stream")]
    assert answer_of(b'{"statusCode":201}', streams=True).status == 201


def test_a_stream_may_begin_with_a_head():
    head = json.dumps({"statusCode": 201, "headers": {"x": "y"}, "cookies": ["a=1"]}).encode()
    answer = answer_of(head + b"\0" * 8 + b"body\0\0", streams=True)
    assert (answer.status, answer.body) == (201, b"body\0\0")
    assert answer.headers == [("x", "y"), ("Set-Cookie", "a=1"), *JSON]
    assert answer_of(b"{}" + b"\0" * 8, streams=True).status == 200
    for bad in (b"[]" + b"\0" * 8, b"x" * 20_000 + b"\0" * 8):
        assert answer_of(bad, streams=True).body == bad
