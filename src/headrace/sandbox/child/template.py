"""Make a template, a process that has run a function's init phase, and fork environments from it.

Standard library only, Python 3.8 and later. Four processes, of which the first three are made at
once and the last two for each environment (docs/SANDBOX.md, SnapStart):

    outer keeper      the zygote's child; enters namespaces and fences off a user namespace
      inner keeper    init of a pid namespace that belongs to that user namespace
        template      runs the init phase and forks on request
          keeper      init of an environment's pid namespace, as in `environment.py`
            runtime   a copy of the template in fences of its own

The template may mount and make namespaces, in its own user namespace only: who forks into fresh
namespaces must be able to. Environments are not. It takes orders as the zygote does, on a SEQPACKET
socket: {"start": id, ...} with the environment's socket, its log pipe, a pipe for the wait status
of its runtime, the hatch for its /tmp, a /tmp that was left to it, if there is one, and
cgroup.procs files; answered by {"started": id} and a pidfd, or {"refused": id,
"reason": text}. First it says {"ready": pid}, or {"unfit": text} when its state cannot be copied.
When the socket ends, so does the template; the keepers stay until its last environment is gone.
"""

import array
import gc
import json
import os
import shutil
import signal
import socket
import stat
import warnings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import (
        environment,
        fences,
        hooks,
        inheritance,
        kernel,
        launcher,
        runtime,
        users,
    )
else:
    import environment
    import fences
    import hooks
    import inheritance
    import kernel
    import launcher
    import runtime
    import users

#: Where the template keeps what it needs for forking.
CONTROL = 901
OWN_PIDS = 902
OURS = frozenset({environment.CONNECTION, CONTROL, OWN_PIDS})
#: What a template may ask of the kernel and an environment may not.
MAY = ("mount", "mount_setattr", "move_mount", "open_tree", "sethostname", "setns", "unshare")
ORDER_BYTES_MAX = 262_144
DESCRIPTORS_MAX = 16


def keep(settings, seccomp, order, descriptors, status_writer):
    """Be the outer keeper: prepare the namespaces, start the inner one, and wait for it."""
    kernel.die_with_parent(signal.SIGKILL)
    signal.set_wakeup_fd(-1)
    connection, log, control = descriptors[:3]
    for descriptor in descriptors[3:]:
        os.write(descriptor, b"0")
    kernel.close_all_but([connection, log, control, status_writer])
    inner = -1
    try:
        environment.enter_namespaces(settings, order)
        mount_processes()
        enter_user_namespace(settings, order)
        kernel.die_with_parent(signal.SIGKILL)  # Changing the user has cleared it.
        inner = os.fork()
    except OSError as error:
        fail(connection, error)
    if inner == 0:
        keep_inside(settings, seccomp, order, connection, log, control, status_writer)
        return
    kernel.close_all_but([])
    launcher.wait_for(inner)
    os._exit(0)


