"""A skip is a failure while HEADRACE_NO_SKIPS is set, and only then."""

import os
import shutil
import subprocess
import sys

import pytest

from tests.house.tree import ROOT

TESTS = {
    "a test": "import pytest\n\ndef test_tool():\n    pytest.skip('no tool')\n",
    "a fixture": (
        "import pytest\n\n@pytest.fixture\ndef tool():\n    pytest.skip('no tool')\n\n"
        "def test_tool(tool):\n    assert tool\n"
    ),
    "a module": "import pytest\n\npytest.skip('no tool', allow_module_level=True)\n",
}


@pytest.fixture
def run(tmp_path):
    """Return a function that runs a test file under this house's conftest.py."""

    def run(text, **variables):
        shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
        (tmp_path / "test_it.py").write_text(text)
        kept = {name: value for name, value in os.environ.items() if name != "HEADRACE_NO_SKIPS"}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-c", os.devnull]
        return subprocess.run(
            [*command, f"--rootdir={tmp_path}", str(tmp_path)],
            env=kept | variables,
            capture_output=True,
            text=True,
            timeout=50,
        )

    return run


@pytest.mark.slow
@pytest.mark.parametrize("text", TESTS.values(), ids=TESTS)
def test_a_skip_fails_where_every_tool_must_be(run, text):
    answer = run(text, HEADRACE_NO_SKIPS="1")

    assert answer.returncode not in (0, 5)
    assert "no tool (a skip is a failure while HEADRACE_NO_SKIPS is set)" in answer.stdout
    assert "skipped" not in answer.stdout.splitlines()[-1]


@pytest.mark.slow
def test_a_skip_is_a_skip_elsewhere(run):
    answer = run(TESTS["a test"])

    assert answer.returncode == 0
    assert "1 skipped" in answer.stdout


@pytest.mark.slow
def test_an_expected_failure_is_no_skip(run):
    answer = run(
        "import pytest\n\n@pytest.mark.xfail\ndef test_it():\n    assert False\n",
        HEADRACE_NO_SKIPS="1",
    )

    assert answer.returncode == 0
    assert "1 xfailed" in answer.stdout
