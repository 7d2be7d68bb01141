"""A hostile function: each attempt is one way to reach what belongs to others.

Packed as the code of a function by `test_hostile.py`, and run there; standard library only, any
Python from 3.8. An attempt returns "refused" when it came to nothing and "succeeded" when it did;
attempts that would end their environment never return.
"""

import ctypes
import errno
import glob
import mmap
import os
import platform
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time

X86 = platform.machine() == "x86_64"
SCRATCH = tempfile.gettempdir()

libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.restype = ctypes.c_long


def outcome(succeeded):
    return "succeeded" if succeeded else "refused"


def tried(action):
    """Run an action; refused when the system raises."""
    try:
        return outcome(action() is not False)
    except (OSError, ValueError):
        return "refused"


def read(path, size=64):
    with open(path, "rb", buffering=0) as file:
        return len(file.read(size)) > 0


# --- others' files ------------------------------------------------------------------------------


def read_neighbour_code(e):
    found = [e["code"], *glob.glob("/.store/*/app.py")]
    return outcome(any(tried(lambda path=path: read(path)) == "succeeded" for path in found))


def read_neighbour_tmp(e):
    return tried(lambda: open(e["tmp_file"]).read() == "secret of the neighbour")


def read_server_folder(e):
    return tried(lambda: read(e["server_file"]))


def write_server_folder(e):
    return tried(lambda: open(e["server_file"], "ab").close())


def climb_through_proc(e):
    doors = []
    for pid in others(e):
        doors += [f"/proc/{pid}/{name}" for name in ("root", "cwd", "fd/0")]
    return outcome(any(tried(lambda door=door: os.readlink(door)) == "succeeded" for door in doors))


def write_code(e):
    return tried(lambda: open(os.environ.get("LAMBDA_TASK_ROOT", "/app") + "/new", "w").close())


def write_system(e):
    """Write in the machine's folders."""
    places = ("/planted", "/usr/planted", "/etc/planted", "/var/planted", "/opt/planted")
    written = False
    for path in places:
        try:
            open(path, "w").close()
            os.unlink(path)
            written = True
        except OSError:
            continue
    return outcome(written)


def open_kernel_settings(e):
    doors = ["/proc/sys/kernel/core_pattern", "/proc/sys/vm/overcommit_memory"]
    doors += ["/proc/sysrq-trigger", "/sys/kernel/mm/transparent_hugepage/enabled"]
    doors += glob.glob("/sys/fs/cgroup/*.procs") + glob.glob("/sys/fs/cgroup/*/*.procs")

    def reach(door):
        os.close(os.open(door, os.O_WRONLY))

    return outcome(any(tried(lambda door=door: reach(door)) == "succeeded" for door in doors))


def make_a_device(e):
    """Make the machine's memory device for oneself."""
    path = SCRATCH + "/mem"

    def make():
        os.mknod(path, 0o20600, os.makedev(1, 1))
        os.close(os.open(path, os.O_RDONLY))

    try:
        return tried(make)
    finally:
        if os.path.lexists(path):
            os.unlink(path)


# --- others' processes --------------------------------------------------------------------------


def others(e):
    """Every process that is not ours: those we were told of and those that we can see."""
    own = {os.getpid(), os.getppid()}
    seen = [int(name) for name in os.listdir("/proc") if name.isdigit()]
    if e["namespaces"]:
        return [pid for pid in seen if pid not in own]
    return [pid for pid in (e["server"], e["decoy"], e["neighbour"]) if pid not in own]


def of_others(e, name):
    return outcome(
        any(tried(lambda pid=pid: read(f"/proc/{pid}/{name}")) == "succeeded" for pid in others(e))
    )


def see_command_lines(e):
    return of_others(e, "cmdline")


def see_variables(e):
    return of_others(e, "environ")


def open_memory(e):
    def reach(pid):
        os.close(os.open(f"/proc/{pid}/mem", os.O_RDWR))

    return outcome(any(tried(lambda pid=pid: reach(pid)) == "succeeded" for pid in others(e)))


