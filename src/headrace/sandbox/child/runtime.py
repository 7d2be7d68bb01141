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
import resource
import site
import socket
import sys
import time
import traceback

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import context, hooks, logbook, results
else:
    import context
    import hooks
    import logbook
    import results

#: The largest result, in bytes (spec/lambda.md 2.1, I4).
RESULT_BYTES_MAX = 6_291_556
#: Everything that Python reads at its start is loaded by now; what a zygote adds later may be
#: shadowed by a user's own module of the same name.
_LOADED_AT_START = frozenset(sys.modules)
_INIT_WARNING = (
    "LAMBDA_WARNING: Unhandled exception. The most likely cause is an issue in the function code. "
    "However, in rare cases, a Lambda runtime update can cause unexpected function behavior."
)


class Output(io.RawIOBase):
    """Standard output or error, written through at once and whole."""

    def __init__(self, descriptor):
        super().__init__()
        self._descriptor = descriptor

    def writable(self):
        """Tell that it can be written to."""
        return True

    def fileno(self):
        """Return the descriptor below."""
        return self._descriptor

    def write(self, data):
        """Write all of the data, however often that takes."""
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


def load_handler(name):
    """Import the module and return the function that `module.function` names.

    Raises:
        context.Fault: The name is malformed, or module or function is missing.
    """
    try:
        module_name, function_name = name.rsplit(".", 1)
    except ValueError as error:
        raise context.Fault(
            "Runtime.MalformedHandlerName", "Bad handler '%s': %s" % (name, error)
        ) from error
    if module_name.split(".")[0] in sys.builtin_module_names:
        raise context.Fault(
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module %s as a handler module" % module_name,
        )
    try:
        module = importlib.import_module(module_name.replace("/", "."))
    except ImportError as error:
        raise context.Fault(
            "Runtime.ImportModuleError", "Unable to import module '%s': %s" % (module_name, error)
        ) from error
    except SyntaxError as error:
        raise context.Fault(
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module '%s': %s" % (module_name, error),
            ['  File "%s" Line %s\n    %s' % (error.filename, error.lineno, error.text)],
        ) from error
    try:
        return getattr(module, function_name)
    except AttributeError as error:
        raise context.Fault(
            "Runtime.HandlerNotFound",
            "Handler '%s' missing on module '%s'" % (function_name, module_name),
        ) from error


def describe(error, request_id):
    """Return AWS's document for an exception, in AWS's order."""
    if isinstance(error, context.Fault):
        kind, trace = error.kind, error.trace
    else:
        kind = type(error).__name__
        frames = traceback.extract_tb(error.__traceback__)
        while frames and frames[0].filename == __file__:
            del frames[0]
        # As plain tuples: AWS's traces have no marks under the columns.
        trace = traceback.format_list(
            [(frame.filename, frame.lineno or 0, frame.name, frame.line) for frame in frames]
        )
    document = {"errorMessage": str(error), "errorType": kind}
    if os.environ.get("AWS_EXECUTION_ENV") != "AWS_Lambda_python3.8":
        document["requestId"] = request_id
    document["stackTrace"] = trace
    return document


def serve(connection, handler):
    """Answer events until the server goes away."""
    encoder = results.Encoder()
    while True:
        header, body = connection.receive()
        logbook.current.request_id = header["id"]
        if header["trace"]:
            os.environ["_X_AMZN_TRACE_ID"] = header["trace"]
        else:
            os.environ.pop("_X_AMZN_TRACE_ID", None)
        try:
            text = answer(handler, header, body, encoder)
        except Exception as error:
            document = describe(error, header["id"])
            logbook.log_error(document)
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
        body = text = document = None  # A frozen environment holds no event.


def answer(handler, header, body, encoder):
    """Call the handler and return its result as bytes, JSON text as a rule."""
    try:
        event = json.loads(body)
    except ValueError as error:
        raise context.Fault(
            "Runtime.UnmarshalError", "Unable to unmarshal input: %s" % error
        ) from error
    result = handler(event, context.LambdaContext(header))
    try:
        return encoder.encode(result)
    except Exception as error:
        raise context.Fault(
            "Runtime.MarshalError", "Unable to marshal response: %s" % error
        ) from error


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
    sys.stdin = io.TextIOWrapper(io.FileIO(0), "utf-8")
    sys.argv = [""]
    time.tzset()
    for name in ("context", "hooks", "logbook", "results"):
        sys.modules.pop(name, None)  # A function may have modules of these names.
    task = paths["task"]
    version = "python%d.%d" % sys.version_info[:2]
    ours = os.path.dirname(os.path.abspath(__file__))
    standard = [path for path in sys.path if path and os.path.abspath(path) != ours]
    given = [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    layer = paths["layers"] + "/python"
    layers = ["%s/lib/%s/site-packages" % (layer, version), layer]
    sys.path[:] = [task]
    for path in (
        *(path for path in given if path not in paths["own"]),
        *layers,
        *paths["libraries"],
        *standard,
        ours + "/offered",
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
    for folder in layers:
        if os.path.isdir(folder):
            site.addsitedir(folder)  # For the .pth files in it.
    logbook.install_logging()


def set_variables(variables):
    """Replace the process environment of the zygote by the function's own."""
    os.environ.clear()
    os.environ.update(variables)
    if "ssl" in sys.modules:
        # Two environments whose pids coincide would draw the same random numbers.
        sys.modules["ssl"].RAND_add(os.urandom(32), 32.0)


def run(descriptor, variables, paths):
    """Be the runtime of a function in a process forked from a zygote; never returns."""
    set_variables(variables)
    work(descriptor, paths)


def work(descriptor, paths):
    """Load the handler, say what came of it, and serve."""
    connection, handler = load(descriptor, paths)
    if os.environ.get("AWS_LAMBDA_INITIALIZATION_TYPE") == "snap-start":
        # There is no template to come from: the snapshot is taken and restored in one place.
        run_hooks(connection, hooks.run_before_snapshot, hooks.BEFORE_SNAPSHOT_FAILED)
        run_hooks(connection, hooks.run_after_restore, hooks.AFTER_RESTORE_FAILED)
    flush()
    connection.send({"kind": "ready"})
    serve(connection, handler)


def load(descriptor, paths):
    """Return a connection and the handler; if there is none, say why and end the process."""
    os.chdir(paths["task"])
    prepare(paths)
    connection = Connection(descriptor)
    try:
        return connection, load_handler(os.environ.get("_HANDLER", ""))
    except Exception as error:
        document = describe(error, "")
        logging.getLogger().warning(_INIT_WARNING)
        give_up(connection, document, 1)


def run_hooks(connection, run, status):
    """Call a function's hooks; if one raises, say so and end the process with this status."""
    try:
        run()
    except Exception as error:
        give_up(connection, describe(error, ""), status)


def give_up(connection, document, status):
    """Report an error of the init phase and end the process."""
    logbook.log_error(document)
    flush()
    connection.send(
        {"kind": "init_error", "type": document["errorType"]}, encode_document(document)
    )
    os._exit(status)


if __name__ == "__main__":
    # Started with -S, so that installed packages stay out; but functions expect exit() and help().
    site.setquit()
    site.setcopyright()
    site.sethelper()
    work(int(sys.argv[1]), json.loads(sys.argv[2]))
