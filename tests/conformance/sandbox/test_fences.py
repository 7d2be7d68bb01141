"""What environments may not do to the machine and to each other, level by level."""

import os
from pathlib import Path

import pytest

from headrace.ports.sandbox import CodeUnusable
from headrace.sandbox.levels import LEVELS
from tests.unit.sandbox.bench import (
    Bench,
    answer,
    invocation,
    run,
)

ECHO = "def handler(event, context):\n    return event\n"


def has_namespaces(level):
    return LEVELS.index(level) >= LEVELS.index("namespace")


def from_level(lowest):
    """Run a test at this level and those above it: what the level promises."""
    return pytest.mark.parametrize("level", LEVELS[LEVELS.index(lowest) :], scope="module")


def test_no_session_of_tests_that_begins_closes_the_folder(bench, tmp_path_factory):
    """See `open_folder`: at `restricted` a first start ended with status 2."""
    closed_by_each = tmp_path_factory.getbasetemp().parent
    assert closed_by_each not in Path(bench.box._supplies._folder).parents


def test_temporary_files_are_private_and_have_room_as_asked(bench, level):
    source = (
        "import os, tempfile\n"
        "def handler(e, c):\n"
        "    folder = tempfile.gettempdir()\n"
        "    before = sorted(os.listdir(folder))\n"
        "    open(os.path.join(folder, e), 'w').write('secret')\n"
        "    s = os.statvfs(folder)\n"
        "    return [folder, before, s.f_blocks * s.f_frsize]\n"
    )

    async def story():
        async with bench:
            first = await bench.start(source, ephemeral_storage_mb=700)
            second = await bench.start(source)
            folder, before, size = answer(await first.invoke(invocation("a")))
            other_folder, other_before, _ = answer(await second.invoke(invocation("b")))
            assert before == other_before == []
            assert answer(await first.invoke(invocation("c")))[1] == ["a"]
            if has_namespaces(level):
                assert folder == other_folder == "/tmp"
                assert size == 700 * 1024 * 1024
            else:
                assert folder != other_folder
            await first.kill()
            await second.kill()
            assert has_namespaces(level) or not os.path.exists(folder)

    bench.run(story())


def test_a_user_has_a_name_and_a_home(bench, level):
    """lambda.md 3.2: os.homedir() of Node and Path.home() fail where a user id has no name."""
    source = (
        "import os, pathlib, pwd, tempfile\n"
        "def handler(e, c):\n"
        "    user = pwd.getpwuid(os.getuid()).pw_name if e else None\n"
        "    return [user, str(pathlib.Path.home()), tempfile.gettempdir()]\n"
    )

    async def story():
        async with bench:
            for _ in range(2):  # The second one has another user id.
                environment = await bench.start(source)
                outcome = await environment.invoke(invocation(has_namespaces(level)))
                user, home, folder = answer(outcome)
                if has_namespaces(level):
                    assert (user, home) == ("sbx_user1051", "/home/sbx_user1051")
                else:
                    assert home == folder

    bench.run(story())


def test_standard_output_can_be_opened_by_its_name(bench):
    source = (
        "import subprocess\n"
        "def handler(e, c):\n"
        "    with open('/dev/stdout', 'w') as out: out.write('by Python\\n')\n"
        "    return subprocess.run('echo by a shell > /dev/stderr', shell=True).returncode\n"
    )

    async def story():
        async with bench:
            assert answer(await bench.call(source)) == 0
            assert bytes(bench.log) == b"by Python\nby a shell\n"

    bench.run(story())


@from_level("namespace")
def test_temporary_files_have_a_limit(bench):
    source = (
        "def handler(e, c):\n"
        "    n = 0\n"
        "    try:\n"
        "        with open('/tmp/f', 'wb', buffering=0) as f:\n"
        "            while True: n += f.write(b'x' * 1_048_576)\n"
        "    except OSError as error: return [n, error.errno]\n"
    )

    async def story():
        async with bench:
            size, error = answer(await bench.call(source))
            assert (size, error) == (512 * 1_048_576, 28)

    bench.run(story())


@from_level("restricted")
def test_code_is_read_only_and_nothing_outside_is_writable(bench, tmp_path):
    """lambda.md 10, row 17."""
    (tmp_path / "secret").write_text("secret")
    source = (
        "import os\n"
        "def attempt(path):\n"
        "    try: open(path, 'w').close()\n"
        "    except OSError: return 'refused'\n"
        "    return 'written'\n"
        "def handler(e, c):\n"
        "    root = os.environ['LAMBDA_TASK_ROOT']\n"
        "    try: seen = open(e).read()\n"
        "    except OSError: seen = 'refused'\n"
        "    return [attempt(root + '/app.py'), attempt(root + '/new'), attempt('/usr/new'),\n"
        "            attempt('/etc/new'), attempt('/var/tmp/new'), seen]\n"
    )

    async def story():
        async with bench:
            assert answer(await bench.call(source, str(tmp_path / "secret"))) == ["refused"] * 6

    bench.run(story())


