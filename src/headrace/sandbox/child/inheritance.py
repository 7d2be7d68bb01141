"""What copies of a process would share with it and with each other, and how they come apart.

Standard library only, Python 3.8 and later. A fork shares the position in an open file, the state
of an epoll, the bytes in a pipe, and memory that is mapped as shared. A snapshot shares nothing.
"""

import fcntl
import os
import socket
import stat
import sys

#: Flags of an open file that opening it again must not repeat.
_ONCE = os.O_CREAT | os.O_EXCL | os.O_TRUNC


def find_obstacle(own):
    """Return, as the end of a sentence, why this process cannot be copied; empty if it can.

    Args:
        own: Descriptors that are ours and not the function's.
    """
    threads = count_threads()
    if threads > 1:
        return "it has %d threads" % threads
    if has_others():
        return "it has child processes"
    if maps_shared_memory():
        return "it shares memory"
    for descriptor in open_descriptors(own):
        reason = find_fault(descriptor)
        if reason:
            return reason
    return ""


def count_threads():
    """Return how many threads are left after a fork.

    Libraries that are prepared for forks (OpenBLAS) end their threads before one and start them
    again when they need them; so a fork is tried first.
    """
    pid = os.fork()
    if pid == 0:
        os._exit(0)
    os.waitpid(pid, 0)
    return len(os.listdir("/proc/self/task"))


def has_others():
    """Return whether there is any process in this pid namespace beside its init and us."""
    pids = {int(name) for name in os.listdir("/proc") if name.isdigit()}
    return bool(pids - {1, os.getpid()})


def maps_shared_memory():
    """Return whether there is memory in which others would see what we write."""
    with open("/proc/self/maps") as file:
        return any(
            line.split(" ", 2)[1].startswith("rw") and line.split(" ", 2)[1][3] == "s"
            for line in file
        )


def open_descriptors(own):
    """Return the descriptors from 3 on that are open, except our own."""
    with os.scandir("/proc/self/fd") as entries:
        found = [int(entry.name) for entry in entries]
    return [
        number for number in sorted(found) if number > 2 and number not in own and _is_open(number)
    ]


def _is_open(descriptor):
    try:
        os.fstat(descriptor)
    except OSError:
        return False  # It was the listing's own.
    return True


def find_fault(descriptor):
    """Return why a descriptor can be neither opened again nor given up; empty if it can."""
    mode = os.fstat(descriptor).st_mode
    path = os.readlink("/proc/self/fd/%d" % descriptor)
    if stat.S_ISREG(mode):
        return "" if os.path.exists(path) else "it has a file open that is deleted"
    if stat.S_ISSOCK(mode) or stat.S_ISDIR(mode) or stat.S_ISCHR(mode):
        return ""
    return "it has %s open" % path


def come_apart(own):
    """Open every file again at its position, and put a dead socket in the place of each socket.

    A library that finds its connection dead opens another one.
    """
    dead, other = socket.socketpair()
    other.close()
    for descriptor in open_descriptors({*own, dead.fileno()}):
        mode = os.fstat(descriptor).st_mode
        if stat.S_ISREG(mode) or stat.S_ISDIR(mode):
            fresh = open_again(descriptor)
        elif stat.S_ISSOCK(mode):
            fresh = -1
        else:
            continue
        os.dup2(dead.fileno() if fresh < 0 else fresh, descriptor, os.get_inheritable(descriptor))
        if fresh >= 0:
            os.close(fresh)
    dead.close()


def open_again(descriptor):
    """Return another descriptor for an open file, at the same position; -1 if it cannot be had.

    In /tmp, something else may be in its place, a pipe that nobody writes to among others.
    """
    path = os.readlink("/proc/self/fd/%d" % descriptor)
    flags = fcntl.fcntl(descriptor, fcntl.F_GETFL) & ~_ONCE
    kind = stat.S_IFMT(os.fstat(descriptor).st_mode)
    fresh = -1
    try:
        fresh = os.open(path, flags | os.O_CLOEXEC | os.O_NONBLOCK)
        if stat.S_IFMT(os.fstat(fresh).st_mode) != kind:
            raise FileNotFoundError(path)
        os.lseek(fresh, os.lseek(descriptor, 0, os.SEEK_CUR), os.SEEK_SET)
        fcntl.fcntl(fresh, fcntl.F_SETFL, flags)
    except OSError:
        if fresh >= 0:
            os.close(fresh)
        return -1
    return fresh


def renew_randomness():
    """Let every source of random numbers begin anew that would repeat itself in each copy.

    Python's own are reseeded at every fork. OpenSSL asks for the pid, which all copies share.
    """
    ssl = sys.modules.get("ssl")
    if ssl is not None:
        ssl.RAND_add(os.urandom(32), 32.0)
    numpy = sys.modules.get("numpy.random")
    if numpy is not None:
        numpy.seed()


def renew_variables(before, now):
    """Set the variables that the platform has changed; what the function has changed stays."""
    for name in set(before) | set(now):
        if before.get(name) == now.get(name):
            continue
        if name in now:
            os.environ[name] = now[name]
        else:
            os.environ.pop(name, None)
