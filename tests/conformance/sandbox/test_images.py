"""Container images as the roots of environments: at `namespace` and `strict`, refused below."""

import io
import os
import tarfile

import pytest

from headrace.ports.sandbox import CodeUnusable, ImageSpec, SandboxUnavailable
from headrace.sandbox.images.sources import find_image
from tests.unit.sandbox.bench import answer, invocation
from tests.unit.sandbox.image_files import (
    make_docker_archive,
    make_layer,
    make_oci,
    make_root,
    program,
    python_files,
    python_layer,
)
from tests.unit.sandbox.programs import extension

ARCHITECTURE = {"x86_64": "x86_64", "aarch64": "arm64"}[os.uname().machine]
COMMAND = ("python3", "-S", "/app/main", "argument")
SOURCE = """
def tried(path):
    try:
        open(path, "w").close()
    except OSError as error:
        return type(error).__name__
    return "written"

def handle(event, headers):
    return {
        "event": event,
        "argv": sys.argv,
        "folder": os.getcwd(),
        "root": sorted(os.listdir("/")),
        "variables": dict(os.environ),
        "tmp": tried("/tmp/x"),
        "app": tried("/app/x"),
        "pids": [name for name in os.listdir("/proc") if name.isdigit()],
        "null": tried("/dev/null"),
    }
"""


def image(uri, **changes):
    found = find_image(uri, ARCHITECTURE)
    values = {
        "uri": uri,
        "digest": found.digest,
        "architecture": ARCHITECTURE,
        "command": (*found.entry_point, *found.command) or COMMAND,
        "working_directory": found.working_directory or "/app",
        "variables": found.variables
        or {"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/own", "PYTHONHOME": "/usr", "OWN": "image"},
    }
    return ImageSpec(**(values | changes))


def parts(source=SOURCE):
    return [python_layer(), make_layer(program(source))]


def oci(folder, source=SOURCE):
    make_oci(folder / "oci", parts(source))
    return f"oci:{folder / 'oci'}:latest"


def docker(folder):
    make_docker_archive(folder / "f.tar", parts())
    return f"docker-archive:{folder / 'f.tar'}"


def rootfs(folder):
    return f"rootfs:{make_root(folder / 'root', python_files(), program(SOURCE))}"


def start(bench, spec, **changes):
    values = {"runtime": "image", "handler": "", "code_archive": "", "code_digest": ""}
    return bench.start("", image=spec, **(values | changes))


def has_roots(bench):
    return bench.box.level in {"namespace", "strict"}


@pytest.mark.parametrize("form", [oci, docker, rootfs])
def test_an_image_runs_on_its_own_root(bench, tmp_path, form):
    spec = image(form(tmp_path))

    async def story():
        async with bench:
            if not has_roots(bench):
                with pytest.raises(SandboxUnavailable, match="need sandbox level namespace"):
                    await start(bench, spec)
                return
            environment = await start(bench, spec, variables={"OWN": "function", "MORE": "1"})
            assert environment.init.status.value == "ok", (environment.init, bytes(bench.log))
            for event in (1, 2):
                seen = answer(await environment.invoke(invocation(event)))
                assert seen["event"] == event
            assert seen["argv"] == ["/app/main", "argument"]
            assert seen["folder"] == "/app"
            assert {"app", "own", "usr", "tmp", "proc", "dev"} <= set(seen["root"])
            assert not {"home", "root", ".store", "var"} & set(seen["root"])
            assert (seen["tmp"], seen["app"], seen["null"]) == ("written", "OSError", "written")
            assert len(seen["pids"]) == 2
            variables = seen["variables"]
            assert variables["OWN"] == "function"
            assert variables["MORE"] == "1"
            assert variables["PATH"] == "/usr/bin"
            assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "f"
            assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_Image"
            assert not {"_HANDLER", "LAMBDA_TASK_ROOT"} & variables.keys()

    bench.run(story())


@pytest.mark.parametrize("level", ["namespace", "strict"], scope="module")
def test_an_image_without_a_network_reaches_us_and_nobody_else(bench, tmp_path):
    source = (
        "import socket\n"
        "def handle(event, headers):\n"
        "    return [API, [name for _, name in socket.if_nameindex()]]\n"
    )

    async def story():
        async with bench:
            environment = await start(bench, image(oci(tmp_path, source)), network="none")
            told = answer(await environment.invoke(invocation(None)))
            assert told == ["127.0.0.1:9001", ["lo"]]

    bench.run(story())


@pytest.mark.parametrize(
    ("changes", "kind", "reason"),
    [
        ({"command": ("none",)}, "Runtime.InvalidEntrypoint", 'exec: "none": executable file not'),
        ({"command": ("/none",)}, "Runtime.InvalidEntrypoint", "fork/exec /none: no such file"),
        ({"command": ()}, "Runtime.InvalidEntrypoint", "neither ENTRYPOINT nor CMD"),
        ({"working_directory": "/none"}, "Runtime.InvalidWorkingDir", "chdir /none: no such file"),
    ],
)
def test_an_image_without_anything_to_run_is_told(bench, tmp_path, changes, kind, reason):
    spec = image(oci(tmp_path), **changes)

    async def story():
        async with bench:
            if not has_roots(bench):
                return
            init = (await start(bench, spec)).init
            assert (init.status.value, init.error_type) == ("fault", kind)
            assert reason in init.payload.decode()

    bench.run(story())


