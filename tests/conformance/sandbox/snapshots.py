"""What tests of templates have in common: a function that tells its state, and where it is copied."""

import asyncio
import os

import msgspec
import pytest

from headrace.ports.sandbox import InitStatus
from headrace.sandbox import trees
from tests.unit.sandbox.bench import answer, invocation, spec_for

FACTS = """
import os, random, secrets, ssl, tempfile, uuid
from snapshot_restore_py import register_after_restore, register_before_snapshot
print("init")
calls = []
register_before_snapshot(calls.append, "before 1")
register_before_snapshot(calls.append, "before 2")
register_after_restore(calls.append, "after 1")
@register_after_restore
def after():
    calls.append("after 2")
random.random(), uuid.uuid4(), secrets.token_hex(), ssl.RAND_bytes(8)
os.environ["MINE"] = "kept"
path = os.path.join(tempfile.gettempdir(), "file")
with open(path, "w") as file:
    file.write("0123456789")
file = open(path)
file.read(3)
folder = os.path.join(tempfile.gettempdir(), "folder")
os.mkdir(folder)
os.symlink("../file", folder + "/link")
pid = os.getpid()

def handler(event, context):
    if event == "exit":
        os._exit(3)
    if event == "abort":
        os.abort()
    if event == "write":
        open(path, "a").write("more")
    return {
        "calls": calls,
        "init_pid": pid,
        "pid": os.getpid(),
        "user": os.getuid(),
        "random": [random.random(), str(uuid.uuid4()), secrets.token_hex(8),
                   ssl.RAND_bytes(8).hex(), next(tempfile._get_candidate_names())],
        "variables": dict(os.environ),
        "stream": context.log_stream_name,
        "read": file.read(4),
        "file": open(path).read() + str(os.path.getsize(path)),
        "link": open(folder + "/link").read(3),
        "pids": sorted(int(name) for name in os.listdir("/proc") if name.isdigit()),
        "capabilities": [line.split()[1] for line in open("/proc/self/status") if "CapEff" in line],
    }
"""


def are_copies(level):
    """Tell whether environments are copies at a level, and not only told so."""
    return level == "strict" or (level == "namespace" and os.getuid() != 0)


def copies(bench):
    """Tell whether environments are copies here."""
    return are_copies(bench.box.level)


def only_copies(bench):
    """Skip a test where this machine's highest level has none."""
    if not copies(bench):
        pytest.skip("this machine lets no environment be a copy")


def snap_spec(bench, source, **changes):
    """A spec of a version with SnapStart."""
    return spec_for(
        bench.folder,
        source,
        initialization_type="snap-start",
        template=os.urandom(4).hex(),
        **changes,
    )


async def start(bench, spec, **changes):
    """Start another environment of a version."""
    changes = {"environment_id": os.urandom(16).hex(), **changes}
    environment = await bench.box.start(msgspec.structs.replace(spec, **changes), bench.log.extend)
    bench._started.append(environment)
    return environment


async def prepare(bench, spec):
    """Make a template that must be good."""
    init = await bench.box.prepare_template(spec, bench.log.extend)
    assert init.status is InitStatus.OK, (init, bytes(bench.log))


async def ask(environment, event=None):
    """Return a handler's answer."""
    return answer(await environment.invoke(invocation(event)))


def keeper_pid(bench):
    """Return the pid of the one template's outer keeper, as we see it."""
    (name,) = [name for name in bench.box._environments if "-template-" in name]
    return bench.box._environments[name].processes.pid


def template_pid(keeper):
    """Return the pid of the template below its outer keeper."""
    (inner,) = trees.children_of(keeper)
    return next(pid for pid in trees.children_of(inner) if _command(pid) == _command(keeper))


def _command(pid):
    with open(f"/proc/{pid}/cmdline", "rb") as file:
        return file.read()


async def until(condition):
    """Let the loop go round until something is so."""
    async with asyncio.timeout(10):
        while not condition():
            await asyncio.sleep(0)