@from_level("namespace")
def test_environments_see_neither_processes_nor_files_of_others(bench):
    source = (
        "import os\n"
        "def handler(e, c):\n"
        "    pids = [int(n) for n in os.listdir('/proc') if n.isdigit()]\n"
        "    return [sorted(pids), os.getpid(), os.listdir('/.store'), sorted(os.listdir('/var')),\n"
        "            sorted(os.listdir('/')), os.path.exists('/root'), os.path.exists('/sys')]\n"
    )

    async def story():
        async with bench:
            await bench.start("x = 1\n" + ECHO)
            pids, pid, store, var, root, home, system = answer(await bench.call(source))
            assert pids == [1, 2]
            assert pid == 2
            assert store == []
            assert var == ["lang", "runtime", "task", "tmp"]
            assert (home, system) == (False, False)
            assert "work" not in root

    bench.run(story())


@from_level("namespace")
def test_command_lines_tell_nothing_of_the_server(bench):
    source = (
        "import glob\n"
        "def handler(e, c):\n"
        "    lines = [open(path).read() for path in glob.glob('/proc/[0-9]*/cmdline')]\n"
        "    return [len(lines), [line for line in lines if e in line]]\n"
    )

    async def story():
        async with bench:
            folder = os.path.dirname(str(bench.folder))
            assert answer(await bench.call(source, folder)) == [2, []]
            assert answer(await bench.call(source, "server_pid")) == [2, []]

    bench.run(story())


@from_level("restricted")
def test_an_environment_has_no_rights_left(bench):
    source = (
        "import os, ctypes\n"
        "def handler(e, c):\n"
        "    libc = ctypes.CDLL(None, use_errno=True)\n"
        "    def call(result): return ctypes.get_errno() if result < 0 else 0\n"
        "    status = dict(line.split(':\\t') for line in open('/proc/self/status') if ':\\t' in line)\n"
        "    def kill():\n"
        "        try: os.kill(e, 0)\n"
        "        except OSError as error: return error.errno\n"
        "    descriptors = sorted(int(n) for n in os.listdir('/proc/self/fd'))\n"
        "    return [status['CapEff'].strip(), status['CapPrm'].strip(),\n"
        "            status['NoNewPrivs'].strip(), status['Seccomp'].strip(),\n"
        "            call(libc.unshare(0x10000000)), call(libc.mount(b'a', b'/tmp', b'tmpfs', 0, 0)),\n"
        "            call(libc.ptrace(0, 0, 0, 0)), kill(), descriptors[:3], len(descriptors)]\n"
    )

    async def story():
        async with bench:
            effective, permitted, locked, seccomp, *calls, kill, standard, count = answer(
                await bench.call(source, os.getpid())
            )
            assert int(effective, 16) == int(permitted, 16) == 0
            assert (locked, seccomp) == ("1", "2")
            assert calls == [1, 1, 1]
            assert kill in (1, 3)
            assert (standard, count) == ([0, 1, 2], 5)  # and its socket, and the listing

    bench.run(story())


@from_level("strict")
def test_each_environment_has_a_user_of_its_own(bench):
    source = (
        "import os\ndef handler(e, c):\n    return [os.getuid(), os.getgid(), os.getgroups()]\n"
    )

    async def story():
        async with bench:
            first, second = await bench.start(source), await bench.start(source)
            one = answer(await first.invoke(invocation(None)))
            two = answer(await second.invoke(invocation(None)))
            assert one != two
            assert one[0] == one[1] >= 20_000
            assert one[2] == []

    bench.run(story())


def test_shared_libraries_can_be_imported_and_the_function_wins_over_them(level, folder):
    library = folder / "library"
    library.mkdir()
    (library / "shared.py").write_text("word = 'shared'\n")
    (library / "both.py").write_text("word = 'shared'\n")
    source = {
        "app.py": "import shared, both\ndef handler(e, c):\n    return [shared.word, both.word]\n",
        "both.py": "word = 'own'\n",
    }

    async def story():
        async with Bench.open(folder, level=level, shared_libraries=[str(library)]) as bench:
            assert answer(await bench.call(source)) == ["shared", "own"]

    run(story())


def test_an_archive_that_leads_out_of_its_folder_is_refused(bench):
    async def story():
        async with bench:
            for name in ("../evil.py", "/evil.py", "a/../../evil.py"):
                with pytest.raises(CodeUnusable, match="leads out of its folder"):
                    await bench.start({name: ""})
            assert not list(bench.folder.glob("**/evil.py"))

    bench.run(story())