def test_an_image_sees_nothing_of_others_and_cannot_leave_its_root(bench, tmp_path):
    source = """
def handle(event, headers):
    try:
        os.chroot("/")
        refused = False
    except OSError:
        refused = True
    return [os.path.exists(path) for path in event], refused, os.getuid()
"""
    spec = image(oci(tmp_path, source))
    paths = [
        str(tmp_path),
        "/.store",
        "/.image",
        "/.languages",
        "/var/runtime/programs",
        "/root",
        "/proc/1/root/.store",
        "/proc/1/root/.image",
    ]

    async def story():
        async with bench:
            if not has_roots(bench):
                return
            environment = await start(bench, spec)
            seen, refused, user = answer(await environment.invoke(invocation(paths)))
            assert not any(seen)
            assert refused
            assert user != 0

    bench.run(story())


def test_an_image_that_has_changed_is_not_used_until_the_code_is_updated(bench, tmp_path):
    uri = rootfs(tmp_path)
    spec = image(uri)
    (tmp_path / "root" / "app" / "more").write_text("")

    async def story():
        async with bench:
            if not has_roots(bench):
                return
            with pytest.raises(CodeUnusable, match="Update its code"):
                await start(bench, spec)

    bench.run(story())


def test_an_image_may_bring_extensions(bench, tmp_path):
    listener = extension(
        "me = register('INVOKE', 'SHUTDOWN')\n"
        "while True:\n"
        "    event = next_event(me)\n"
        "    log(event['eventType'], os.environ['OWN'])\n"
        "    if event['eventType'] == 'SHUTDOWN': break\n"
    )
    program_of = {"opt/extensions/listener": listener.encode()}
    files = program("def handle(event, headers):\n    return event\n")
    make_oci(tmp_path / "oci", [python_layer(), make_layer({**files, **program_of})])
    spec = image(f"oci:{tmp_path / 'oci'}")

    async def story():
        async with bench:
            if not has_roots(bench):
                return
            environment = await start(bench, spec)
            assert environment.init.status.value == "ok", (environment.init, bytes(bench.log))
            assert answer(await environment.invoke(invocation(1))) == 1
            await environment.kill()
            assert bytes(bench.log) == b"INVOKE image\nSHUTDOWN image\n"

    bench.run(story())


def hostile_layer():
    """Return a layer whose root would lead out, or up, if it were believed."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, value, mode in (
            ("proc", tarfile.SYMTYPE, "/app", 0o777),
            ("tmp", tarfile.SYMTYPE, "../../../..", 0o777),
            ("dev", tarfile.SYMTYPE, "/", 0o777),
            ("etc/hosts", tarfile.SYMTYPE, "/app/main", 0o777),
            ("etc/passwd", tarfile.REGTYPE, b"me:x:993:990::/:/bin/sh\n", 0o644),
            ("out", tarfile.SYMTYPE, "/../../../../root", 0o777),
            ("app/id", tarfile.REGTYPE, b"#!", 0o6755),
            ("app/memory", tarfile.CHRTYPE, b"", 0o666),
            ("app/pipe", tarfile.FIFOTYPE, b"", 0o666),
            ("app/hard", tarfile.LNKTYPE, "etc/passwd", 0o644),
        ):
            entry = tarfile.TarInfo(name)
            entry.type, entry.mode, entry.devmajor, entry.devminor = kind, mode, 1, 1
            if isinstance(value, str):
                entry.linkname = value
                archive.addfile(entry)
            else:
                entry.size = len(value)
                archive.addfile(entry, io.BytesIO(value))
    return buffer.getvalue()


def test_a_root_that_would_lead_out_or_up_does_neither(bench, tmp_path):
    source = """
def handle(event, headers):
    seen = {path: os.path.lexists(path) for path in event}
    mounted = [line.split()[1:3] for line in open("/proc/mounts")]
    return {
        "seen": seen,
        "mounts": sorted(mounted),
        "mode": os.stat("/app/id").st_mode & 0o7777,
        "passwd": open("/etc/passwd").read(),
        "hosts": open("/etc/hosts").read()[:9],
        "user": [os.getresuid(), os.getresgid()],
        "out": os.path.exists("/out"),
    }
"""
    make_oci(tmp_path / "oci", [*parts(source), hostile_layer()])
    paths = ["/app/memory", "/app/pipe", "/app/hard", "/app/mounts", str(tmp_path)]

    async def story():
        async with bench:
            if not has_roots(bench):
                return
            environment = await start(bench, image(f"oci:{tmp_path / 'oci'}"))
            assert environment.init.status.value == "ok", (environment.init, bytes(bench.log))
            told = answer(await environment.invoke(invocation(paths)))
            assert [one for one, there in told["seen"].items() if there] == ["/app/hard"]
            assert ["/proc", "proc"] in told["mounts"]
            assert ["/tmp", "tmpfs"] in told["mounts"]
            assert told["mode"] & 0o7000 == 0
            lines = told["passwd"].splitlines()
            user = told["user"][0][0]
            assert lines[0].startswith("me:x:993")
            assert user == 993 or f"sbx_user1051:x:{user}:" in lines[1]
            assert not told["hosts"].startswith("#!")
            assert all(0 not in ids for ids in told["user"])
            assert not told["out"]

    bench.run(story())