def signal_others(e):
    return outcome(any(tried(lambda pid=pid: os.kill(pid, 0)) == "succeeded" for pid in others(e)))


def kill_decoy(e):
    """Kill the decoy, by its number and through a pidfd."""

    def through_a_handle():
        handle = number("pidfd_open", e["decoy"], 0)
        number("pidfd_send_signal", handle, signal.SIGKILL, None, 0)

    if e["namespaces"] and e["decoy"] in (os.getpid(), os.getppid()):
        return "refused"
    ways = (lambda: os.kill(e["decoy"], signal.SIGKILL), through_a_handle)
    return outcome(any(tried(way) == "succeeded" for way in ways))


def raise_priority(e):
    return tried(lambda: os.setpriority(os.PRIO_PROCESS, 0, -5))


def kill_the_keeper(e):
    """Kill our own parent, so that nobody is left who would end us, and go on."""
    keeper = os.getppid()
    tried(lambda: os.kill(keeper, signal.SIGKILL))
    time.sleep(0.3)
    return outcome(os.getppid() != keeper)


# --- doors of the kernel ------------------------------------------------------------------------

#: Name: number on x86-64, number on aarch64, arguments that do nothing if the door is open.
DOORS = {
    "add_key": (248, 217, (0, 0, 0, 0, 0)), "bpf": (321, 280, (-1, 0, 0)),
    "chroot": (161, 51, (0,)), "clock_settime": (227, 112, (99, 0)),
    "clone into a user namespace": (56, 220, (0x10000000 | 0x10000, 0, 0, 0, 0)),
    "fsopen": (430, 430, (0, 0)), "init_module": (175, 105, (0, 0, 0)),
    "io_uring_setup": (425, 425, (0, 0)), "kcmp": (312, 272, (-1, -1, 0, 0, 0)),
    "kexec_load": (246, 104, (0, 0, 0, 1 << 31)), "keyctl": (250, 219, (0, -3, 0)),
    "mount": (165, 40, (0, 0, 0, 0, 0)), "move_mount": (429, 429, (-1, 0, -1, 0, 0)),
    "name_to_handle_at": (303, 264, (-1, 0, 0, 0, 0)),
    "open_by_handle_at": (304, 265, (-1, 0, 0)), "open_tree": (428, 428, (-1, 0, 0)),
    "perf_event_open": (298, 241, (0, 0, 0, -1, 0)), "pidfd_getfd": (438, 438, (-1, 0, 0)),
    "pivot_root": (155, 41, (0, 0)), "process_vm_readv": (310, 270, (-1, 0, 0, 0, 0, 0)),
    "process_vm_writev": (311, 271, (-1, 0, 0, 0, 0, 0)), "ptrace": (101, 117, (16, -1, 0, 0)),
    "reboot": (169, 142, (0, 0, 0, 0)), "request_key": (249, 218, (0, 0, 0, 0)),
    "setns": (308, 268, (-1, 0)), "swapon": (167, 224, (0, 0)), "syslog": (103, 116, (10, 0, 0)),
    "umount2": (166, 39, (0, 0)), "unshare": (272, 97, (0,)), "userfaultfd": (323, 282, (-1,)),
}  # fmt: skip
NUMBERS = {"pidfd_open": 434, "pidfd_send_signal": 424}


def number(name, *arguments):
    """Make a system call by number, or raise."""
    result = libc.syscall(ctypes.c_long(NUMBERS[name]), *arguments)
    if result < 0:
        raise OSError(ctypes.get_errno(), name)
    return result


def open_doors(e):
    """Return which doors of the kernel are open: the call is looked at and not just refused."""
    found = []
    for name, (x86, arm, arguments) in DOORS.items():
        words = [ctypes.c_long(word) for word in arguments]
        result = libc.syscall(ctypes.c_long(x86 if X86 else arm), *words)
        if result >= 0 or ctypes.get_errno() not in (errno.EPERM, errno.EACCES, errno.ENOSYS):
            found.append(name)
    return found


