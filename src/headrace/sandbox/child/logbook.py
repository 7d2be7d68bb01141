"""Log lines as on AWS: the logging module's set-up, and errors as one event (spec/lambda.md 5).

Standard library only, Python 3.8 and later.
"""

import json
import logging
import os
import sys
import time
import traceback
import types

#: Lines of one event are told apart by this, so that the event stays one line.
_EVENT_LINE_END = "\r"
_NO_BREAK_SPACE = "\u00a0"

#: AWS's levels of application logs to Python's.
_LEVELS = {
    "TRACE": logging.DEBUG,
    "DEBUG": logging.DEBUG,
    "INFO": logging.INFO,
    "WARN": logging.WARNING,
    "ERROR": logging.ERROR,
    "FATAL": logging.CRITICAL,
}

#: The request id of the event in hand.
current = types.SimpleNamespace(request_id="")


class RequestFilter(logging.Filter):
    """Adds the request id to every record."""

    def filter(self, record):
        """Add the id; keep every record."""
        record.aws_request_id = current.request_id
        return True


class LogHandler(logging.Handler):
    """Writes records to standard output, whatever sys.stdout is at the moment."""

    def emit(self, record):
        """Write one record."""
        sys.stdout.write(self.format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line (spec/lambda.md 5.2)."""

    def format(self, record):
        """Return the line of one record."""
        entry = {
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname,
            "message": record.getMessage(),
            "logger": record.name,
        }
        if record.exc_info:
            kind, value, trace = record.exc_info
            entry["stackTrace"] = traceback.format_list(traceback.extract_tb(trace))
            entry["errorType"] = kind.__name__ if kind else None
            entry["errorMessage"] = str(value)
            entry["location"] = "%s:%s:%d" % (record.pathname, record.funcName, record.lineno)
        entry["requestId"] = getattr(record, "aws_request_id", None) or None
        known = set(logging.LogRecord("", 0, "", 0, "", (), None).__dict__)
        known.update(("aws_request_id", "message", "asctime"))
        known.update(entry)
        entry.update({name: value for name, value in record.__dict__.items() if name not in known})
        told = {name: value for name, value in entry.items() if value is not None}
        return json.dumps(told, default=str) + "\n"


def install_logging():
    """Give the root logger the handler that it has on AWS."""
    handler = LogHandler()
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON":
        handler.setFormatter(JsonFormatter())
    else:
        formatter = logging.Formatter(
            "[%(levelname)s]\t%(asctime)s.%(msecs)03dZ\t%(aws_request_id)s\t%(message)s\n",
            "%Y-%m-%dT%H:%M:%S",
        )
        formatter.converter = time.gmtime
        handler.setFormatter(formatter)
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
        sys.stdout.write(json.dumps(entry) + "\n")
        return
    lines = ["[ERROR] %s: %s" % (document["errorType"], document["errorMessage"])]
    if document["stackTrace"]:
        lines.append("Traceback (most recent call last):")
    for frame in document["stackTrace"]:
        for line in frame.splitlines():
            stripped = line.lstrip(" ")
            lines.append(_NO_BREAK_SPACE * (len(line) - len(stripped)) + stripped)
    text = _EVENT_LINE_END.join(line for entry in lines for line in entry.splitlines() or [""])
    sys.stdout.write(text + "\n")
