"""The tables of refusals: what is asked, and which status, code and text come back.

A table is a text file beside this one, named after the service. Each row is two lines:

    GetFunction {"FunctionName": "X"}
      404 ResourceNotFoundException Function not found: arn:aws:lambda:us-east-1:000000000000:function:X

`let WORD = text` gives a text a name; `$(WORD)` stands for it, in what is asked and in what comes
back. Objects joined by ` + ` are one; `$(3 x d)` is "ddd"; `⏎` in an answer is a line's end. What
only the server knows (`$(mapping)`) or no text can say (`$(zip)`) is filled in by the world.
"""

import json
import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

_FOLDER = Path(__file__).parent
_LET = re.compile(r"let (\w+) = (.*)")
_WORD = re.compile(r"\$\((\w+)\)")
_TIMES = re.compile(r"\$\((\d+) x (\S)\)")
_ASKED = re.compile(r"(\w+) (\{.*\})")
_ANSWER = re.compile(r"  (\d{3}) (\S+)(?: (.*))?")


class Row(NamedTuple):
    """One request and its refusal."""

    service: str
    operation: str
    parameters: dict[str, Any]
    status: int
    code: str
    text: str | None  #: None: the error has a member for its text, which is null.


@cache
def rows_of(service):
    """Return the rows of a service's tables."""
    paths = sorted(_FOLDER.glob(f"{service}*.txt"))
    return [row for path in paths for row in read(service, path.read_text(encoding="utf-8"))]


def read(service, text):
    """Return the rows of a table."""
    words, rows, asked = {}, [], None
    for number, line in enumerate(text.splitlines(), 1):
        if not line or line.startswith("#"):
            continue
        whole = spelled(line, words)
        if match := _LET.fullmatch(whole):
            words[match[1]] = match[2]
        elif asked is None and (match := _ASKED.fullmatch(whole)):
            objects = [json.loads(one) for one in match[2].split(" + ")]
            asked = match[1], {key: value for one in objects for key, value in one.items()}
        elif asked is not None and (match := _ANSWER.fullmatch(whole)):
            text = None if match[3] == "null" else (match[3] or "").replace("⏎", "\n")
            rows.append(Row(service, *asked, int(match[1]), match[2], text))
            asked = None
        else:
            raise ValueError(f"line {number} is neither a question nor an answer: {line}")
    assert asked is None, "the last question has no answer"
    return rows


def spelled(line, words):
    """Return a line with the texts that its words stand for."""
    line = _WORD.sub(lambda match: words.get(match[1], match[0]), line)
    return _TIMES.sub(lambda match: match[2] * int(match[1]), line)
