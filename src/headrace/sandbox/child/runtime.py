"""Load a function's handler and call it for each event: the Python runtime.

Standard library only, Python 3.8 and later. Either forked from a zygote (`run`) or executed as
`python -S -s runtime.py <socket> <paths as JSON>`. Behaves as AWS's runtime interface client 4.2
does where a function or its caller can see it (spec/lambda.md 2.2, 3.4-3.6, 5.1).

Frames, both ways: body length (u32, little-endian), header length (u16), header (JSON), body.

    to us:    {"id", "deadline_ms", "arn", "trace", "client_context"} + the event
    from us:  {"kind": "ready"}                     the handler is loaded
              {"kind": "init_error", "type"} + doc  it could not be loaded
              {"kind": "result"} + JSON text        the handler returned
              {"kind": "error", "type"} + doc       it raised
              {"kind": "too_large"}                 it returned too much
    each with "peak_kb": the largest resident size so far, in KiB.
"""

import importlib
import io
import json
import logging
import os
import re
import resource
import socket
import sys
import time
import traceback
import types
from decimal import Decimal

#: The largest result, in bytes (spec/lambda.md 2.1, I4).
RESULT_BYTES_MAX = 6_291_556
#: Recognises a Decimal in encoded JSON; random, so that no string of a user's can be one.
_MARK = "decimal:" + os.urandom(16).hex() + ":"
_MARKED = re.compile('"' + _MARK + '([^"]*)"')
#: Everything that Python reads at its start is loaded by now; what a zygote adds later may be
#: shadowed by a user's own module of the same name.
_LOADED_AT_START = frozenset(sys.modules)
_INIT_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior.\n"
)
#: Lines of one event are told apart by this, so that the event stays one line.
_EVENT_LINE_END = "\r"
_NO_BREAK_SPACE = "\u00a0"

#: The request id of the event in hand, for log lines.
_current = types.SimpleNamespace(request_id="", tenant_id="")


class Fault(Exception):
    """An error that is the runtime's own word, with AWS's name for it."""

    def __init__(self, kind, text, trace=()):
        super().__init__(text)
        self.kind = kind
        self.trace = list(trace)


class Output(io.RawIOBase):
    """Standard output or error, written through at once and whole."""

    def __init__(self, descriptor):
        super().__init__()
        self._descriptor = descriptor

    def writable(self):
        return True

    def fileno(self):
        return self._descriptor

    def write(self, data):
        view = memoryview(data).cast("B")
        size = len(view)
        while view:
            view = view[os.write(self._descriptor, view) :]
        return size


