"""Make one environment: a keeper process, and below it the runtime or program in its fences.

Standard library only, Python 3.8 and later. Works in the two processes that `zygote.py` forks for
an environment. The order of the steps in `enter` matters and is explained in docs/SANDBOX.md.
"""

import array
import contextlib
import fcntl
import json
import os
import resource
import signal
import socket
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import doors, extensions, fences, kernel, runtime, users
else:
    import doors
    import extensions
    import fences
    import kernel
    import runtime
    import users

#: The runtime's socket is moved up here, out of the way of wrapper scripts that use 3 to 9; as in
#: `sandbox/languages/language.py`.
CONNECTION = 900
#: The socket for reports about extensions stands next to it.
REPORTS = 901
#: Wait status of a process that was killed with SIGKILL.
KILLED = 9
SETUP_FAILED = 97
#: As in a recording of AWS (spec/lambda.md 4.3); no core files, because nobody would find them.
LIMITS = (
    (resource.RLIMIT_NOFILE, 1024),
    (resource.RLIMIT_CORE, 0),
    (resource.RLIMIT_MEMLOCK, 65_536),
    (resource.RLIMIT_STACK, 8_388_608),
)
HOST_NAME = "169.254.76.1"
#: Where /proc changes the whole machine. The kernel asks only whether one is its root, and in a
#: user namespace that a server of root's made, every user is.
KERNEL_SETTINGS = ("/proc/sys", "/proc/sysrq-trigger", "/proc/irq", "/proc/bus")


def keep(settings, seccomp, order, descriptors, status_writer):
    """Be the keeper: start the runtime, outlive it, leave its status, and leave nothing alive."""
    namespaces = settings["namespaces"]
    # With namespaces our death kills the whole environment. Without, we have to do it ourselves.
    kernel.die_with_parent(signal.SIGKILL if namespaces else signal.SIGTERM)
    signal.set_wakeup_fd(-1)
    connection, log = descriptors[:2]
    rest = descriptors[2:]
    # Only layers and images can bring extensions, who have a socket and a log of their own.
    reports = rest.pop(0) if order["attended"] else -1
    extensions_log = rest.pop(0) if order["attended"] else -1
    # Through the door go sockets of a network that only we are in.
    door = rest.pop(0) if order["api_port"] else -1
    # Through the hatch goes our /tmp for the one after us; from the one before us, we have its own.
    hatch = rest.pop(0) if order["leaves_temporary"] else -1
    left = rest.pop(0) if order["takes_temporary"] else -1
    for descriptor in rest:
        os.write(descriptor, b"0")
    beside = (reports, extensions_log, door, hatch, left)
    kernel.close_all_but(present(connection, log, status_writer, *beside))
    if not namespaces:
        kernel.become_subreaper()
    awaited = {signal.SIGCHLD, signal.SIGTERM}
    signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    pid = os.fork()
    if pid == 0:
        os.close(status_writer)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, awaited)
        become_runtime(settings, seccomp, order, connection, log, beside)
        return
    kernel.close_all_but([status_writer])
    status = wait_for(pid, awaited)
    if not namespaces:
        kill_descendants(spare=set())
    os.write(status_writer, status.to_bytes(4, "little"))
    os._exit(0)


def wait_for(pid, awaited):
    """Reap every child until this one has ended or we are told to stop; return its status."""
    while True:
        told = signal.sigwait(awaited)
        while True:
            try:
                ended, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return KILLED
            if ended == pid:
                return status
            if ended == 0:
                break
        if told == signal.SIGTERM:
            return KILLED


def kill_descendants(spare):
    """Stop, then kill, every process below this one, except below the children in `spare`.

    A stopped process forks no more, so the list is complete when a round finds nothing new.
    Whatever loses its parent while this runs is adopted by us, the subreaper, and found again.
    """
    while True:
        stopped = set()
        while True:
            fresh = [pid for pid in descendants(os.getpid(), spare) if pid not in stopped]
            if not fresh:
                break
            for pid in fresh:
                send_signal(pid, signal.SIGSTOP)
            stopped.update(fresh)
        if not stopped and (spare or not has_children()):
            return
        for pid in stopped:
            send_signal(pid, signal.SIGKILL)
        for pid in stopped:
            try:
                os.waitpid(pid, 0)
            except ChildProcessError:
                continue  # A grandchild: adopted in the next round, or reaped by its parent.


def has_children():
    """Return whether there are children left, reaping one that has ended."""
    try:
        os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return False
    return True


def send_signal(pid, number):
    """Send a signal to a process that may be gone."""
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def descendants(root, spare):
    """Return the pids below a process, parents before children."""
    find = children_of if os.path.exists("/proc/thread-self/children") else scan_children()
    found = []
    waiting = [pid for pid in find(root) if pid not in spare]
    while waiting:
        pid = waiting.pop()
        found.append(pid)
        waiting.extend(find(pid))
    return found