def mount_processes():
    """Show the processes of our own pid namespace only.

    Nothing may be mounted below, or the kernel allows no other such mount further in. The kernel's
    settings are root's to change, and a template's user is never root.
    """
    kernel.mount("proc", "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC)


def fail(connection, error):
    """Tell that the fences could not be entered, and end."""
    environment.send_frame(connection, {"kind": "setup_failed", "reason": str(error)})
    os._exit(environment.SETUP_FAILED)


def enter_user_namespace(settings, order):
    """Become the template's user, with rights over a user namespace that holds its users only.

    The pid namespace is made with it: what belongs to another user namespace cannot be returned to
    after a fork.
    """
    flags = kernel.NEWUSER | kernel.NEWPID | kernel.NEWNS | kernel.NEWIPC | kernel.NEWUTS
    if settings["user_namespace"]:
        user, group = os.getuid(), os.getgid()
        kernel.unshare(flags)
        kernel.map_ids(users.USER, user, users.GROUP, group)
        return
    reader, writer = os.pipe()
    helper = os.fork()
    if helper == 0:
        os.close(writer)
        os.read(reader, 1)
        os._exit(0 if map_users(order["user"], order["user_count"]) else 1)
    os.close(reader)
    os.setgroups([])
    os.setresgid(order["user"], order["user"], order["user"])
    os.setresuid(order["user"], order["user"], order["user"])
    kernel.unshare(flags)
    os.close(writer)
    if os.waitpid(helper, 0)[1] != 0:
        raise OSError("the users of a template cannot be mapped")


def map_users(first, count):
    """Show the users of a template, and no others, in the user namespace of pid 1; as root."""
    try:
        for name, text in (
            ("setgroups", "deny"),
            ("uid_map", "%d %d %d" % (first, first, count)),
            ("gid_map", "%d %d %d" % (first, first, count)),
        ):
            with open("/proc/1/" + name, "w") as file:
                file.write(text)
    except OSError:
        return False
    return True


def keep_inside(settings, seccomp, order, connection, log, control, status_writer):
    """Be the inner keeper: start the template, leave its status, and adopt what it leaves."""
    pid = -1
    try:
        kernel.die_with_parent(signal.SIGKILL)
        mount_processes()
        launcher.burn_pids()
        pid = os.fork()
    except OSError as error:
        fail(connection, error)
    if pid == 0:
        os.close(status_writer)
        become_template(settings, seccomp, order, connection, log, control)
        return
    kernel.close_all_but([status_writer])
    awaited = True
    while True:
        try:
            ended, status = os.wait()
        except ChildProcessError:
            os._exit(0)
        if ended == pid and awaited:
            awaited = False
            os.write(status_writer, status.to_bytes(4, "little"))
            os.close(status_writer)


def become_template(settings, seccomp, order, connection, log, control):
    """Enter the template's fences, run the init phase, and serve."""
    try:
        os.setsid()
        kernel.die_with_parent(signal.SIGKILL)
        environment.take_streams(log)
        connection = environment.move(connection, environment.CONNECTION)
        control = environment.move(control, CONTROL)
        environment.move(os.open("/proc/self/ns/pid", os.O_RDONLY), OWN_PIDS)
        kernel.close_all_but(OURS)
        environment.set_limits(order)
        os.umask(0o022)
        kernel.forbid_new_privileges()
        if settings["landlock"]:
            fences.restrict_scopes(settings["landlock"])
        if seccomp is not None:
            fences.install_filter(fences.compile_filter(MAY))
    except OSError as error:
        fail(connection, error)
    runtime.set_variables(order["variables"])
    link, handler = runtime.load(connection, order["paths"])
    runtime.run_hooks(link, hooks.run_before_snapshot, hooks.BEFORE_SNAPSHOT_FAILED)
    runtime.flush()
    template = None
    try:
        template = Template(socket.socket(fileno=control), settings, seccomp, order["variables"])
        obstacle = find_obstacle()
        template.send({"unfit": obstacle} if obstacle else {"ready": os.getpid()})
    except OSError:
        obstacle = "the function has closed our descriptors"
    if obstacle or template is None:
        link.send({"kind": "ready"})
        os._exit(0)
    gc.collect()
    gc.freeze()
    link.send({"kind": "ready"})
    template.serve()()
    # From here on this is an environment.
    runtime.run_hooks(link, hooks.run_after_restore, hooks.AFTER_RESTORE_FAILED)
    runtime.flush()
    link.send({"kind": "ready"})
    runtime.serve(link, handler)


def find_obstacle():
    """Return why this process cannot be copied, without Python's warning about threads."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return inheritance.find_obstacle(OURS)


class Template:
    """Takes orders and forks."""

    def __init__(self, control, settings, seccomp, variables):
        self.control = control
        self.settings = settings
        self.seccomp = seccomp
        self.variables = variables
        #: How the function handles the ends of its children; restored in each copy.
        self.on_child_end = signal.getsignal(signal.SIGCHLD) or signal.SIG_DFL

    def serve(self):
        """Fork on request; return what an environment's first process has to do."""
        self.on_child_end = signal.getsignal(signal.SIGCHLD) or signal.SIG_DFL
        signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # Keepers need not be waited for.
        while True:
            text, ancillary, _, _ = self.control.recvmsg(
                ORDER_BYTES_MAX, socket.CMSG_SPACE(DESCRIPTORS_MAX * 4)
            )
            if not text:
                os._exit(0)
            descriptors = array.array("i")
            for _, _, data in ancillary:
                descriptors.frombytes(data[: len(data) - len(data) % descriptors.itemsize])
            order = json.loads(text)
            try:
                pid = self.fork(order, descriptors)
            except OSError:
                os._exit(0)  # The server is gone.
            if pid == 0:
                return lambda: self.keep(order, list(descriptors))
            for descriptor in descriptors:
                os.close(descriptor)

    def fork(self, order, descriptors):
        """Fork into a new pid namespace and tell the server; return the pid, -1 if refused."""
        pid = -1
        try:
            kernel.unshare(kernel.NEWPID)
            try:
                pid = os.fork()
            finally:
                if pid != 0:
                    kernel.setns(OWN_PIDS, kernel.NEWPID)
        except OSError as error:
            self.send({"refused": order["start"], "reason": "fork: %s" % error.strerror})
            return pid
        if pid > 0:
            handle = kernel.pidfd_open(pid)
            self.send({"started": order["start"]}, [handle])
            os.close(handle)
        return pid

    def send(self, message, descriptors=()):
        """Tell the server something.

        Raises:
            OSError: The server is gone.
        """
        rights = array.array("i", descriptors).tobytes()
        ancillary = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, rights)] if descriptors else []
        self.control.sendmsg([json.dumps(message).encode()], ancillary)

    def keep(self, order, descriptors):
        """Be an environment's keeper; return in its runtime, when all fences stand."""
        connection, log, status_writer = descriptors[:3]
        rest = descriptors[3:]
        hatch = rest.pop(0) if order["leaves_temporary"] else -1
        left = rest.pop(0) if order["takes_temporary"] else -1
        for descriptor in rest:
            os.write(descriptor, b"0")
            os.close(descriptor)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        awaited = {signal.SIGCHLD, signal.SIGTERM}
        before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
        pid = os.fork()
        if pid:
            kernel.close_all_but([status_writer])
            status = environment.wait_for(pid, awaited)
            os.write(status_writer, status.to_bytes(4, "little"))
            os._exit(0)
        signal.signal(signal.SIGCHLD, self.on_child_end)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        os.close(status_writer)
        try:
            self.begin_anew(order, connection, log, hatch, left)
        except OSError as error:
            fail(environment.CONNECTION, error)

    def begin_anew(self, order, connection, log, hatch, left):
        """Be an environment of one's own, which shares nothing with the template any more.

        Args:
            hatch: Where our /tmp is handed out.
            left: A /tmp that was left to us; -1: there is none.
        """
        os.setsid()
        kernel.die_with_parent(signal.SIGKILL)
        hatch, left = (environment.move_aside(one) if one >= 0 else one for one in (hatch, left))
        environment.take_streams(log)
        os.close(log)
        # In the place of the template's own, whose object stays in use.
        environment.move(connection, environment.CONNECTION)
        self.control.close()
        os.close(OWN_PIDS)
        enter(self.settings, self.seccomp, order, hatch, left)
        kernel.die_with_parent(signal.SIGKILL)  # Changing the user has cleared it.
        inheritance.come_apart({environment.CONNECTION})
        inheritance.renew_variables(self.variables, order["variables"])
        inheritance.renew_randomness()