def gain_rights_by_a_program(e):
    """Run a set-user-id program and see whose rights it has."""
    for program in ("/bin/su", "/usr/bin/passwd", "/usr/bin/chsh"):
        if not (os.path.exists(program) and os.stat(program).st_mode & 0o4000):
            continue
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        child = subprocess.Popen([program], stdin=subprocess.PIPE, **quiet)
        try:
            for _ in range(20):
                with open(f"/proc/{child.pid}/status") as file:
                    users = [line.split()[2] for line in file if line.startswith("Uid:")]
                if users and int(users[0]) != os.geteuid():
                    return "succeeded"
                time.sleep(0.01)
        except OSError:
            continue
        finally:
            child.kill()
            child.communicate()
    return outcome(
        os.geteuid() == 0 and "CapEff:\t0000000000000000" not in open("/proc/self/status").read()
    )


# --- sockets and shared memory ------------------------------------------------------------------


def connect(address):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(address)


def reach_abstract_socket(e):
    return tried(lambda: connect("\0" + e["abstract"]))


def reach_server_socket(e):
    return tried(lambda: connect(e["server_socket"]))


def sniff_the_network(e):
    return tried(lambda: socket.socket(17, socket.SOCK_RAW, socket.htons(3)).close())


def reach_port(e):
    """Connect to a port that somebody listens on, by every address of the machine."""

    def reach(address):
        socket.create_connection((address, e["port"]), timeout=2).close()

    return outcome(any(tried(lambda at=at: reach(at)) == "succeeded" for at in e["addresses"]))


def send_packet(e):
    """Send a packet to another machine, and look for a way there."""
    with socket.socket(type=socket.SOCK_DGRAM) as line:
        sent = tried(lambda: line.sendto(b"secret", ("192.0.2.1", 9)))
    return outcome(sent == "succeeded" or [name for _, name in socket.if_nameindex()] != ["lo"])


def share_system_v_memory(e):
    """Attach the memory that the neighbour shares with everyone."""
    libc.shmat.restype = ctypes.c_void_p
    key = libc.shmget(e["memory_key"], 4096, 0)
    return outcome(key >= 0 and libc.shmat(key, None, 0o10000) not in (None, 2**64 - 1))


# --- using up ------------------------------------------------------------------------------------


def spawn_without_end(e):
    """Make processes until the system refuses; leave them."""
    for count in range(3_000):
        try:
            if os.fork() == 0:
                time.sleep(1_000)
                os._exit(0)
        except OSError:
            return outcome(count >= 1_100)
    return "succeeded"


def pile_up_zombies(e):
    """Make processes that end and are never waited for."""
    for count in range(3_000):
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            return outcome(count >= 1_100)
    return "succeeded"


def touch(size):
    """Hold memory that is really there."""
    held = mmap.mmap(-1, size)
    for _ in range(size >> 20):
        held.write(b"x" * (1 << 20))
    return held


def take_memory(e):
    """Take four times the memory that the function has."""
    try:
        held = [touch(16 << 20) for _ in range(4 * e["memory_mb"] >> 4)]
    except (OSError, MemoryError):
        return "refused"
    return outcome(held)


