"""Start the extensions of a layer before the runtime, and watch over both.

Standard library only, Python 3.8 and later. Works in the process that has just entered the fences:
it forks each program in /opt/extensions and, last, the process that is to be the runtime, and then
does nothing but report who has ended. Source: spec/lambda.md 3.7.

It sends frames (see `runtime.py`) on a socket of its own, because the runtime's is the runtime's:

    {"kind": "extensions", "names"}            what was found, before anything is started
    {"kind": "launch_error", "name", "reason"} one could not be executed
    {"kind": "extension_ended", "name", "status"}
    {"kind": "runtime_ended", "status"}

The runtime begins when a byte has come on its socket: when all extensions are registered.
"""

import json
import os
import signal

AWAITED = {signal.SIGCHLD, signal.SIGTERM}
LAUNCH_FAILED = 96


def send_frame(descriptor, header):
    """Send a frame without a body."""
    text = json.dumps(header).encode()
    os.write(descriptor, (0).to_bytes(4, "little") + len(text).to_bytes(2, "little") + text)


def start(folder, variables, connection, reports, log):
    """Start what there is; returns in the process that is to be the runtime only.

    Args:
        log: Where the programs write, who have a log of their own.
    """
    names = list_programs(folder)
    send_frame(reports, {"kind": "extensions", "names": names})
    if not names:
        os.close(reports)
        os.close(log)
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, AWAITED)
    extensions = {}
    for name in names:
        pid = os.fork()
        if pid == 0:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
            os.dup2(log, 1)
            os.dup2(log, 2)
            execute(os.path.join(folder, name), name, variables, reports)
        extensions[pid] = name
    os.close(log)
    runtime = os.fork()
    if runtime:
        os.close(connection)
        watch(runtime, extensions, reports)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, AWAITED)
    os.close(reports)
    if not os.read(connection, 1):
        os._exit(0)  # The server does not want us any more.


def list_programs(folder):
    """Return the names of all files, in the order in which they are started."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return sorted(name for name in names if os.path.isfile(os.path.join(folder, name)))


def execute(path, name, variables, reports):
    """Become an extension; does not return."""
    try:
        os.chdir("/")
        os.execve(path, [path], variables)
    except OSError as error:
        reason = "fork/exec %s: %s" % (path, (error.strerror or "").lower())
        send_frame(reports, {"kind": "launch_error", "name": name, "reason": reason})
    os._exit(LAUNCH_FAILED)


def watch(runtime, extensions, reports):
    """Report every end and pass SIGTERM on to the runtime; ends with the last child."""
    while True:
        if signal.sigwait(AWAITED) == signal.SIGTERM:
            if runtime:
                os.kill(runtime, signal.SIGTERM)
            continue
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                os._exit(0)
            if pid == 0:
                break
            if pid == runtime:
                runtime = 0
                send_frame(reports, {"kind": "runtime_ended", "status": status})
            elif pid in extensions:
                name = extensions.pop(pid)
                send_frame(reports, {"kind": "extension_ended", "name": name, "status": status})