def enter(settings, seccomp, order, hatch, left):
    """Give up what the template could do, in namespaces of this environment's own.

    Args:
        hatch: Where our /tmp is handed out; closed here, as `left` is. -1: nowhere.
        left: A /tmp that was left to us; -1: there is none.
    """
    kernel.unshare(kernel.NEWNS | kernel.NEWIPC | kernel.NEWUTS)
    if not order["network"]:
        environment.leave_network()
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    snapshot = os.open("/tmp", os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    is_new = mount_temporary(order, left)
    copy_files("/proc/self/fd/%d" % snapshot, "/tmp", order["user"], is_new)
    os.close(snapshot)
    if hatch >= 0:
        environment.leave_temporary(hatch)
    if left >= 0:
        os.close(left)
    environment.mount_processes()
    socket.sethostname(environment.HOST_NAME)
    environment.set_limits(order)
    environment.give_up_rights(settings, seccomp, order)


def mount_temporary(order, left):
    """Mount what was left to us at /tmp, or an empty one; return whether it is empty."""
    if left >= 0:
        try:
            environment.mount_temporary(order, left=left)
        except OSError:
            left = -1  # The function has handed out something else.
    if left < 0:
        environment.mount_temporary(order)
    return left < 0


def copy_files(source, target, user, is_new):
    """Give an environment what the template has in a folder, as its own user's.

    Args:
        is_new: Whether the folder is empty and has room for everything. Else what is there stays,
            whatever it is, and a file for which there is no room is left out.
    """
    for entry in list(os.scandir(source)):
        place = os.path.join(target, entry.name)
        if not is_new and os.path.lexists(place):
            if entry.is_dir(follow_symlinks=False) and is_folder(place):
                copy_files(entry.path, place, user, is_new)
            continue
        try:
            copy_one(entry, place, user, is_new)
        except OSError:
            if is_new:
                raise
            if os.path.lexists(place) and not is_folder(place):
                os.unlink(place)  # It would be a part of a file.


def is_folder(path):
    """Return whether there is a folder at a path, not a link to one."""
    return stat.S_ISDIR(os.lstat(path).st_mode)


def copy_one(entry, place, user, is_new):
    """Copy a file, a link, or a folder with all that is in it, to a place where nothing is."""
    if entry.is_symlink():
        os.symlink(os.readlink(entry.path), place)
    elif entry.is_dir():
        os.mkdir(place)
        copy_files(entry.path, place, user, is_new)
        shutil.copystat(entry.path, place)
    elif entry.is_file():
        shutil.copy2(entry.path, place)
    else:
        return  # A socket or a pipe: nobody is at its other end.
    if user:
        os.chown(place, user, user, follow_symlinks=False)
