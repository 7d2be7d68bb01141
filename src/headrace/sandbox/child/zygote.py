"""Fork environments on request: a process with the standard library imported, one per interpreter.

Run by `launcher.py`; standard library only, Python 3.8 and later. No code of a user ever runs in
this process. It takes orders on a SEQPACKET socket, one JSON text each with descriptors beside it:

    {"start": id, ...}  descriptors: the environment's socket, its log pipe, a template's control
        socket, cgroup.procs files
        answered by {"started": id} with a pidfd, or {"refused": id, "reason": text}
    when the environment is gone: {"ended": id, "status": wait status of the runtime}

Each environment is two processes: a keeper (`environment.py`), which is the init of the
environment's pid namespace or, without namespaces, the adopter of its orphans; and below it the
runtime. The end of the control socket ends this process and all environments.
"""

import array
import errno
import gc
import json
import os
import select
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import environment, fences, kernel, template
else:
    import environment
    import fences
    import kernel
    import template

#: Imported once here and shared by every environment; the order does not matter.
PRELOADED = (
    "argparse",
    "asyncio",
    "base64",
    "calendar",
    "collections",
    "concurrent.futures",
    "concurrent.futures.thread",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "ctypes",
    "dataclasses",
    "datetime",
    "decimal",
    "email.message",
    "email.parser",
    "email.utils",
    "enum",
    "fractions",
    "functools",
    "getpass",
    "glob",
    "gzip",
    "hashlib",
    "heapq",
    "hmac",
    "html",
    "http.client",
    "importlib.util",
    "inspect",
    "io",
    "ipaddress",
    "itertools",
    "logging",
    "logging.config",
    "logging.handlers",
    "math",
    "mimetypes",
    "numbers",
    "operator",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "queue",
    "random",
    "re",
    "secrets",
    "shlex",
    "shutil",
    "ssl",
    "statistics",
    "string",
    "struct",
    "subprocess",
    "tempfile",
    "textwrap",
    "threading",
    "time",
    "traceback",
    "types",
    "typing",
    "unicodedata",
    "urllib.error",
    "urllib.parse",
    "urllib.request",
    "uuid",
    "warnings",
    "weakref",
    "xml.etree.ElementTree",
    "zipfile",
    "zlib",
    "zoneinfo",
)
#: Our own modules; a function may have modules of these names.
OURS = (
    "context",
    "doors",
    "environment",
    "extensions",
    "fences",
    "hooks",
    "inheritance",
    "kernel",
    "launcher",
    "logbook",
    "results",
    "runtime",
    "template",
    "users",
    "zygote",
)
ORDER_BYTES_MAX = 262_144
DESCRIPTORS_MAX = 16


def preload():
    """Import what functions are likely to use, and set up what every environment would repeat."""
    import importlib

    for name in PRELOADED:
        try:
            importlib.import_module(name)
        except ImportError:
            continue  # Not in this version, or built without it.
    import site

    # Without the site module's start-up work functions would miss exit(), quit() and help().
    site.setquit()
    site.setcopyright()
    site.sethelper()
    if "ssl" in sys.modules:
        # Else each environment would set up OpenSSL for itself: 0.75 MiB.
        sys.modules["ssl"].RAND_bytes(8)


