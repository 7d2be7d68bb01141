"""What the pages about a life have in common."""

import pytest

from headrace.shell import why, whyinvokes
from tests.unit.shell.test_whyinvokes import stage_of


@pytest.fixture(scope="module")
def stage():
    with stage_of() as stage:
        stage.function()
        yield stage


PAGES = pytest.mark.parametrize("page", [why.PREFIX, whyinvokes.PREFIX])


@PAGES
def test_only_get_is_answered(stage, page):
    answer = stage.sqs.send("POST", page)
    assert (answer.status, answer.headers["allow"]) == (405, "GET")


@PAGES
def test_a_question_of_too_many_parameters_is_refused(stage, page):
    answer = stage.sqs.send("GET", f"{page}?{'a=b&' * 200}")
    assert (answer.status, answer.body) == (400, b"There are too many parameters.\n")


@PAGES
def test_a_server_that_is_being_rebuilt_says_so(stage, page, monkeypatch):
    monkeypatch.setattr(stage.server.app.driver, "running", False)
    answer = stage.sqs.send("GET", page, {"Accept": "application/json"})
    assert (answer.status, answer.json["error"].partition(".")[0]) == (
        503,
        "The service is unavailable",
    )


def test_an_answer_is_text_or_for_who_accepts_it_json(stage):
    page = f"{whyinvokes.PREFIX}/handle?RequestId={stage.accept()}"
    text = stage.sqs.send("GET", page)
    assert text.headers["content-type"] == "text/plain; charset=utf-8"
    document = stage.sqs.send("GET", page, {"Accept": "application/json"})
    assert document.headers["content-type"] == "application/json"
    sentences = [event["sentence"] for event in document.json["events"]]
    assert [line.partition("  ")[2] for line in text.body.decode().splitlines()[2:]] == sentences