def take_memory_in_children(e):
    """Take it in three processes, each below the limit."""
    reader, writer = os.pipe()
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            try:
                held = touch(e["memory_mb"] // 2 << 20)
            except (OSError, MemoryError):
                os._exit(0)
            os.write(writer, b"%d " % os.getpid())
            os.close(writer)
            time.sleep(1_000)
            held.close()
    os.close(writer)
    told = b""
    for part in iter(lambda: os.read(reader, 100), b""):
        told += part
    left = [pid for pid in told.split() if os.waitpid(int(pid), os.WNOHANG) == (0, 0)]
    return outcome(len(left) * (e["memory_mb"] // 2) > e["memory_mb"])


def take_memory_in_files(e):
    """Take it in memory files, which count as no process's data."""
    try:
        descriptor = os.memfd_create("held")
        for _ in range(4 * e["memory_mb"]):
            os.write(descriptor, b"x" * (1 << 20))
    except (AttributeError, OSError):
        return "refused"
    return "succeeded"


def fill_disk(e):
    """Fill the temporary folder beyond what was asked for."""
    size = 0
    try:
        with open(SCRATCH + "/full", "wb", buffering=0) as file:
            while size < (e["storage_mb"] + 64) << 20:
                size += file.write(b"x" * (1 << 20))
    except OSError:
        pass
    finally:
        if os.path.exists(SCRATCH + "/full"):
            os.unlink(SCRATCH + "/full")
    return outcome(size > e["storage_mb"] << 20)


def use_up_inodes(e):
    """Make more empty files than the temporary folder may hold."""
    folder = tempfile.mkdtemp()
    made = 0
    try:
        while made < e["inodes"] + 100:
            os.close(os.open(f"{folder}/{made}", os.O_CREAT | os.O_WRONLY))
            made += 1
    except OSError:
        return "refused"
    finally:
        for entry in os.scandir(folder):
            os.unlink(entry.path)
        os.rmdir(folder)
    return "succeeded"


def use_up_descriptors(e):
    held = []
    try:
        while len(held) < 5_000:
            held.append(os.open("/dev/null", os.O_RDONLY))
    except OSError:
        return outcome(len(held) > 1_024)
    finally:
        for descriptor in held:
            os.close(descriptor)
    return "succeeded"


def raise_own_limits(e):
    """Raise every hard limit."""

    def lift(which):
        _, hard = resource.getrlimit(which)
        if hard == resource.RLIM_INFINITY:
            return False
        resource.setrlimit(which, (hard + 1, hard + 1))
        return True

    which = (resource.RLIMIT_NOFILE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE)
    return outcome(any(tried(lambda one=one: lift(one)) == "succeeded" for one in which))


def fill_sockets(e):
    """Leave unread bytes in as many sockets as there can be."""
    pairs = []
    try:
        while True:
            pair = socket.socketpair()
            pairs.append(pair)
            pair[0].setblocking(False)
            try:
                while True:
                    pair[0].send(b"x" * 65_536)
            except BlockingIOError:
                continue
    except OSError:
        return outcome(len(pairs) > 1_024)


def flood_the_log(e):
    """Write far more than a stream may hold."""
    chunk = (b"x" * 127 + b"\n") * 512
    for _ in range(e["flood_mb"] << 4):
        os.write(1, chunk)
    return "written"  # What is kept of it is looked at outside.


def dump_core(e):
    """Crash and leave a core file behind."""
    os.chdir(SCRATCH)
    pid = os.fork()
    if pid == 0:
        os.abort()
    _, status = os.waitpid(pid, 0)
    return outcome(os.WCOREDUMP(status))


# --- staying --------------------------------------------------------------------------------------


def ignore_everything():
    for one in range(1, 65):
        try:
            signal.signal(one, signal.SIG_IGN)
        except (OSError, ValueError, RuntimeError):
            continue


def stay(e):
    """Leave processes that have left their session and ignore all signals, under a known name."""
    for _ in range(3):
        if os.fork() == 0:
            os.setsid()
            if os.fork():
                os._exit(0)
            ignore_everything()
            os.execv(
                sys.executable,
                [sys.executable, "-S", "-c", "import time; time.sleep(900)", e["token"]],
            )
    time.sleep(0.3)
    if e["spin"]:
        ignore_everything()
        while True:
            pass
    return "refused"


def resist_freezing(e):
    """Leave processes that wake each other up."""
    group = os.getpgid(0)
    for _ in range(4):
        if os.fork() == 0:
            while True:
                os.killpg(group, signal.SIGCONT)
    return "refused"


def handler(e, context):
    return globals()[e["attempt"].replace("_without_network", "")](e)