def children_of(pid):
    """Return the children of a process, of all its threads."""
    found = []  # type: list[int]
    try:
        for thread in os.listdir("/proc/%d/task" % pid):
            with open("/proc/%d/task/%s/children" % (pid, thread)) as file:
                found.extend(int(word) for word in file.read().split())
    except OSError:
        return found  # It has ended meanwhile: its children are ours by now.
    return found


def scan_children():
    """Return what `children_of` is, for kernels that do not list children."""
    children = {}  # type: dict[int, list[int]]
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open("/proc/%s/stat" % name, "rb") as file:
                    fields = file.read().rpartition(b")")[2].split()
            except OSError:
                continue
            children.setdefault(int(fields[1]), []).append(int(name))
    return lambda pid: children.get(pid, [])


def present(*descriptors):
    """Return those that there are."""
    return [one for one in descriptors if one >= 0]


def become_runtime(settings, seccomp, order, connection, log, beside):
    """Enter the fences and run the function's handler; does not return.

    Args:
        beside: The extensions' socket and log, the door for sockets, the hatch for /tmp, and a /tmp
            that was left to us; -1: there is none.
    """
    reports, extensions_log, door, hatch, left = beside
    try:
        os.setsid()
        kernel.die_with_parent(signal.SIGKILL)
        take_streams(log)
        door, hatch, left = (move_aside(one) if one >= 0 else one for one in (door, hatch, left))
        if order["attended"]:
            connection = move_aside(connection)
            extensions_log = move_aside(extensions_log)
            reports = move(reports, REPORTS)
        connection = move(connection, CONNECTION)
        kernel.close_all_but(present(connection, reports, extensions_log, door, hatch, left))
        enter(settings, seccomp, order, hatch, left)
        if door >= 0:
            doors.pass_sockets(door, order["api_port"], order["socket_count"])
        kernel.die_with_parent(signal.SIGKILL)  # Last: changing the user has cleared it.
    except OSError as error:
        send_frame(connection, {"kind": "setup_failed", "reason": str(error)})
        os._exit(SETUP_FAILED)
    if order["attended"]:
        extensions.start(
            order["paths"]["layers"] + "/extensions",
            order["extension_variables"],
            connection,
            reports,
            extensions_log,
        )
    if order["entry_points"]:
        execute(order, connection)
    runtime.run(connection, order["variables"], order["paths"])


def take_streams(log):
    """Read nothing on standard input, and write what is written into the log."""
    null = os.open("/dev/null", os.O_RDONLY)
    os.dup2(null, 0)
    if null > 2:
        os.close(null)
    os.dup2(log, 1)
    os.dup2(log, 2)


def move(descriptor, number):
    """Move a descriptor to a number of our choice and return it."""
    if descriptor != number:
        os.dup2(descriptor, number, inheritable=False)
        os.close(descriptor)
    return number


def move_aside(descriptor):
    """Move a descriptor out of the way of those that get numbers of our choice."""
    aside = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, REPORTS + 1)
    os.close(descriptor)
    return aside


def send_frame(connection, header):
    """Send a frame without a body, see `runtime.py`."""
    text = json.dumps(header).encode()
    os.write(connection, (0).to_bytes(4, "little") + len(text).to_bytes(2, "little") + text)


def enter(settings, seccomp, order, hatch, left):
    """Give up, step by step, everything that a function must not have.

    Args:
        hatch: Where our /tmp is handed out; closed here, as `left` is. -1: nowhere.
        left: A /tmp that was left to us; -1: there is none.
    """
    if settings["namespaces"]:
        if order["image"]:
            enter_image(order, left)
        else:
            enter_namespaces(settings, order, left)
            mount_processes()
        if hatch >= 0:
            leave_temporary(hatch)
        if left >= 0:
            os.close(left)
    set_limits(order)
    give_up_rights(settings, seccomp, order)


def give_up_rights(settings, seccomp, order):
    """Become the environment's user, and nothing more than a user."""
    if settings["namespaces"] and settings["user_namespace"]:
        # A user namespace of its own: the process limit counts in it, not across neighbours.
        user, group = os.getuid(), os.getgid()
        kernel.unshare(kernel.NEWUSER)
        kernel.map_ids(users.USER, user, users.GROUP, group)
    if settings["fences"]:
        kernel.drop_bounding_set()
    if order["user"]:
        with contextlib.suppress(PermissionError):  # Of a template's copy it is another's.
            os.fchown(1, order["user"], order["user"])  # Who opens /dev/stdout asks its owner.
        if order["scratch"]:
            os.chown(order["scratch"], order["user"], order["user"])
        if os.getgroups():  # A copy of a template has none, and may not set any.
            os.setgroups([])
        os.setresgid(order["user"], order["user"], order["user"])
        os.setresuid(order["user"], order["user"], order["user"])
    os.umask(0o022)
    if not settings["fences"]:
        return
    kernel.clear_capabilities()
    kernel.forbid_new_privileges()
    if settings["landlock"]:
        fences.restrict_files(settings["landlock"], order["readable"], order["writable"])
    if seccomp is not None:
        fences.install_filter(seccomp)


