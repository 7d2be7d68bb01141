"""What is installed is what stands in src/headrace: child programs, statements, the example."""

import subprocess
import sys
import tarfile
import zipfile

import pytest

from tests.house.tree import ROOT, SOURCE

pytestmark = pytest.mark.slow


def build(folder, target, into):
    """Build a wheel or a source archive of a folder, without a network; return its path."""
    command = [sys.executable, "-m", "hatchling", "build", "--target", target, "--directory", into]
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=50)
    [archive] = into.iterdir()
    return archive


def names_in(wheel):
    """Return the package's files in a wheel, by path below headrace/."""
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    return {name.removeprefix("headrace/") for name in names if name.startswith("headrace/")}


def expected_names():
    """Return the package's files in this checkout, with the example behind its link."""
    files = [path.relative_to(SOURCE) for path in SOURCE.rglob("*") if path.is_file()]
    files += [path.relative_to(ROOT) for path in (ROOT / "examples").rglob("*") if path.is_file()]
    return {path.as_posix() for path in files if "__pycache__" not in path.parts}


def test_the_wheel_holds_the_whole_package(tmp_path):
    names = names_in(build(ROOT, "wheel", tmp_path))

    assert names == expected_names()
    assert "examples/webhooks/handler.py" in names


def test_a_wheel_made_from_the_source_archive_is_the_same(tmp_path):
    archive = build(ROOT, "sdist", tmp_path / "archive")
    with tarfile.open(archive) as file:
        file.extractall(tmp_path, filter="data")
    [folder] = tmp_path.glob("headrace-*")

    assert names_in(build(folder, "wheel", tmp_path / "wheel")) == expected_names()
