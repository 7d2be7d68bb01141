"""Lines of Python's logging module as on AWS, in both formats (spec/lambda.md 5.1, 5.2)."""

import contextlib
import io
import json
import logging
import pathlib

import pytest

from headrace.base.logtext import INNER_END
from headrace.sandbox.child import logbook
from headrace.sandbox.logframes import Unframer


@contextlib.contextmanager
def installed(monkeypatch, form="", level=""):
    """Give the root logger AWS's handler alone, and return what it writes."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    monkeypatch.setenv("AWS_LAMBDA_LOG_FORMAT", form)
    monkeypatch.setenv("AWS_LAMBDA_LOG_LEVEL", level)
    monkeypatch.setattr(logbook.current, "request_id", "id")
    out = io.StringIO()
    monkeypatch.setattr(logbook, "write_event", out.write)
    root.handlers[:] = []
    root.setLevel(logging.WARNING)
    try:
        logbook.install_logging()
        yield out
    finally:
        root.handlers[:], level = before
        root.setLevel(level)


def test_text_has_level_time_and_request(monkeypatch):
    with installed(monkeypatch, level="DEBUG") as out:
        logging.getLogger().info("not shown: only JSON has levels of its own")
        logging.getLogger().warning("two\nlines")
    level, moment, request_id, message = out.getvalue().split("\t")
    assert (level, request_id, message) == ("[WARNING]", "id", "two\nlines\n")
    assert moment.endswith("Z")
    assert len(moment) == len("2026-11-23T06:37:12.345Z")


def test_json_has_awss_members(monkeypatch):
    with installed(monkeypatch, "JSON", "INFO") as out:
        logging.getLogger("shop").info("sold %d", 3, extra={"size": "L"})
        logging.getLogger("shop").debug("below the level")
    (line,) = out.getvalue().splitlines()
    entry = json.loads(line)
    assert len(entry.pop("timestamp")) == len("2026-11-23T06:37:12Z")
    assert entry == {
        "level": "INFO",
        "message": "sold 3",
        "logger": "shop",
        "requestId": "id",
        "size": "L",
    }


def test_what_a_function_adds_replaces_nothing(monkeypatch):
    with installed(monkeypatch, "JSON", "INFO") as out:
        logging.getLogger().error(
            "bad", extra={"level": "mine", "requestId": "mine", "logger": "mine"}
        )
    entry = json.loads(out.getvalue())
    assert (entry["level"], entry["requestId"], entry["logger"]) == ("ERROR", "id", "root")


def test_an_error_in_json_says_where_it_was_raised(monkeypatch):
    with installed(monkeypatch, "JSON", "INFO") as out:
        try:
            raise KeyError("none")
        except KeyError:
            logging.getLogger().exception("caught")
    entry = json.loads(out.getvalue())
    assert (entry["errorType"], entry["errorMessage"]) == ("KeyError", "'none'")
    assert any("raise KeyError" in frame for frame in entry["stackTrace"])
    assert ":test_an_error_in_json_says_where_it_was_raised:" in entry["location"]


@pytest.mark.parametrize(
    ("level", "shown"),
    [
        ("TRACE", ["DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"]),
        ("WARN", ["WARNING", "ERROR", "CRITICAL"]),
        ("FATAL", ["CRITICAL"]),
    ],
)
def test_levels_are_awss(monkeypatch, level, shown):
    with installed(monkeypatch, "JSON", level) as out:
        for number in (logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR, 50):
            logging.getLogger().log(number, "x")
    assert [json.loads(line)["level"] for line in out.getvalue().splitlines()] == shown


def test_a_handlers_error_is_one_event_in_either_format(monkeypatch):
    document = {
        "errorMessage": "no",
        "errorType": "ValueError",
        "requestId": "id",
        "stackTrace": ['  File "/var/task/a.py", line 1, in handler\n    raise\n'],
    }
    with installed(monkeypatch) as out:
        logbook.log_error(document)
    assert out.getvalue() == (
        "[ERROR] ValueError: no\nTraceback (most recent call last):\n"
        '\u00a0\u00a0File "/var/task/a.py", line 1, in handler\n\u00a0\u00a0\u00a0\u00a0raise'
    )
    with installed(monkeypatch, "JSON", "INFO") as out:
        logbook.log_error(document)
    entry = json.loads(out.getvalue())
    del entry["timestamp"]
    assert entry == {"level": "ERROR", **document}


@pytest.mark.parametrize(
    ("message", "first"),
    [("no\nnever", "[ERROR] KeyError: no\nnever"), ("", "[ERROR] KeyError")],
)
def test_an_error_without_frames_has_its_heading(monkeypatch, message, first):
    document = {"errorMessage": message, "errorType": "KeyError", "stackTrace": []}
    with installed(monkeypatch) as out:
        logbook.log_error(document)
    assert out.getvalue() == first + "\nTraceback (most recent call last):"


def test_a_message_that_is_a_dictionary_stays_one(monkeypatch):
    """As awslambdaric 4.2.2 writes it; what has no form in JSON is written as text."""
    with installed(monkeypatch, "JSON", "INFO") as out:
        logging.getLogger().info({"sold": 3, "at": pathlib.PurePosixPath("/shöp")})
        logging.getLogger().info({"sold": "%d"}, 3)
    first, second = map(json.loads, out.getvalue().splitlines())
    assert first["message"] == {"sold": 3, "at": "/shöp"}
    assert second["message"] == "{'sold': '3'}"
    assert "/shöp" in out.getvalue()


def test_levels_of_ones_own_are_the_next_lower(monkeypatch):
    with installed(monkeypatch, "JSON", "DEBUG") as out:
        for number in (5, 25, 99):
            logging.getLogger().log(number, "x")
            logbook.current.request_id = ""
    levels = [json.loads(line)["level"] for line in out.getvalue().splitlines()]
    assert levels == ["INFO", "CRITICAL"]
    assert json.loads(out.getvalue().splitlines()[0])["requestId"] == ""


def test_what_contains_itself_is_logged_all_the_same(monkeypatch):
    endless = {}
    endless["again"] = endless
    with installed(monkeypatch, "JSON", "DEBUG") as out:
        logging.getLogger().info("x", extra={"endless": endless, "keys": {(1, 2): 3}})
    entry = json.loads(out.getvalue())
    assert (entry["message"], entry["keys"]) == ("x", "{(1, 2): 3}")


def test_an_event_is_one_frame_whatever_lines_it_has(capfdbinary):
    """lambda.md 3.5."""
    logbook.write_event("two\nlines é\ud800")
    out = capfdbinary.readouterr().out
    assert out[:8] == b"\xa5\x5a\x00\x03\x00\x00\x00\x12"
    assert out[16:] == b"two\nlines \xc3\xa9\\ud800"
    assert Unframer().feed(out) == b"two" + INNER_END + out[20:] + INNER_END + b"\n"