def enter_namespaces(settings, order, left=-1):
    """Mount what is this environment's own, and hide the code and languages of all others."""
    leave_machine(order)
    mount_temporary(order, left=left)
    users.name_users(order["user"], order["user_count"] if order["is_template"] else 1)
    kernel.bind("/.store/" + order["code"], "/var/task")
    if order["layers"]:
        kernel.bind("/.store/" + order["layers"], "/opt")
    kernel.umount("/.store")
    if order["language"] != settings["prefix"]:
        kernel.umount("/var/lang")
        if order["language"]:
            kernel.bind("/.languages/" + settings["languages"][order["language"]], "/var/lang")
    kernel.umount("/.languages")


def leave_machine(order):
    """Have mounts, a host name and more of our own, and no network if none is wanted."""
    kernel.unshare(kernel.NEWNS | kernel.NEWIPC | kernel.NEWUTS)
    if not order["network"]:
        leave_network()
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    socket.sethostname(HOST_NAME)


def leave_network():
    """Reach nobody but ourselves."""
    kernel.unshare(kernel.NEWNET)
    kernel.bring_up_loopback()


def enter_image(order, left):
    """Make a container image's root ours, with the few things that every root has."""
    leave_machine(order)
    root = "/.image"
    kernel.bind("/.store/" + order["image"], root)
    mount_temporary(order, root, left)
    kernel.bind("/dev", root + "/dev", recursive=True)
    for name in ("/etc/hosts", "/etc/resolv.conf"):
        if os.path.exists(name):
            kernel.bind(name, root + name)
    users.name_user_in(root, order["user"])
    mount_processes(root)
    os.chdir(root)
    kernel.pivot_root(".", ".")
    kernel.umount(".")
    os.chdir("/")


def mount_temporary(order, root="", left=-1):
    """Mount a /tmp below a root: what was left to us, or an empty one of the size asked for."""
    if left >= 0:
        kernel.place_mount(left, root + "/tmp")
        return
    kernel.mount(
        "tmpfs",
        root + "/tmp",
        "tmpfs",
        kernel.MS_NOSUID | kernel.MS_NODEV,
        "size=%dm,nr_inodes=%d,mode=1777"
        % (order["ephemeral_storage_mb"], order["inode_count_max"]),
    )


def leave_temporary(hatch):
    """Give the server a hold on our /tmp, by which it outlives us; not every kernel has that."""
    with socket.socket(fileno=hatch) as way:
        try:
            mount = kernel.copy_mount("/tmp")
        except OSError:
            return
        rights = array.array("i", [mount]).tobytes()
        way.sendmsg([b"0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)])
        os.close(mount)


def mount_processes(root=""):
    """Show the processes of our own pid namespace only, and the kernel's settings read-only."""
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("proc", root + "/proc", "proc", flags)
    for name in KERNEL_SETTINGS:
        path = root + name
        if os.path.exists(path):
            kernel.bind(path, path)
            kernel.set_read_only(path)


def set_limits(order):
    """Set resource limits; never above what this process may have."""
    limits = list(LIMITS)
    if order["data_bytes_max"]:
        limits.append((resource.RLIMIT_DATA, order["data_bytes_max"]))
    beside = 0 if order["counts_apart"] else count_threads(os.getuid())
    limits.append((resource.RLIMIT_NPROC, order["process_count_max"] + beside))
    for which, wanted in limits:
        _, hard = resource.getrlimit(which)
        limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        resource.setrlimit(which, (limit, limit))


def count_threads(user):
    """Return how many processes and threads of a user there are; the kernel limits their sum."""
    count = 0
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                if os.stat("/proc/" + name).st_uid == user:
                    count += len(os.listdir("/proc/%s/task" % name))
            except OSError:
                continue  # It has ended meanwhile.
    return count


def execute(order, connection):
    """Start a program instead of going on in the forked interpreter; does not return."""
    try:
        os.chdir(order["working_directory"])
    except OSError as error:
        reason = "chdir %s: %s" % (order["working_directory"], (error.strerror or "").lower())
        refuse(connection, reason, "Runtime.InvalidWorkingDir")
    program = find_program(order["entry_points"])
    if program is None:
        refuse(connection, order["not_found"])
    os.set_inheritable(connection, order["speaks_frames"])
    command = [program] + order["arguments"]
    if order["wrapper"]:
        command.insert(0, order["wrapper"])
    try:
        os.execve(command[0], command, order["variables"])
    except OSError as error:
        if order["wrapper"]:
            os.write(2, ("%s: %s\n" % (command[0], error.strerror)).encode())
            os._exit(127)
        refuse(connection, "fork/exec %s: %s" % (program, (error.strerror or "").lower()))


def find_program(paths):
    """Return the first path at which there is something to execute."""
    for path in paths:
        if os.path.exists(path) and not os.path.isdir(path):
            return path
    return None


def refuse(connection, reason, kind="Runtime.InvalidEntrypoint"):
    """Tell that there is no program to run, in AWS's words, and end."""
    send_frame(connection, {"kind": "fault", "type": kind, "reason": reason})
    os._exit(SETUP_FAILED)
