"""What the sandbox asks of the Linux kernel, by ctypes: namespaces, mounts, capabilities, prctl.

Standard library only, Python 3.8 and later, x86-64 and aarch64. Every function raises OSError
with the name of the call when the kernel refuses. Not here: seccomp and Landlock (`fences.py`).
"""

import ctypes
import fcntl
import os
import platform
import socket
import struct

MACHINE = platform.machine()
X86 = MACHINE == "x86_64"

NEWNS = 0x20000
NEWUTS = 0x04000000
NEWIPC = 0x08000000
NEWUSER = 0x10000000
NEWPID = 0x20000000
NEWNET = 0x40000000

MS_RDONLY = 1
MS_NOSUID = 2
MS_NODEV = 4
MS_NOEXEC = 8
MS_REMOUNT = 32
MS_BIND = 4096
MS_REC = 16384
MS_PRIVATE = 1 << 18
MNT_DETACH = 2

MOUNT_ATTR_RDONLY = 1
MOUNT_ATTR_NOSUID = 2
MOUNT_ATTR_NODEV = 4
AT_FDCWD = -100
AT_RECURSIVE = 0x8000
OPEN_TREE_CLONE = 1
MOVE_MOUNT_F_EMPTY_PATH = 4

PR_SET_PDEATHSIG = 1
PR_CAPBSET_DROP = 24
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38
PR_CAP_AMBIENT = 47
PR_CAP_AMBIENT_CLEAR_ALL = 4
SIOCGIFFLAGS = 0x8913
SIOCSIFFLAGS = 0x8914
IFF_UP = 1
CAPABILITY_VERSION_3 = 0x20080522
#: Beyond the newest capability, so that a kernel that knows more loses those too.
CAPABILITY_LIMIT = 63

#: System calls that glibc does not wrap, or not in the versions that we meet.
NUMBERS = {
    "pivot_root": 155 if X86 else 41,
    "seccomp": 317 if X86 else 277,
    "capset": 126 if X86 else 91,
    "open_tree": 428,
    "move_mount": 429,
    "pidfd_open": 434,
    "close_range": 436,
    "mount_setattr": 442,
    "landlock_create_ruleset": 444,
    "landlock_add_rule": 445,
    "landlock_restrict_self": 446,
}

libc = ctypes.CDLL(None, use_errno=True)
_syscall = libc.syscall
_syscall.restype = ctypes.c_long


def checked(result, what):
    """Return the result of a call, or raise OSError if it is negative."""
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, "%s: %s" % (what, os.strerror(number)))
    return result


def call(name, *arguments):
    """Make one of the system calls in NUMBERS."""
    return checked(_syscall(ctypes.c_long(NUMBERS[name]), *arguments), name)


def _path(text):
    return None if text is None else os.fsencode(text)


def unshare(flags):
    """Leave the namespaces named by the flags."""
    checked(libc.unshare(ctypes.c_int(flags)), "unshare")


def setns(descriptor, kind):
    """Enter the namespace behind a descriptor."""
    checked(libc.setns(descriptor, kind), "setns")


def mount(source, target, kind=None, flags=0, data=None):
    """Mount; `data` is the option text of the file system."""
    result = libc.mount(
        _path(source), _path(target), _path(kind), ctypes.c_ulong(flags), _path(data)
    )
    checked(result, "mount %s on %s" % (source, target))


def bind(source, target, *, recursive=False):
    """Show a folder or file at a second place."""
    mount(source, target, None, MS_BIND | (MS_REC if recursive else 0))


def bind_read_only(source, target):
    """Show a folder or file, with all that is mounted below it, read-only at a second place."""
    bind(source, target, recursive=True)
    try:
        set_read_only(target)
    except OSError:
        # Before Linux 5.12 there is no mount_setattr; this reaches the topmost mount only.
        flags = MS_REMOUNT | MS_BIND | MS_RDONLY | MS_NOSUID | MS_NODEV
        mount(None, target, None, flags)


def umount(target):
    """Detach a mount at once, whoever uses it."""
    checked(libc.umount2(os.fsencode(target), MNT_DETACH), "umount %s" % target)


def copy_mount(path):
    """Return a descriptor that holds what is mounted at a path, even when nobody sees it there."""
    flags = OPEN_TREE_CLONE | os.O_CLOEXEC
    return call("open_tree", AT_FDCWD, os.fsencode(path), ctypes.c_uint(flags))


def place_mount(descriptor, path):
    """Mount at a path what `copy_mount` holds; that can be done once."""
    flags = ctypes.c_uint(MOVE_MOUNT_F_EMPTY_PATH)
    call("move_mount", descriptor, b"", AT_FDCWD, os.fsencode(path), flags)


