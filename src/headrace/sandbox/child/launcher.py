"""Build the root folder that all environments of one interpreter see, and start its zygote in it.

Run as `python -I -S launcher.py <control descriptor> <settings as JSON>`, by the interpreter that
the functions will run on, under whatever version that is (3.8 and later), standard library only.

With namespaces, three processes come of it:

    launcher          the server's child; waits, and dies with the server
      anchor          pid 1 of a pid namespace: its death kills everything below
        zygote        executed inside the new root; forks the environments

Without namespaces the launcher itself becomes the zygote.
"""

import json
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

TYPE_CHECKING = False
if TYPE_CHECKING:
    from headrace.sandbox.child import kernel, users
else:
    import kernel
    import users

#: So many process numbers are used up before the zygote starts, so that it never has the number
#: of an environment's first processes: OpenSSL tells by getpid() whether it was forked, and would
#: repeat its random stream.
BURNT_PIDS = 6

#: What of /etc a function may read; the rest does not exist for it.
ETC = (
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "host.conf",
    "hosts",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "pki",
    "protocols",
    "resolv.conf",
    "services",
    "ssl",
)
DEVICES = ("null", "zero", "full", "random", "urandom")
FOLDERS = (
    ".image",
    ".languages",
    ".store",
    ".users",
    "dev",
    "etc",
    "opt",
    "opt/lib",
    "proc",
    "run",
    "tmp",
    "usr",
    "var",
    "var/lang",
    "var/runtime",
    "var/runtime/lib",
    "var/runtime/programs",
    "var/task",
    "var/task/lib",  # The dynamic loader remembers which folders of its path were missing.
    "var/tmp",
)
GROUP = "root:x:0:\nsbx_user1051:x:990:\n"
LIBRARY_PATH = (
    "/var/lang/lib:/lib64:/usr/lib64:/var/runtime:/var/runtime/lib:/var/task:/var/task/lib:/opt/lib"
)


def main():
    """Become the zygote, or start it inside namespaces and wait for its end."""
    control = int(sys.argv[1])
    settings = json.loads(sys.argv[2])
    if not settings["namespaces"]:
        run_zygote(control, settings)
        return
    kernel.die_with_parent(signal.SIGKILL)
    if os.getppid() != settings["server_pid"]:
        return  # The server died before we could ask to die with it.
    enter_namespaces(settings["user_namespace"])
    anchor = os.fork()
    if anchor:
        os.close(control)
        os.waitpid(anchor, 0)
        return
    kernel.die_with_parent(signal.SIGKILL)
    burn_pids()
    zygote = os.fork()
    if zygote:
        os.close(control)
        wait_for(zygote)
        return
    kernel.die_with_parent(signal.SIGKILL)
    build_root(settings)
    execute_zygote(control, settings)


def run_zygote(control, settings):
    """Be the zygote, where there is no root to build first."""
    if TYPE_CHECKING:
        from headrace.sandbox.child import zygote
    else:
        import zygote
    zygote.main(control, settings)


def enter_namespaces(user_namespace):
    """Leave the machine's mounts and pids; an ordinary user needs a user namespace for that."""
    user, group = os.getuid(), os.getgid()
    if user_namespace:
        kernel.unshare(kernel.NEWUSER | kernel.NEWNS | kernel.NEWPID | kernel.NEWIPC)
        kernel.map_ids(0, user, 0, group)
    else:
        kernel.unshare(kernel.NEWNS | kernel.NEWPID)


def burn_pids():
    """Use up the smallest process numbers of this pid namespace."""
    for _ in range(BURNT_PIDS):
        pid = os.fork()
        if pid == 0:
            os._exit(0)
        os.waitpid(pid, 0)


def wait_for(pid):
    """Reap whatever ends, until this one does."""
    while True:
        try:
            ended, _ = os.wait()
        except ChildProcessError:
            return
        if ended == pid:
            return


