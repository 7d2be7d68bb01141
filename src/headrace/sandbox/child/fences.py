"""Seccomp and Landlock: what an environment may ask of the kernel, and which files it may touch.

Standard library only, Python 3.8 and later. The seccomp list names what a function never needs
and what has been a way out of sandboxes; everything else stays allowed, because functions bring
their own native code.
"""

import ctypes
import errno
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import kernel
else:
    import kernel

# Classic BPF.
_LOAD = 0x20
_JUMP = 0x05
_JUMP_GREATER_EQUAL = 0x35
_JUMP_EQUAL = 0x15
_JUMP_SET = 0x45
_RETURN = 0x06
_OFFSET_NUMBER = 0
_OFFSET_ARCHITECTURE = 4
_OFFSET_FIRST_ARGUMENT = 16

_ALLOW = 0x7FFF0000
_REFUSE = 0x00050000
_KILL = 0x80000000
_SET_MODE_FILTER = 1
#: Every CLONE_NEW* flag of clone().
_NAMESPACE_FLAGS = 0x7E020000

_ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
#: System calls of the x32 ABI start here; none of ours uses them.
_X32_BIT = 0x40000000

#: Name, number on x86-64, number on aarch64 (None: does not exist there).
_REFUSED = (
    ("_sysctl", 156, None),
    ("acct", 163, 89),
    ("add_key", 248, 217),
    ("adjtimex", 159, 171),
    ("bpf", 321, 280),
    ("chroot", 161, 51),
    ("clock_adjtime", 305, 266),
    ("clock_settime", 227, 112),
    ("create_module", 174, None),
    ("delete_module", 176, 106),
    ("fanotify_init", 300, 262),
    ("finit_module", 313, 273),
    ("fsconfig", 431, 431),
    ("fsmount", 432, 432),
    ("fsopen", 430, 430),
    ("fspick", 433, 433),
    ("get_kernel_syms", 177, None),
    ("init_module", 175, 105),
    ("io_uring_enter", 426, 426),
    ("io_uring_register", 427, 427),
    ("io_uring_setup", 425, 425),
    ("ioperm", 173, None),
    ("iopl", 172, None),
    ("kcmp", 312, 272),
    ("kexec_file_load", 320, 294),
    ("kexec_load", 246, 104),
    ("keyctl", 250, 219),
    ("lookup_dcookie", 212, 18),
    ("mbind", 237, 235),
    ("migrate_pages", 256, 238),
    ("modify_ldt", 154, None),
    ("mount", 165, 40),
    ("mount_setattr", 442, 442),
    ("move_mount", 429, 429),
    ("move_pages", 279, 239),
    ("name_to_handle_at", 303, 264),
    ("nfsservctl", 180, 42),
    ("open_by_handle_at", 304, 265),
    ("open_tree", 428, 428),
    ("perf_event_open", 298, 241),
    ("pidfd_getfd", 438, 438),
    ("pivot_root", 155, 41),
    ("process_vm_readv", 310, 270),
    ("process_vm_writev", 311, 271),
    ("ptrace", 101, 117),
    ("query_module", 178, None),
    ("quotactl", 179, 60),
    ("quotactl_fd", 443, 443),
    ("reboot", 169, 142),
    ("request_key", 249, 218),
    ("set_mempolicy", 238, 237),
    ("setdomainname", 171, 162),
    ("sethostname", 170, 161),
    ("setns", 308, 268),
    ("settimeofday", 164, 170),
    ("swapoff", 168, 225),
    ("swapon", 167, 224),
    ("sysfs", 139, None),
    ("syslog", 103, 116),
    ("umount2", 166, 39),
    ("unshare", 272, 97),
    ("uselib", 134, None),
    ("userfaultfd", 323, 282),
    ("ustat", 136, None),
    ("vhangup", 153, 58),
    ("vmsplice", 278, 75),
)
_CLONE = 56 if kernel.X86 else 220
_CLONE3 = 435


class _Instruction(ctypes.Structure):
    _fields_ = [
        ("code", ctypes.c_uint16),
        ("jump_true", ctypes.c_uint8),
        ("jump_false", ctypes.c_uint8),
        ("k", ctypes.c_uint32),
    ]


class _Program(ctypes.Structure):
    _fields_ = [("length", ctypes.c_uint16), ("filter", ctypes.POINTER(_Instruction))]


def _intervals(allowed):
    """Return [first number, action] of every run of system calls that are treated alike."""
    column = 1 if kernel.X86 else 2
    actions = {}  # type: dict[int, object]
    for row in _REFUSED:
        number = row[column]
        if isinstance(number, int) and row[0] not in allowed:
            actions[number] = _REFUSE | errno.EPERM
    # glibc falls back to clone when clone3 is missing; clone's flags can be looked at.
    actions[_CLONE3] = _REFUSE | errno.ENOSYS
    actions[_CLONE] = "clone"
    runs = []  # type: list[tuple[int, object]]
    following = 0
    for number in sorted(actions):
        if number > following:
            runs.append((following, _ALLOW))
        runs.append((number, actions[number]))
        following = number + 1
    runs.append((following, _ALLOW))
    if kernel.X86:
        runs.append((_X32_BIT, _REFUSE | errno.ENOSYS))
    merged = runs[:1]
    for run in runs[1:]:
        if run[1] != merged[-1][1]:
            merged.append(run)
    return merged