def pivot_root(new, old):
    """Make `new` the root directory and put the former one at `old`."""
    call("pivot_root", os.fsencode(new), os.fsencode(old))


class _MountAttributes(ctypes.Structure):
    _fields_ = [
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("user_namespace", ctypes.c_uint64),
    ]


def set_read_only(target, *, recursive=True):
    """Make a mount read-only, without set-user-id programs and devices."""
    bits = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV
    if not recursive:
        bits = MOUNT_ATTR_RDONLY
    attributes = _MountAttributes(bits, 0, 0, 0)
    call(
        "mount_setattr",
        AT_FDCWD,
        os.fsencode(target),
        AT_RECURSIVE if recursive else 0,
        ctypes.byref(attributes),
        ctypes.c_size_t(ctypes.sizeof(attributes)),
    )


def prctl(option, argument=0):
    """Call prctl with one argument."""
    result = libc.prctl(
        option, ctypes.c_ulong(argument), ctypes.c_ulong(0), ctypes.c_ulong(0), ctypes.c_ulong(0)
    )
    return checked(result, "prctl %d" % option)


def die_with_parent(signal_number):
    """Ask for a signal when the parent dies; a change of credentials clears it."""
    prctl(PR_SET_PDEATHSIG, signal_number)


def become_subreaper():
    """Adopt every orphan among the descendants."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def forbid_new_privileges():
    """Never gain rights by executing a program."""
    prctl(PR_SET_NO_NEW_PRIVS, 1)


def map_ids(inner_user, outer_user, inner_group, outer_group):
    """Name the one user and the one group that exist in the user namespace just made."""
    for name, text in (
        ("setgroups", "deny"),
        ("uid_map", "%d %d 1" % (inner_user, outer_user)),
        ("gid_map", "%d %d 1" % (inner_group, outer_group)),
    ):
        descriptor = os.open("/proc/self/" + name, os.O_WRONLY)
        try:
            os.write(descriptor, text.encode())
        finally:
            os.close(descriptor)


def bring_up_loopback():
    """Let the processes of this network namespace reach each other on 127.0.0.1."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        request = fcntl.ioctl(line, SIOCGIFFLAGS, struct.pack("16sH22x", b"lo", 0))
        (flags,) = struct.unpack_from("H", request, 16)
        fcntl.ioctl(line, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", flags | IFF_UP))


class _CapabilityHeader(ctypes.Structure):
    _fields_ = [("version", ctypes.c_uint32), ("pid", ctypes.c_int)]


class _CapabilityData(ctypes.Structure):
    _fields_ = [
        ("effective", ctypes.c_uint32),
        ("permitted", ctypes.c_uint32),
        ("inheritable", ctypes.c_uint32),
    ]


def drop_bounding_set():
    """Give up every capability that a later program could gain."""
    for number in range(CAPABILITY_LIMIT + 1):
        if libc.prctl(PR_CAPBSET_DROP, ctypes.c_ulong(number), 0, 0, 0) < 0:
            return  # EINVAL: past the newest one that this kernel knows.


def clear_capabilities():
    """Give up every capability held now."""
    header = _CapabilityHeader(CAPABILITY_VERSION_3, 0)
    data = (_CapabilityData * 2)()
    call("capset", ctypes.byref(header), ctypes.byref(data))
    libc.prctl(PR_CAP_AMBIENT, ctypes.c_ulong(PR_CAP_AMBIENT_CLEAR_ALL), 0, 0, 0)


def pidfd_open(pid):
    """Return a descriptor that stands for a process; os.pidfd_open exists from Python 3.9."""
    return call("pidfd_open", ctypes.c_int(pid), ctypes.c_uint(0))


def close_all_but(keep):
    """Close every descriptor from 3 upwards that is not in `keep`."""
    low = 3
    for descriptor in sorted(set(keep)):
        if descriptor >= low:
            _close_span(low, descriptor - 1)
            low = descriptor + 1
    _close_span(low, 0xFFFFFFFF)


def _close_span(first, last):
    if first > last:
        return
    try:
        call("close_range", ctypes.c_uint(first), ctypes.c_uint(last), ctypes.c_uint(0))
    except OSError:
        # Before Linux 5.9.
        for name in os.listdir("/proc/self/fd"):
            descriptor = int(name)
            if first <= descriptor <= last:
                try:
                    os.close(descriptor)
                except OSError:
                    continue  # The listing's own descriptor.
