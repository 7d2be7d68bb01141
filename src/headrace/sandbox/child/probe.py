"""Find out what this machine lets the sandbox do, by doing it in children that may fail.

Run as `python -I -S probe.py <empty folder>`; prints one JSON object. Standard library only.
"""

import json
import os
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import fences, kernel
else:
    import fences
    import kernel


def attempt(action):
    """Run an action in a child; return whether it came through."""
    pid = os.fork()
    if pid == 0:
        try:
            action()
        except BaseException as error:
            if os.environ.get("HEADRACE_PROBE_LOUD"):
                print("%s: %r" % (action, error), file=sys.stderr)
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(pid, 0)
    return status == 0


def use_namespaces(folder, user_namespace):
    """Do what the launcher and an environment do with namespaces and mounts."""
    user, group = os.getuid(), os.getgid()
    if user_namespace:
        kernel.unshare(kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID | kernel.NEWIPC)
        kernel.map_ids(0, user, 0, group)
    else:
        kernel.unshare(kernel.NEWNS | kernel.NEWPID)
    if not attempt(lambda: build_root(folder, user_namespace)):
        raise OSError("no root of our own")


def build_root(folder, user_namespace):
    """Build a small root inside a new pid namespace, go there, and go one level further down."""
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", folder, "tmpfs", kernel.MS_NOSUID, "size=1m,mode=755")
    for name in ("usr", "proc", "dev"):
        os.mkdir(folder + "/" + name)
    kernel.bind_read_only("/usr", folder + "/usr")
    with open(folder + "/dev/null", "w"):
        pass
    kernel.bind("/dev/null", folder + "/dev/null")
    kernel.mount("proc", folder + "/proc", "proc", kernel.MS_NOSUID | kernel.MS_NODEV)
    os.chdir(folder)
    kernel.pivot_root(".", ".")
    kernel.umount(".")
    own = os.open("/proc/self/ns/pid", os.O_RDONLY)
    kernel.unshare(kernel.NEWPID | kernel.NEWIPC | kernel.NEWUTS)
    kernel.setns(own, kernel.NEWPID)
    if user_namespace:
        kernel.unshare(kernel.NEWUSER)
        kernel.map_ids(993, 0, 990, 0)


def use_seccomp():
    """Install the filter and look whether it refuses what it should."""
    program = fences.compile_filter()
    if program is None:
        raise OSError("no filter for this machine")
    kernel.forbid_new_privileges()
    fences.install_filter(program)
    try:
        kernel.unshare(0)
    except OSError:
        return
    raise OSError("the filter lets everything through")


def use_landlock():
    """Forbid all files and look whether that holds."""
    kernel.forbid_new_privileges()
    fences.restrict_files(fences.landlock_version(), [], [])
    try:
        os.listdir("/")
    except OSError:
        return
    raise OSError("Landlock lets everything through")


def change_user():
    """Take another user id."""
    os.setgroups([])
    os.setresgid(20_000, 20_000, 20_000)
    os.setresuid(20_000, 20_000, 20_000)


def main():
    """Try everything and print what worked."""
    folder = tempfile.mkdtemp(prefix="probe-", dir=sys.argv[1])
    try:
        print(
            json.dumps(
                {
                    "pidfd": attempt(lambda: kernel.pidfd_open(os.getpid())),
                    "subreaper": attempt(kernel.become_subreaper),
                    "namespaces": attempt(lambda: use_namespaces(folder, False)),
                    "user_namespace": attempt(lambda: use_namespaces(folder, True)),
                    "seccomp": attempt(use_seccomp),
                    "landlock": fences.landlock_version() if attempt(use_landlock) else 0,
                    "change_user": attempt(change_user),
                }
            )
        )
    finally:
        os.rmdir(folder)


if __name__ == "__main__":
    main()
