"""A request's target has a path and a query."""

import pytest

from headrace.wire.envelope import HttpRequest


@pytest.mark.parametrize(
    "target, path, query",
    [
        ("/", "/", ""),
        ("/1/q?Action=PurgeQueue", "/1/q", "Action=PurgeQueue"),
        ("/a%2Fb?c=%3F?d", "/a%2Fb", "c=%3F?d"),
        ("?", "", ""),
    ],
)
def test_a_target_is_split_at_the_first_question_mark(target, path, query):
    request = HttpRequest("GET", target, {}, b"")
    assert (request.path, request.query) == (path, query)