def _tree(runs, low, high):
    """Compile runs[low:high] to a balanced tree of comparisons: about log2(n) per system call."""
    if high - low == 1:
        action = runs[low][1]
        if action == "clone":
            return [
                (_LOAD, 0, 0, _OFFSET_FIRST_ARGUMENT),
                (_JUMP_SET, 0, 1, _NAMESPACE_FLAGS),
                (_RETURN, 0, 0, _REFUSE | errno.EPERM),
                (_RETURN, 0, 0, _ALLOW),
            ]
        return [(_RETURN, 0, 0, action)]
    middle = (low + high) // 2
    left = _tree(runs, low, middle)
    right = _tree(runs, middle, high)
    border = runs[middle][0]
    if len(left) <= 255:
        return [(_JUMP_GREATER_EQUAL, len(left), 0, border), *left, *right]
    return [(_JUMP_GREATER_EQUAL, 0, 1, border), (_JUMP, 0, 0, len(left)), *left, *right]


def compile_filter(allowed=()):
    """Return the seccomp program as an array of instructions, or None on another machine.

    Args:
        allowed: Names of calls that are not refused.
    """
    architecture = _ARCHITECTURES.get(kernel.MACHINE)
    if architecture is None:
        return None
    runs = _intervals(allowed)
    code = [
        (_LOAD, 0, 0, _OFFSET_ARCHITECTURE),
        (_JUMP_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _OFFSET_NUMBER),
        *_tree(runs, 0, len(runs)),
    ]
    return (_Instruction * len(code))(*[_Instruction(*step) for step in code])


def install_filter(instructions):
    """Put this process and all its future children under a seccomp program, for good."""
    program = _Program(len(instructions), ctypes.cast(instructions, ctypes.POINTER(_Instruction)))
    kernel.call("seccomp", ctypes.c_uint(_SET_MODE_FILTER), ctypes.c_uint(0), ctypes.byref(program))


# Landlock. https://docs.kernel.org/userspace-api/landlock.html
_READ = 0b1101  # execute, read file, read directory
_WRITE_FILE = 0b10
_FILE_RIGHTS = 0b111 | 1 << 14 | 1 << 15  # those that make sense on a file
_SCOPE_ABSTRACT_SOCKET_AND_SIGNAL = 3


class _Ruleset(ctypes.Structure):
    _fields_ = [
        ("files", ctypes.c_uint64),
        ("network", ctypes.c_uint64),
        ("scoped", ctypes.c_uint64),
    ]


class _PathRule(ctypes.Structure):
    _pack_ = 1
    _layout_ = "ms"
    _fields_ = [("allowed", ctypes.c_uint64), ("descriptor", ctypes.c_int32)]


def landlock_version():
    """Return Landlock's ABI version; 0 where there is none."""
    try:
        return kernel.call("landlock_create_ruleset", None, ctypes.c_size_t(0), ctypes.c_uint32(1))
    except OSError:
        return 0


def _rights(version):
    rights = (1 << 13) - 1
    for since, bit in ((2, 13), (3, 14), (5, 15)):
        if version >= since:
            rights |= 1 << bit
    return rights


def restrict_files(version, readable, writable):
    """Allow reading below `readable` and everything below `writable`, and no other file.

    Paths that do not exist are passed over. From version 6 on, signals and abstract sockets do
    not leave this process and its descendants either. Needs no_new_privs.
    """
    rights = _rights(version)
    ruleset = _Ruleset(rights, 0, _SCOPE_ABSTRACT_SOCKET_AND_SIGNAL if version >= 6 else 0)
    size = 8 if version < 4 else 16 if version < 6 else 24
    descriptor = kernel.call(
        "landlock_create_ruleset",
        ctypes.byref(ruleset),
        ctypes.c_size_t(size),
        ctypes.c_uint32(0),
    )
    try:
        for paths, allowed in ((readable, _READ), (writable, rights)):
            for path in paths:
                _allow(descriptor, path, allowed & rights)
        kernel.call("landlock_restrict_self", ctypes.c_int(descriptor), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def restrict_scopes(version):
    """Keep signals and abstract sockets inside, from version 6 on; mounting stays possible."""
    if version < 6:
        return
    ruleset = _Ruleset(0, 0, _SCOPE_ABSTRACT_SOCKET_AND_SIGNAL)
    descriptor = kernel.call(
        "landlock_create_ruleset",
        ctypes.byref(ruleset),
        ctypes.c_size_t(24),
        ctypes.c_uint32(0),
    )
    try:
        kernel.call("landlock_restrict_self", ctypes.c_int(descriptor), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _allow(ruleset, path, allowed):
    try:
        target = os.open(path, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        if not os.path.isdir(path):
            allowed &= _FILE_RIGHTS
        rule = _PathRule(allowed, target)
        kernel.call(
            "landlock_add_rule",
            ctypes.c_int(ruleset),
            ctypes.c_int(1),
            ctypes.byref(rule),
            ctypes.c_uint32(0),
        )
    finally:
        os.close(target)