class Connection:
    """Frames over a socket."""

    def __init__(self, descriptor):
        self._socket = socket.socket(fileno=descriptor)
        self._rest = b""

    def receive(self):
        """Return the next frame's header and body; ends the process at the end of the stream."""
        while len(self._rest) < 6:
            self._rest += self._read()
        body_size = int.from_bytes(self._rest[:4], "little")
        header_size = int.from_bytes(self._rest[4:6], "little")
        whole = 6 + header_size + body_size
        if len(self._rest) < whole:
            buffer = bytearray(whole)
            filled = len(self._rest)
            buffer[:filled] = self._rest
            view = memoryview(buffer)
            while filled < whole:
                count = self._socket.recv_into(view[filled:])
                if count == 0:
                    os._exit(0)
                filled += count
            frame, self._rest = bytes(buffer), b""
        else:
            frame, self._rest = self._rest[:whole], self._rest[whole:]
        header_end = 6 + header_size
        return json.loads(frame[6:header_end]), frame[header_end:]

    def _read(self):
        data = self._socket.recv(65_536)
        if not data:
            os._exit(0)
        return data

    def send(self, header, body=b""):
        """Send a frame."""
        header["peak_kb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        text = json.dumps(header).encode()
        prefix = len(body).to_bytes(4, "little") + len(text).to_bytes(2, "little") + text
        if len(body) > 65_536:
            self._socket.sendall(prefix)
            self._socket.sendall(body)
        else:
            self._socket.sendall(prefix + body)


class CognitoIdentity:
    """Who called, when Cognito knows it."""

    __slots__ = ("cognito_identity_id", "cognito_identity_pool_id")

    def __init__(self):
        self.cognito_identity_id = None
        self.cognito_identity_pool_id = None


class Client:
    """The mobile application that called."""

    __slots__ = (
        "app_package_name",
        "app_title",
        "app_version_code",
        "app_version_name",
        "installation_id",
    )

    def __init__(self, values):
        for name in self.__slots__:
            setattr(self, name, values.get(name))


class ClientContext:
    """What the caller sent as client context."""

    __slots__ = ("client", "custom", "env")

    def __init__(self, values):
        client = values.get("client")
        self.client = Client(client) if isinstance(client, dict) else None
        self.custom = values.get("custom")
        self.env = values.get("env")


class LambdaContext:
    """What a handler gets as its second argument."""

    def __init__(self, header):
        self.aws_request_id = header["id"]
        self.log_group_name = os.environ.get("AWS_LAMBDA_LOG_GROUP_NAME")
        self.log_stream_name = os.environ.get("AWS_LAMBDA_LOG_STREAM_NAME")
        self.function_name = os.environ.get("AWS_LAMBDA_FUNCTION_NAME")
        self.memory_limit_in_mb = os.environ.get("AWS_LAMBDA_FUNCTION_MEMORY_SIZE")
        self.function_version = os.environ.get("AWS_LAMBDA_FUNCTION_VERSION")
        self.invoked_function_arn = header["arn"]
        self.tenant_id = None
        self.client_context = _parse_client_context(header["client_context"])
        self.identity = CognitoIdentity()
        self._epoch_deadline_time_in_ms = header["deadline_ms"]

    def get_remaining_time_in_millis(self):
        """Return the milliseconds until the time limit, never negative."""
        return max(int(self._epoch_deadline_time_in_ms - time.time() * 1000), 0)

    def log(self, message):
        """Write to the log as it stands."""
        sys.stdout.write(str(message))

    def __repr__(self):
        members = ("%s=%s" % (name, value) for name, value in self.__dict__.items())
        return "LambdaContext([%s])" % ",".join(members)


def _parse_client_context(text):
    if not text:
        return None
    try:
        return ClientContext(json.loads(text))
    except (ValueError, AttributeError) as error:
        raise Fault(
            "Runtime.LambdaContextUnmarshalError",
            "Unable to parse Client Context JSON: %s" % error,
        ) from error


class RequestFilter(logging.Filter):
    """Adds the request id to every record."""

    def filter(self, record):
        record.aws_request_id = _current.request_id
        return True


class LogHandler(logging.Handler):
    """Writes records to standard output, whatever sys.stdout is at the moment."""

    def emit(self, record):
        sys.stdout.write(self.format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a line (spec/lambda.md 5.2)."""

    def format(self, record):
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
        for name, value in record.__dict__.items():
            if name not in known and name not in ("aws_request_id", "message", "asctime"):
                entry[name] = value
        return (
            json.dumps(
                {name: value for name, value in entry.items() if value is not None}, default=str
            )
            + "\n"
        )


def _install_logging():
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
    level = {"TRACE": "DEBUG", "FATAL": "CRITICAL"}.get(
        os.environ.get("AWS_LAMBDA_LOG_LEVEL", ""), os.environ.get("AWS_LAMBDA_LOG_LEVEL", "")
    )
    if os.environ.get("AWS_LAMBDA_LOG_FORMAT") == "JSON" and level in (
        "DEBUG",
        "INFO",
        "WARN",
        "ERROR",
        "CRITICAL",
    ):
        root.setLevel(level)


def load_handler(name):
    """Import the module and return the function that `module.function` names.

    Raises:
        Fault: The name is malformed, or module or function is missing.
    """
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise Fault(
            "Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (name, error)
        ) from error
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise Fault(
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module %s as a handler module" % module_name,
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise Fault(
            "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)
        ) from error
    except SyntaxError as error:
        raise Fault(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module '%s': %s" % (module_name, error),
            ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)],
        ) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise Fault(
            "Runtime.HandlerNotFound",
            "Handler '%s' missing on module '%s'" % (function_name, module_name),
        ) from error


def describe(error, request_id):
    """Return AWS's document for an exception, in AWS's order."""
    if isinstance(error, Fault):
        kind, trace = error.kind, error.trace
    else:
        kind = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        while frames and frames[0].filename == __file__:
            del frames[0]
        # As plain tuples: AWS's traces have no marks under the columns.
        trace = traceback.format_list(
            [(frame.filename, frame.lineno, frame.name, frame.line) for frame in frames]
        )
    document = {"errorMessage": str(error), "errorType": kind}
    if os.environ.get("AWS_EXECUTION_ENV") != "AWS_Lambda_python3.8":
        document["requestId"] = request_id
    document["stackTrace"] = trace
    return document


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


def _encode_special(value):
    if isinstance(value, Decimal):
        return _MARK + ("NaN" if value.is_nan() else str(value))
    raise TypeError("Object of type %s is not JSON serializable" % type(value).__name__)


class Encoder:
    """Results to JSON text; a Decimal keeps its digits, as on AWS."""

    def __init__(self):
        # From python3.12 on, AWS writes characters as they are.
        runtime = os.environ.get("AWS_EXECUTION_ENV", "").rpartition("python3.")[2]
        as_they_are = runtime.isdigit() and int(runtime) >= 12
        self._encode = json.JSONEncoder(
            ensure_ascii=not as_they_are, default=_encode_special
        ).encode

    def encode(self, value):
        """Return the JSON text of a result in UTF-8."""
        text = self._encode(value)
        if _MARK in text:
            text = _MARKED.sub(r"\1", text)
        return text.encode()


def serve(connection, handler):
    """Answer events until the server goes away."""
    encoder = Encoder()
    while True:
        header, body = connection.receive()
        _current.request_id = header["id"]
        if header["trace"]:
            os.environ["_X_AMZN_TRACE_ID"] = header["trace"]
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            text = answer(handler, header, body, encoder)
        except Exception as error:
            document = describe(error, header["id"])
            log_error(document)
            flush()
            connection.send(
                {"kind": "error", "type": document["errorType"]}, encode_document(document)
            )
        else:
            flush()
            if len(text) > RESULT_BYTES_MAX:
                connection.send({"kind": "too_large"})
            else:
                connection.send({"kind": "result"}, text)
        body = text = error = document = None  # A frozen environment holds no event.


def answer(handler, header, body, encoder):
    """Call the handler and return its result as JSON text."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise Fault("Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error) from error
    result = handler(event, LambdaContext(header))
    try:
        return encoder.encode(result)
    except Exception as error:
        raise Fault("Runtime.MarshalError", "Unable to marshal response: %s" % error) from error


def encode_document(document):
    """Return an error document as JSON text, cut if it is larger than a result may be."""
    text = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    if len(text) > RESULT_BYTES_MAX:
        document = dict(document, errorMessage=document["errorMessage"][:65_536], stackTrace=[])
        text = json.dumps(document, ensure_ascii=False).encode("utf-8", "replace")
    return text


def flush():
    """Write out what user code may have put behind a buffer of its own."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (AttributeError, ValueError, OSError):
            continue  # Replaced or closed by the function.


def prepare(paths):
    """Set up streams, module search path and logging as a function finds them on AWS."""
    sys.stdout = io.TextIOWrapper(Output(1), "utf-8", "backslashreplace", write_through=True)
    sys.stderr = io.TextIOWrapper(Output(2), "utf-8", "backslashreplace", write_through=True)
    sys.stdin = open(0, encoding="utf-8")
    sys.argv = [""]
    time.tzset()
    task = paths["task"]
    version = "python%d.%d" % sys.version_info[:2]
    ours = os.path.dirname(os.path.abspath(__file__))
    standard = [path for path in sys.path if path and os.path.abspath(path) != ours]
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    layer = paths["layers"] + "/python"
    sys.path[:] = [task]
    for path in (
        *given,
        "%s/lib/%s/site-packages" % (layer, version),
        layer,
        *paths["libraries"],
        *standard,
    ):
        if path not in sys.path:
            sys.path.append(path)
    importlib.invalidate_caches()
    sys.path_importer_cache.clear()
    # A module of the function's own wins over one of the standard library that is here only
    # because the zygote imported it.
    for name in os.listdir(task):
        top = name.split(".")[0]
        if top in sys.modules and top not in _LOADED_AT_START:
            for loaded in [m for m in sys.modules if m == top or m.startswith(top + ".")]:
                del sys.modules[loaded]
    _install_logging()


def run(descriptor, variables, paths):
    """Be the runtime of a function in a process forked from a zygote; never returns."""
    os.environ.clear()
    os.environ.update(variables)
    if "ssl" in sys.modules:
        # Two environments whose pids coincide would draw the same random numbers.
        sys.modules["ssl"].RAND_add(os.urandom(32), 32.0)
    work(descriptor, paths)


def work(descriptor, paths):
    """Load the handler, say what came of it, and serve."""
    os.chdir(paths["task"])
    prepare(paths)
    connection = Connection(descriptor)
    try:
        handler = load_handler(os.environ.get("_HANDLER", ""))
    except Exception as error:
        document = describe(error, "")
        sys.stdout.write(_INIT_WARNING)
        log_error(document)
        flush()
        connection.send(
            {"kind": "init_error", "type": document["errorType"]}, encode_document(document)
        )
        os._exit(1)
    flush()
    connection.send({"kind": "ready"})
    serve(connection, handler)


if __name__ == "__main__":
    work(int(sys.argv[1]), json.loads(sys.argv[2]))
