"""Log events as on AWS: the logging module's set-up, and errors as one event (spec/lambda.md 5).

Standard library only, Python 3.8 and later. Events go to the log as AWS's runtime writes them, in
frames (3.5), so that one has as many lines as it likes; what is printed goes there as it is.
"""

import json
import logging
import os
import time
import traceback
import types

_NO_BREAK_SPACE = "\u00a0"
_STANDARD_OUTPUT = 1
#: How a frame begins, before the length of its text and its time in µs.
_FRAME = b"\xa5\x5a\x00\x03"

#: AWS's levels of application logs to Python's.
_LEVELS = {
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
}

#: What every record has and no line shows as an addition of the function's.
_RESERVED = frozenset(
    (
        *("args", "aws_request_id", "created", "exc_info", "exc_text", "filename", "funcName"),
        *("levelname", "levelno", "lineno", "module", "msecs", "msg", "name", "pathname"),
        *("process", "processName", "relativeCreated", "stack_info", "thread", "threadName"),
    )
)

#: The request id of the event in hand.
current = types.SimpleNamespace(request_id="")


def write_event(text):
    """Write one event to the log, whatever lines it has."""
    data = text.encode("utf-8", "backslashreplace")
    head = len(data).to_bytes(4, "big") + int(time.time() * 1_000_000).to_bytes(8, "big")
    rest = memoryview(_FRAME + head + data)
    try:
        while rest:
            rest = rest[os.write(_STANDARD_OUTPUT, rest) :]
    except OSError:
        return  # Closed by the function: its own wish.


class RequestFilter(logging.Filter):
    """Adds the request id to every record."""

    def filter(self, record):
        """Add the id; keep every record."""
        record.aws_request_id = current.request_id
        return True


class LogHandler(logging.Handler):
    """Writes records to the log, whatever sys.stdout is at the moment."""

    def emit(self, record):
        """Write one record."""
        write_event(self.format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a record (spec/lambda.md 5.2)."""

    def format(self, record):
        """Return the line of one record."""
        has_members = isinstance(record.msg, dict) and not record.args
        entry = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": logging.getLevelName(min(50, max(0, record.levelno)) // 10 * 10),
            "message": record.msg if has_members else record.getMessage(),
            "logger": record.name,
            **_describe_exception(record),
        }
        entry["requestId"] = getattr(record, "aws_request_id", None)
        if record.exc_info:
            entry["location"] = "%s:%s:%d" % (record.pathname, record.funcName, record.lineno)
        added = record.__dict__.items()
        entry.update((name, value) for name, value in added if _is_addition(name, entry))
        told = {name: value for name, value in entry.items() if value is not None}
        return encode(told) + "\n"


def _describe_exception(record):
    if not record.exc_info:
        return {}
    kind, value, trace = record.exc_info
    return {
        "stackTrace": traceback.format_tb(trace),
        "errorType": kind.__name__ if kind else None,
        "errorMessage": str(value),
    }


def _is_addition(name, entry):
    return name not in _RESERVED and name not in entry


def encode(entry):
    """Return JSON text, whatever a function has put into it."""
    try:
        return json.dumps(entry, ensure_ascii=False, default=str)
    except (TypeError, ValueError):  # It contains itself, or has keys that are no text.
        return json.dumps({name: str(value) for name, value in entry.items()}, ensure_ascii=False)


def install_logging():
    """Give the root logger the handler that it has on AWS."""
    logging.Formatter.converter = time.gmtime
    handler = LogHandler()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        handler.setFormatter(JsonFormatter())
    else:
        handler.setFormatter(
            logging.Formatter(
                "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
                "%Y-%m-%dT%H:%M:%S",
            )
        )
    handler.addFilter(RequestFilter())
    root = logging.getLogger()
    root.addHandler(handler)
    level = _LEVELS.get(os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""))
    if level is not None and os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        root.setLevel(level)


def log_error(document):
    """Write an error to the log as one event, indented by no-break spaces as on AWS."""
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        entry = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "level": "ERROR",
        }
        entry.update(document)
        write_event(encode(entry))
        return
    message = document["errorMessage"]
    first = "[ERROR] " + document["errorType"] + (": " + message if message else "")
    lines = [first, "Traceback (most recent call last):"]
    for frame in document["stackTrace"]:
        for line in frame.splitlines():
            stripped = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(stripped)) + stripped)
    write_event("\n".join(lines))