def build_root(settings):
    """Mount everything that environments see below a fresh root, and make it our root."""
    root = settings["root"]
    kernel.mount(None, "/", None, kernel.MS_REC | kernel.MS_PRIVATE)
    kernel.mount("tmpfs", root, "tmpfs", kernel.MS_NOSUID, "size=4m,mode=755")
    os.umask(0o022)
    for folder in FOLDERS:
        os.mkdir(os.path.join(root, folder))
    show_system(root)
    kernel.bind_read_only(settings["prefix"], root + "/var/lang")
    kernel.bind_read_only(settings["programs"], root + "/var/runtime/programs")
    kernel.bind_read_only(settings["code"], root + "/.store")
    show_languages(root, settings["languages"])
    for number, library in enumerate(settings["libraries"]):
        place = "%s/var/runtime/lib/%d" % (root, number)
        os.mkdir(place)
        kernel.bind_read_only(library, place)
    for name, folder in settings["clients"].items():
        os.mkdir(root + "/var/runtime/lib/" + name)
        kernel.bind_read_only(folder, root + "/var/runtime/lib/" + name)
    show_etc(root)
    flags = kernel.MS_NOSUID | kernel.MS_NODEV | kernel.MS_NOEXEC
    kernel.mount("tmpfs", root + users.FOLDER, "tmpfs", flags, users.FOLDER_OPTIONS)
    show_devices(root)
    kernel.mount("proc", root + "/proc", "proc", flags)
    os.chdir(root)
    kernel.pivot_root(".", ".")
    kernel.umount(".")
    os.chdir("/")
    kernel.set_read_only("/", recursive=False)


def show_languages(root, languages):
    """Show the folders of all languages, of which each environment keeps its own.

    Below a mount of their own, so that one step takes all of them away.
    """
    kernel.mount("tmpfs", root + "/.languages", "tmpfs", kernel.MS_NOSUID, "size=64k,mode=755")
    for prefix, name in languages.items():
        place = "%s/.languages/%s" % (root, name)
        os.mkdir(place)
        kernel.bind_read_only(prefix, place)


def show_system(root):
    """Show /usr read-only, and /lib, /bin and their like as they are on this machine."""
    kernel.bind_read_only("/usr", root + "/usr")
    for name in ("bin", "sbin", "lib", "lib32", "lib64"):
        path = "/" + name
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        elif os.path.isdir(path):
            os.mkdir(root + path)
            kernel.bind_read_only(path, root + path)


def show_etc(root):
    """Show the few files of /etc that programs need, and users of our own."""
    # Debian keeps what a Java needs to start in /etc/java-17-openjdk.
    javas = [name for name in os.listdir("/etc") if name.startswith("java")]
    for name in [*ETC, *javas]:
        source = os.path.realpath("/etc/" + name)
        target = root + "/etc/" + name
        if name == "hosts":
            show_hosts(source, target)
            continue
        if os.path.isdir(source):
            os.mkdir(target)
        elif os.path.exists(source):
            write(target, "")
        else:
            continue
        kernel.bind_read_only(source, target)
    write(root + users.PASSWD, users.common_list())
    write(root + "/etc/group", GROUP)


def show_hosts(source, target):
    """Show the machine's names, and the one by which Lambda calls the environment itself."""
    text = ""
    if os.path.exists(source):
        with open(source) as file:
            text = file.read()
    write(target, text + "\n127.0.0.1 sandbox.localdomain sandbox\n")


def show_devices(root):
    """Show the harmless devices."""
    for name in DEVICES:
        target = root + "/dev/" + name
        write(target, "")
        kernel.bind("/dev/" + name, target)
    for name, target in (("fd", "fd"), ("stdin", "fd/0"), ("stdout", "fd/1"), ("stderr", "fd/2")):
        os.symlink("/proc/self/" + target, root + "/dev/" + name)


def write(path, text):
    """Write a small file."""
    with open(path, "w") as file:
        file.write(text)


def execute_zygote(control, settings):
    """Start the interpreter anew from inside, so that it knows itself as /var/lang.

    Its settings name folders of the server's, and functions see its command line as their own.
    """
    os.set_inheritable(control, True)
    hidden = os.memfd_create("settings", 0)
    os.write(hidden, json.dumps(settings).encode())
    program = "/var/lang/" + settings["executable"]
    os.execve(
        program,
        [
            program,
            "-I",
            "-S",
            "/var/runtime/programs/zygote.py",
            str(control),
            str(hidden),
        ],
        {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "LD_LIBRARY_PATH": LIBRARY_PATH},
    )


if __name__ == "__main__":
    main()