class Zygote:
    """Takes orders, forks, reaps."""

    def __init__(self, control, settings):
        self.control = control
        self.settings = settings
        #: Keeper's pid to environment id and the pipe on which it leaves the runtime's status.
        self.keepers = {}
        self.seccomp = fences.compile_filter() if settings["seccomp"] else None
        self.own_pids = None
        if settings["namespaces"]:
            self.own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)
        self.wake_reader, self.wake_writer = os.pipe()
        for descriptor in (self.wake_reader, self.wake_writer):
            os.set_blocking(descriptor, False)
        signal.signal(signal.SIGCHLD, _note)
        signal.set_wakeup_fd(self.wake_writer, warn_on_full_buffer=False)

    def serve(self):
        """Work until the server is gone; in a child, return what the child has to do."""
        poll = select.poll()
        poll.register(self.control, select.POLLIN)
        poll.register(self.wake_reader, select.POLLIN)
        while True:
            ready = [descriptor for descriptor, _ in poll.poll()]
            if self.wake_reader in ready:
                self.reap()
            if self.control.fileno() in ready:
                try:
                    text, descriptors = self.receive()
                except OSError:
                    return self.end
                if not text:
                    return self.end
                work = self.start(json.loads(text), descriptors)
                if work is not None:
                    return work

    def receive(self):
        """Return the next order and the descriptors that came with it."""
        text, ancillary, _, _ = self.control.recvmsg(
            ORDER_BYTES_MAX, socket.CMSG_SPACE(DESCRIPTORS_MAX * 4)
        )
        descriptors = array.array("i")
        for level, kind, data in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
        return text, list(descriptors)

    def send(self, message, descriptors=()):
        """Tell the server something."""
        rights = array.array("i", descriptors).tobytes()
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if descriptors else []
        try:
            self.control.sendmsg([json.dumps(message).encode()], ancillary)
        except OSError as error:
            if error.errno not in (errno.EPIPE, errno.ECONNRESET):
                raise
            # The server is gone: the next turn of the loop sees the end of the socket.

    def start(self, order, descriptors):
        """Fork a keeper; return what it has to do if this is the keeper, else None."""
        name = order["start"]
        reader = writer = -1
        try:
            reader, writer = os.pipe()
            pid = self.fork()
        except OSError as error:
            for descriptor in (reader, writer, *descriptors):
                if descriptor >= 0:
                    os.close(descriptor)
            self.send({"refused": name, "reason": "fork: %s" % error.strerror})
            return None
        if pid == 0:
            settings, seccomp = self.settings, self.seccomp
            keep = template.keep if order["is_template"] else environment.keep
            return lambda: keep(settings, seccomp, order, descriptors, writer)
        os.close(writer)
        for descriptor in descriptors:
            os.close(descriptor)
        self.keepers[pid] = (name, reader)
        handle = kernel.pidfd_open(pid)
        self.send({"started": name}, [handle])
        os.close(handle)
        return None

    def fork(self):
        """Fork; with namespaces, the child is pid 1 of a new pid namespace."""
        if self.own_pids is None:
            return os.fork()
        kernel.unshare(kernel.NEWPID)
        pid = -1
        try:
            pid = os.fork()
        finally:
            if pid != 0:
                # Else the next unshare is refused.
                kernel.setns(self.own_pids, kernel.NEWPID)
        return pid

    def reap(self):
        """Report every environment that is gone."""
        try:
            while os.read(self.wake_reader, 4096):
                pass
        except BlockingIOError:
            pass
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            keeper = self.keepers.pop(pid, None)
            if keeper is None:
                continue
            name, reader = keeper
            left = os.read(reader, 4)
            os.close(reader)
            if self.own_pids is None and not left:
                # The keeper itself was killed; what it had adopted comes to us.
                environment.kill_descendants(spare=set(self.keepers))
            # A keeper that was killed left nothing: then its own status is the answer.
            status = int.from_bytes(left, "little") if len(left) == 4 else status
            self.send({"ended": name, "status": status})

    def end(self):
        """End every environment, then this process."""
        if self.own_pids is None:
            for pid in self.keepers:
                os.kill(pid, signal.SIGTERM)
            for pid in list(self.keepers):
                os.waitpid(pid, 0)
            environment.kill_descendants(spare=set())
        # With namespaces the anchor ends when we do, and takes all with it.
        os._exit(0)


def _note(_number, _frame):
    """Exist: only a signal that is caught wakes the poll."""


def main(descriptor, settings):
    """Get ready, say so, and serve."""
    if not settings["namespaces"]:
        kernel.become_subreaper()
    control = socket.socket(fileno=descriptor)
    control.set_inheritable(False)
    preload()
    for name in OURS:
        sys.modules.pop(name, None)
    raise_descriptor_limit()
    zygote = Zygote(control, settings)
    gc.collect()
    gc.freeze()
    zygote.send({"ready": os.getpid()})
    # The child's work starts from here and not from inside serve(), so that no frame of ours
    # stands below a user's.
    work = zygote.serve()
    del zygote
    work()


def raise_descriptor_limit():
    """Allow as many open descriptors as this process may: one per environment."""
    import resource

    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def read_settings(descriptor):
    """Return the settings that a launcher has left in a file without a name."""
    with os.fdopen(descriptor, "rb") as file:
        file.seek(0)
        return json.loads(file.read())


if __name__ == "__main__":
    main(int(sys.argv[1]), read_settings(int(sys.argv[2])))
