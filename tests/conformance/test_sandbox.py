"""What every level of the sandbox must do, on this machine, with real processes."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import uvloop

from headrace.ports.sandbox import CodeUnusable, InitStatus, InvokeStatus, SandboxUnavailable
from headrace.sandbox.levels import LEVELS, find_posture
from tests.unit.sandbox.bench import (
    ARN,
    REQUEST_ID,
    Bench,
    alive,
    answer,
    invocation,
    run,
    spec_for,
    state_of,
)

pytestmark = pytest.mark.slow

ECHO = "def handler(event, context):\n    return event\n"


@pytest.fixture(scope="module")
def highest(tmp_path_factory):
    posture = find_posture(
        str(tmp_path_factory.mktemp("probe")), level=None, minimum="process", cgroups=True
    )
    if posture.groups is not None:
        posture.groups.remove()
    return posture


@pytest.fixture(params=LEVELS)
def level(request):
    return request.param


def from_level(lowest):
    """Run a test at this level and those above it: what the level promises."""
    return pytest.mark.parametrize("level", LEVELS[LEVELS.index(lowest) :])


@pytest.fixture
def bench(level, highest, tmp_path):
    if LEVELS.index(level) > LEVELS.index(highest.level):
        pytest.skip(f"this machine allows level {highest.level} only")
    # Reachable by the users of environments, as a data folder of a service is.
    tmp_path.chmod(0o755)
    return Bench(tmp_path, level=level)


def has_namespaces(level):
    return LEVELS.index(level) >= LEVELS.index("namespace")


# --- answers and errors ----------------------------------------------------------------------


def test_a_handler_answers_with_its_context_and_variables(bench):
    source = (
        "import os\n"
        "def handler(event, context):\n"
        "    left = context.get_remaining_time_in_millis()\n"
        "    return [event, context.aws_request_id, context.invoked_function_arn,\n"
        "            context.memory_limit_in_mb, context.log_stream_name, 0 < left <= 20000,\n"
        "            context.client_context.custom['k'], context.identity.cognito_identity_id,\n"
        "            os.environ['_X_AMZN_TRACE_ID'], os.environ['_HANDLER'], os.getcwd() == \n"
        "            os.environ['LAMBDA_TASK_ROOT'], os.environ['USER_VARIABLE']]\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source, variables={"USER_VARIABLE": "ä b"})
            outcome = await environment.invoke(
                invocation(
                    {"a": [1]}, trace_header="Root=1-5-7", client_context='{"custom":{"k":"v"}}'
                )
            )
            assert answer(outcome) == [
                {"a": [1]}, REQUEST_ID, ARN, "1769",
                "2026/11/25/[$LATEST]0123456789abcdef0123456789abcdef", True,
                "v", None, "Root=1-5-7", "app.handler", True, "ä b",
            ]  # fmt: skip
            assert outcome.environment_lives
            assert 5 < outcome.memory_peak_mb < 100

    run(story())


def test_an_environment_keeps_its_globals_and_answers_again(bench):
    source = "n = 0\ndef handler(event, context):\n    global n\n    n += 1\n    return n\n"

    async def story():
        async with bench:
            environment = await bench.start(source)
            for expected in (1, 2, 3):
                assert answer(await environment.invoke(invocation(None))) == expected

    run(story())


def test_a_handler_exception_becomes_the_document_of_aws(bench):
    source = 'def handler(event, context):\n    raise ValueError("no")\n'

    async def story():
        async with bench:
            environment = await bench.start(source)
            outcome = await environment.invoke(invocation(None))
            assert (outcome.status, outcome.error_type) == (InvokeStatus.ERROR, "ValueError")
            document = json.loads(outcome.payload)
            assert list(document) == ["errorMessage", "errorType", "requestId", "stackTrace"]
            assert document["requestId"] == REQUEST_ID
            (frame,) = document["stackTrace"]
            assert frame.endswith('app.py", line 2, in handler\n    raise ValueError("no")\n')
            assert answer_after_error(await environment.invoke(invocation(None)))
        assert b"[ERROR] ValueError: no\rTraceback (most recent call last):\r\xc2\xa0" in bench.log

    def answer_after_error(outcome):
        return outcome.environment_lives

    run(story())


@pytest.mark.parametrize(
    "files, handler, kind, text",
    [
        (
            {"app.py": "import missing_module\n"},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'missing_module'",
        ),
        (
            {"other.py": ""},
            "app.handler",
            "Runtime.ImportModuleError",
            "Unable to import module 'app': No module named 'app'",
        ),
        (
            {"app.py": "x = 1\n"},
            "app.handler",
            "Runtime.HandlerNotFound",
            "Handler 'handler' missing on module 'app'",
        ),
        (
            {"app.py": ECHO},
            "handler",
            "Runtime.MalformedHandlerName",
            "Bad handler 'handler': not enough values to unpack (expected 2, got 1)",
        ),
        (
            {"app.py": "def handler(:\n"},
            "app.handler",
            "Runtime.UserCodeSyntaxError",
            "Syntax error in module 'app': invalid syntax (app.py, line 1)",
        ),
        (
            {"sys.py": ECHO},
            "sys.handler",
            "Runtime.BuiltInModuleConflict",
            "Cannot use built-in module sys as a handler module",
        ),
        ({"app.py": "raise KeyError('k')\n"}, "app.handler", "KeyError", "'k'"),
    ],
)
def test_an_init_error_becomes_the_document_of_aws(bench, files, handler, kind, text):
    async def story():
        async with bench:
            environment = await bench.start(files, handler=handler)
            assert environment.init.status is InitStatus.ERROR
            document = json.loads(environment.init.payload)
            assert (document["errorType"], document["errorMessage"]) == (kind, text)
            assert document["requestId"] == ""
            assert environment.exited.done()
        assert b"LAMBDA_WARNING: Unhandled exception." in bench.log
        assert b"[ERROR] " + kind.encode() in bench.log

    run(story())


def test_handlers_in_folders_and_modules_named_like_the_standard_library_are_found(bench):
    async def story():
        async with bench:
            deep = {"a/b/c.py": ECHO, "queue.py": "def handler(e, c):\n    return 'mine'\n"}
            for name, expected in (("a/b/c.handler", 1), ("a.b.c.handler", 1)):
                assert answer(await bench.call(deep, 1, handler=name)) == expected
            assert answer(await bench.call(deep, 1, handler="queue.handler")) == "mine"

    run(story())


@pytest.mark.parametrize(
    "expression, kind, text",
    [
        (
            "object()",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type object is not JSON serializable",
        ),
        (
            "{1, 2}",
            "Runtime.MarshalError",
            "Unable to marshal response: Object of type set is not JSON serializable",
        ),
    ],
)
def test_a_result_that_is_not_json_is_a_marshal_error(bench, expression, kind, text):
    async def story():
        async with bench:
            outcome = await bench.call(f"def handler(e, c):\n    return {expression}\n")
            assert (outcome.status, outcome.error_type) == (InvokeStatus.ERROR, kind)
            assert json.loads(outcome.payload) == {
                "errorMessage": text,
                "errorType": kind,
                "requestId": REQUEST_ID,
                "stackTrace": [],
            }

    run(story())


def test_an_event_that_is_not_json_is_an_unmarshal_error(bench):
    async def story():
        async with bench:
            outcome = await bench.call(ECHO, b"{nope")
            assert outcome.error_type == "Runtime.UnmarshalError"

    run(story())


def test_decimals_keep_their_digits(bench):
    source = "import decimal\ndef handler(e, c):\n    return [decimal.Decimal('1.10')]\n"

    async def story():
        async with bench:
            assert (await bench.call(source)).payload == b"[1.10]"

    run(story())


# --- ends --------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [0, 3])
def test_sys_exit_at_import_is_an_exit(bench, status):
    async def story():
        async with bench:
            environment = await bench.start(f"import sys\nprint('bye')\nsys.exit({status})\n")
            assert environment.init.status is InitStatus.EXITED
            assert environment.init.exit_status == status
        assert bench.log == b"bye\n"

    run(story())


@pytest.mark.parametrize("status", [0, 3])
def test_sys_exit_in_the_handler_is_an_exit(bench, status):
    source = f"import sys\ndef handler(e, c):\n    print('bye')\n    sys.exit({status})\n"

    async def story():
        async with bench:
            environment = await bench.start(source)
            outcome = await environment.invoke(invocation(None))
            assert (outcome.status, outcome.exit_status) == (InvokeStatus.EXITED, status)
            assert environment.exited.done()
            again = await environment.invoke(invocation(None))
            assert again.status is InvokeStatus.EXITED
        assert bench.log == b"bye\n"

    run(story())


def test_a_signal_is_reported_as_such(bench):
    source = "import os\ndef handler(e, c):\n    os.kill(os.getpid(), e)\n"

    async def story():
        async with bench:
            for number in (9, 11, 15):
                outcome = await bench.call(source, number)
                assert (outcome.status, outcome.signal) == (InvokeStatus.KILLED, number)

    run(story())


def test_an_endless_loop_times_out_and_the_tree_is_gone(bench, tmp_path):
    token = f"9{os.getpid()}.25"
    source = (
        "import subprocess, os\n"
        "def handler(e, c):\n"
        f"    subprocess.Popen(['sleep', '{token}'], start_new_session=True)\n"
        f"    if os.fork() == 0:\n"
        "        os.setsid()\n"
        f"        if os.fork() == 0: os.execvp('sleep', ['sleep', '{token}'])\n"
        "        os._exit(0)\n"
        "    print('started', flush=True)\n"
        "    while True: pass\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source)
            outcome = await environment.invoke(invocation(None, 700))
            assert outcome.status is InvokeStatus.TIMED_OUT
            assert 700 <= outcome.duration_ns / 1e6 < 2_000
            assert not outcome.environment_lives
            assert environment.exited.done()
            assert alive(token) == []
        assert bench.log == b"started\n"

    run(story())


def test_an_endless_import_times_out(bench):
    async def story():
        async with bench:
            environment = await bench.start("while True: pass\n", init_limit_ms=300)
            assert environment.init.status is InitStatus.TIMED_OUT

    run(story())


def test_children_that_a_handler_leaves_die_with_the_environment(bench):
    token = f"8{os.getpid()}.5"
    source = (
        "import subprocess\n"
        "def handler(e, c):\n"
        f"    subprocess.Popen(['sh', '-c', 'trap \"\" TERM; sleep {token}; true'],"
        " start_new_session=True)\n"
        "    return 1\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source)
            assert answer(await environment.invoke(invocation(None))) == 1
            assert alive(token)
            await environment.kill()
            assert alive(token) == []
            await environment.kill()

    run(story())


def test_a_memory_hog_is_out_of_memory_or_gets_a_memory_error(bench, highest):
    source = "def handler(e, c):\n    held = []\n    while True: held.append(b'x' * 1_000_000)\n"

    async def story():
        async with bench:
            outcome = await bench.call(source, memory_mb=128)
            if highest.groups is not None:
                assert outcome.status is InvokeStatus.OUT_OF_MEMORY
                assert (outcome.signal, outcome.memory_peak_mb) == (9, 128)
            else:
                assert outcome.error_type == "MemoryError"

    run(story())


def test_without_control_groups_a_memory_hog_gets_a_memory_error(level, tmp_path):
    source = "def handler(e, c):\n    held = []\n    while True: held.append(b'x' * 1_000_000)\n"

    async def story():
        if level == "strict":
            with pytest.raises(SandboxUnavailable):
                Bench(tmp_path, level=level, cgroups=False)
            return
        async with Bench(tmp_path, level=level, cgroups=False) as bench:
            environment = await bench.start(source, memory_mb=128)
            outcome = await environment.invoke(invocation(None))
            assert (outcome.status, outcome.error_type) == (InvokeStatus.ERROR, "MemoryError")
            assert (await environment.invoke(invocation(None))).error_type == "MemoryError"

    run(story())


def test_a_fork_bomb_stays_inside_and_the_neighbour_answers(bench, highest):
    if highest.groups is None and os.getuid() == 0:
        pytest.skip("without control groups nothing limits root's processes")
    source = (
        "import os, time\n"
        "def handler(e, c):\n"
        "    n = 0\n"
        "    while True:\n"
        "        try:\n"
        "            if os.fork() == 0: time.sleep(1000)\n"
        "        except OSError as error: return [n, error.errno]\n"
        "        n += 1\n"
    )

    async def story():
        async with bench:
            neighbour = await bench.start(ECHO)
            bomber = await bench.start(source)
            bombing = asyncio.create_task(bomber.invoke(invocation(None, 50_000)))
            answers = 0
            while not bombing.done():
                assert answer(await neighbour.invoke(invocation(7))) == 7
                answers += 1
                await asyncio.wait([bombing], timeout=0.05)
            count, error = answer(await bombing)
            assert 500 < count < 1024
            assert error == 11
            assert answers > 1
            await bomber.kill()
            assert answer(await neighbour.invoke(invocation(7))) == 7

    run(story())


# --- logs and sizes ------------------------------------------------------------------------------


def test_log_lines_come_whole_in_order_and_before_the_outcome(bench):
    source = (
        "import sys, os, logging\n"
        "logging.getLogger().setLevel('INFO')\n"
        "def handler(e, c):\n"
        "    print('out')\n"
        "    print('err', file=sys.stderr)\n"
        "    logging.info('told')\n"
        "    os.write(1, b'raw\\n')\n"
        "    sys.stdout.write('no end')\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source)
            await environment.invoke(invocation(None))
            first, second, told, raw, last = bytes(bench.log).splitlines(keepends=True)
            assert (first, second, raw, last) == (b"out\n", b"err\n", b"raw\n", b"no end\n")
            kind, instant, request, text = told.decode().split("\t")
            assert (kind, request, text) == ("[INFO]", REQUEST_ID, "told\n")
            assert len(instant) == 24
            assert instant.endswith("Z")

    run(story())


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_a_hundred_megabytes_of_output_neither_block_nor_pile_up(bench, new_loop):
    source = (
        "import os\n"
        "def handler(e, c):\n"
        "    line = b'x' * 9_999 + b'\\n'\n"
        "    for _ in range(10_000): os.write(1, line)\n"
        "    os.write(2, b'y' * 600_000)\n"
        "    return 'done'\n"
    )
    sizes = []

    async def story():
        async with bench:
            neighbour = await bench.start(ECHO)
            environment = await bench.start(source, lambda text: sizes.append(len(text)))
            writing = asyncio.create_task(environment.invoke(invocation(None, 50_000)))
            turns = 0
            while not writing.done():
                assert answer(await neighbour.invoke(invocation(7))) == 7
                turns += 1
            assert answer(await writing) == "done"
            assert turns > 10
            assert sum(sizes) == 100_000_000 + 600_000 + 1
            assert max(sizes) <= 262_144 + 65_536

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(story())


def test_results_up_to_the_limit_pass_and_larger_ones_are_too_large(bench):
    source = "def handler(e, c):\n    return 'x' * e\n"

    async def story():
        async with bench:
            environment = await bench.start(source)
            whole = await environment.invoke(invocation(6_291_554))
            assert whole.status is InvokeStatus.ANSWERED
            assert len(whole.payload) == 6_291_556
            larger = await environment.invoke(invocation(6_291_555))
            assert larger.status is InvokeStatus.TOO_LARGE
            assert larger.environment_lives
            assert answer(await environment.invoke(invocation(1))) == "x"

    run(story())


def test_a_large_event_arrives(bench):
    async def story():
        async with bench:
            text = "y" * 6_000_000
            assert answer(await bench.call("def handler(e, c):\n    return len(e)\n", text)) == len(
                text
            )

    run(story())


# --- files -----------------------------------------------------------------------------------


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

    run(story())


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

    run(story())


@from_level("restricted")
def test_code_is_read_only_and_nothing_outside_is_writable(bench, tmp_path):
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

    run(story())


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

    run(story())


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

    run(story())


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

    run(story())


def test_shared_libraries_can_be_imported_and_the_function_wins_over_them(level, tmp_path):
    tmp_path.chmod(0o755)
    library = tmp_path / "library"
    library.mkdir()
    (library / "shared.py").write_text("word = 'shared'\n")
    (library / "both.py").write_text("word = 'shared'\n")
    source = {
        "app.py": "import shared, both\ndef handler(e, c):\n    return [shared.word, both.word]\n",
        "both.py": "word = 'own'\n",
    }

    async def story():
        async with Bench(tmp_path, level=level, shared_libraries=[str(library)]) as bench:
            assert answer(await bench.call(source)) == ["shared", "own"]

    run(story())


def test_an_archive_that_leads_out_of_its_folder_is_refused(bench):
    async def story():
        async with bench:
            for name in ("../evil.py", "/evil.py", "a/../../evil.py"):
                with pytest.raises(CodeUnusable, match="leads out of its folder"):
                    await bench.start({name: ""})
            assert not list(bench.folder.glob("**/evil.py"))

    run(story())


# --- more than one -----------------------------------------------------------------------------


@pytest.mark.parametrize("new_loop", [asyncio.new_event_loop, uvloop.new_event_loop])
def test_twenty_environments_work_side_by_side(bench, new_loop):
    source = "import os\ndef handler(e, c):\n    return [e, os.environ['NUMBER']]\n"

    async def story():
        async with bench:
            environments = await asyncio.gather(
                *(bench.start(source, variables={"NUMBER": str(n)}) for n in range(20))
            )
            for _ in range(3):
                outcomes = await asyncio.gather(
                    *(one.invoke(invocation(n)) for n, one in enumerate(environments))
                )
                assert [answer(one) for one in outcomes] == [[n, str(n)] for n in range(20)]

    with asyncio.Runner(loop_factory=new_loop) as runner:
        runner.run(story())


def test_random_numbers_differ_between_environments(bench):
    source = (
        "import random, ssl, uuid, tempfile, secrets\n"
        "def handler(e, c):\n"
        "    return [random.random(), ssl.RAND_bytes(8).hex(), str(uuid.uuid4()),\n"
        "            secrets.token_hex(8)]\n"
    )

    async def story():
        async with bench:
            draws = [answer(await bench.call(source)) for _ in range(3)]
            for column in zip(*draws, strict=True):
                assert len(set(column)) == 3

    run(story())


def test_frozen_processes_stand_still_until_the_next_invoke(bench):
    token = f"7{os.getpid()}.75"
    source = (
        "import subprocess, threading, time\n"
        "n = 0\n"
        "def tick():\n"
        "    global n\n"
        "    while True: n += 1; time.sleep(0.001)\n"
        "threading.Thread(target=tick, daemon=True).start()\n"
        f"subprocess.Popen(['sleep', '{token}'])\n"
        "def handler(e, c):\n"
        "    return n\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source)
            before = answer(await environment.invoke(invocation(None)))
            environment.freeze()
            environment.freeze()
            (sleeper,) = alive(token)
            while state_of(sleeper) != "T":
                await asyncio.sleep(0.01)
            await asyncio.sleep(0.3)
            after = answer(await environment.invoke(invocation(None)))
            assert after - before < 150
            assert state_of(sleeper) != "T"
            environment.freeze()
            await environment.kill()
            assert alive(token) == []
            environment.freeze()

    run(story())


def test_a_new_zygote_is_started_when_one_has_died(bench, tmp_path):
    async def story():
        async with bench:
            environment = await bench.start(ECHO)
            zygote = next(iter(bench.box._pool._zygotes.values())).result()
            zygote.kill()
            await asyncio.wait_for(environment.exited, 5)
            outcome = await environment.invoke(invocation(1))
            assert not outcome.environment_lives
            assert answer(await bench.call(ECHO, 5)) == 5

    run(story())


def test_a_start_that_is_given_up_leaves_nothing(bench):
    token = f"6{os.getpid()}.5"
    source = f"import subprocess, time\nsubprocess.Popen(['sleep', '{token}'])\ntime.sleep(0.2)\n"

    async def story():
        async with bench:
            await bench.box.prepare("python3.11")
            starting = asyncio.create_task(bench.start(source + ECHO))
            await asyncio.wait([starting], timeout=0.1)
            starting.cancel()
            with pytest.raises(asyncio.CancelledError):
                await starting
        assert alive(token) == []

    run(story())


def test_an_invoke_that_is_given_up_ends_its_environment(bench):
    async def story():
        async with bench:
            environment = await bench.start("def handler(e, c):\n    while True: pass\n")
            running = asyncio.create_task(environment.invoke(invocation(None)))
            await asyncio.wait([running], timeout=0.05)
            running.cancel()
            with pytest.raises(asyncio.CancelledError):
                await running
            await asyncio.wait_for(environment.exited, 5)

    run(story())


@pytest.mark.parametrize(
    "runtime", ["python3.8", "python3.9", "python3.10", "python3.12", "python3.13"]
)
def test_every_interpreter_of_this_machine_serves(bench, runtime):
    source = "import sys\ndef handler(e, c):\n    return list(sys.version_info[:2])\n"

    async def story():
        async with bench:
            found, exact = bench.box.served_by(runtime)
            if not exact:
                pytest.skip(f"{runtime} is not installed here")
            assert answer(await bench.call(source, runtime=runtime)) == [
                3,
                int(runtime.split(".")[1]),
            ]

    run(story())


def test_an_interpreter_of_its_own_gives_the_same_answers(bench, level, tmp_path):
    source = (
        "import sys, os\n"
        "print('init')\n"
        "def handler(e, c):\n"
        "    if e == 'exit': sys.exit(4)\n"
        "    return [e, sys.flags.hash_randomization, sys.path[0] == os.getcwd()]\n"
    )

    async def story():
        async with bench:
            environment = await bench.start(source, variables={"PYTHONHASHSEED": "0"})
            assert environment.init.status is InitStatus.OK, bytes(bench.log)
            assert answer(await environment.invoke(invocation(1))) == [1, 0, True]
            outcome = await environment.invoke(invocation("exit"))
            assert (outcome.status, outcome.exit_status) == (InvokeStatus.EXITED, 4)
        assert bench.log == b"init\n"

    run(story())


def test_a_wrapper_script_starts_the_runtime(bench):
    wrapper = '#!/bin/sh\nexport WRAPPED=yes\nexec "$@"\n'
    files = {
        "wrap": wrapper,
        "app.py": "import os\ndef handler(e, c):\n    return os.environ['WRAPPED']\n",
    }

    async def story():
        async with bench:
            spec = spec_for(bench.folder, files)
            root = (
                "/var/task"
                if has_namespaces(bench.box.level)
                else (f"{bench.box._code}/{spec.code_digest}")
            )
            os.makedirs(f"{bench.box._code}/{spec.code_digest}")
            for name, text in files.items():
                path = Path(f"{bench.box._code}/{spec.code_digest}/{name}")
                path.write_text(text)
                path.chmod(0o755)
            environment = await bench.start(
                files, variables={"AWS_LAMBDA_EXEC_WRAPPER": f"{root}/wrap"},
                code_digest=spec.code_digest,
            )  # fmt: skip
            assert environment.init.status is InitStatus.OK, bytes(bench.log)
            assert answer(await environment.invoke(invocation(1))) == "yes"
            missing = await bench.start(
                files, variables={"AWS_LAMBDA_EXEC_WRAPPER": f"{root}/none"}
            )
            assert missing.init.status is InitStatus.EXITED
            assert missing.init.exit_status == 127

    run(story())


# --- the server dies -----------------------------------------------------------------------------

SERVER = """
import asyncio, sys
from pathlib import Path
from tests.unit.sandbox.bench import Bench, invocation
async def main():
    bench = Bench(Path(sys.argv[1]), level=sys.argv[2])
    spin = ("import subprocess\\ndef handler(e, c):\\n"
            "    subprocess.Popen(['sleep', sys_token], start_new_session=True)\\n"
            "    print('spinning', flush=True)\\n    while True: pass\\n")
    idle = await bench.start("def handler(e, c):\\n    return 1\\n")
    await idle.invoke(invocation(1))
    frozen = await bench.start("def handler(e, c):\\n    return 1\\n")
    frozen.freeze()
    seen = asyncio.Event()
    busy = await bench.start("sys_token = %r\\n" % sys.argv[3] + spin, lambda text: seen.set())
    task = asyncio.create_task(busy.invoke(invocation(1, 900_000)))
    await seen.wait()
    print("up", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


@pytest.mark.crash
def test_nothing_outlives_a_server_that_is_killed(level, tmp_path):
    tmp_path.chmod(0o755)
    token = f"5{os.getpid()}.5"
    main = Path(__file__).parents[2]
    server = subprocess.Popen(
        [sys.executable, "-c", SERVER, str(tmp_path), level, token],
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": f"{main}/src{os.pathsep}{main}"},
    )
    try:
        assert server.stdout.readline() == b"up\n"
        assert len(alive(str(tmp_path))) >= 4
        assert alive(token)
    finally:
        server.kill()
        server.wait()
        server.stdout.close()

    async def wait_until_gone():
        async with asyncio.timeout(1):
            while alive(token) or alive(str(tmp_path)):
                await asyncio.sleep(0.01)

    run(wait_until_gone())
