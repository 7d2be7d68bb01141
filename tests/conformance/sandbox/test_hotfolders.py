"""Functions run from a copy of a folder, at every level."""

from headrace.sandbox.hotfolders import fingerprint
from tests.unit.sandbox.bench import answer, invocation

SOURCE = """
import os
import part

def handler(event, context):
    try:
        open(os.path.join(os.environ["LAMBDA_TASK_ROOT"], "new"), "w")
    except OSError:
        event = "read-only"
    return [part.VALUE, event, os.environ["LAMBDA_TASK_ROOT"]]
"""


def test_an_environment_has_the_folder_as_it_was_when_it_started(bench, tmp_path):
    folder = tmp_path / "source"
    folder.mkdir(mode=0o700)
    (folder / "app.py").write_text(SOURCE)
    part = folder / "part.py"
    part.write_text("VALUE = 1")
    part.chmod(0o600)

    def start():
        state = fingerprint(str(folder))
        return bench.start("", code_archive="", code_digest=state, code_folder=str(folder))

    async def story():
        async with bench:
            first = await start()
            value, writable, root = answer(await first.invoke(invocation(1)))
            assert value == 1
            if bench.box.level != "process":
                assert writable == "read-only"
            if bench.box.level in {"namespace", "strict"}:
                assert root == "/var/task"
            part.write_text("VALUE = 22")
            second = await start()
            assert answer(await second.invoke(invocation(1)))[0] == 22
            assert answer(await first.invoke(invocation(1)))[0] == 1

    bench.run(story())
