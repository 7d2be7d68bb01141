"""AWS's client for Java: pinned, whole, and there or not."""

import hashlib
import io
import os
import stat
import zipfile

import pytest

from headrace.sandbox.languages import java_client

REPOSITORY = "https://mirror.example/maven2/"


@pytest.fixture
def repository(monkeypatch):
    """A repository with files of our own, pinned by their digests; URL to content."""
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as client:
        client.writestr("jni/", "")
        client.writestr("jni/libaws-lambda-jni.linux-x86_64.so", "native")
        client.writestr("com/A.class", "class")
    contents = [archive.getvalue(), b"core", b"serialization", b"lite"]
    pinned = [
        java_client.Artifact(one.group, one.name, one.version, hashlib.sha256(content).hexdigest())
        for one, content in zip(java_client.ARTIFACTS, contents, strict=True)
    ]
    monkeypatch.setattr(java_client, "ARTIFACTS", tuple(pinned))
    monkeypatch.setattr(java_client, "CLIENT", pinned[0])
    return {REPOSITORY + one.path: content for one, content in zip(pinned, contents, strict=True)}


def test_the_files_of_a_repository_become_a_folder_that_all_can_read(repository, tmp_path):
    folder = java_client.folder_for({"HEADRACE_RUNTIMES_FOLDER": str(tmp_path / "a")})
    assert not java_client.is_installed(folder)
    urls = java_client.install(folder, REPOSITORY, repository.__getitem__)
    assert urls == list(repository)
    assert "com/amazonaws/aws-lambda-java-core/1.4.0/aws-lambda-java-core-1.4.0.jar" in urls[1]
    assert java_client.is_installed(folder)
    assert stat.S_IMODE(os.stat(folder).st_mode) == 0o755
    paths = java_client.class_path(folder)
    assert all(os.path.isfile(path) for path in paths)
    files = {*map(os.path.basename, paths), "libaws-lambda-jni.linux-x86_64.so"}
    assert set(os.listdir(folder)) == files
    assert all(stat.S_IMODE(os.stat(f"{folder}/{name}").st_mode) == 0o644 for name in files)
    assert os.listdir(tmp_path / "a") == [os.path.basename(folder)]
    assert java_client.install(folder, REPOSITORY, {}.__getitem__) == []


def test_another_file_than_the_pinned_one_is_not_kept(repository, tmp_path):
    repository[list(repository)[2]] = b"another"
    folder = java_client.folder_for({"HEADRACE_RUNTIMES_FOLDER": str(tmp_path)})
    with pytest.raises(java_client.UnwantedFile, match=r"serialization.* is not the file"):
        java_client.install(folder, REPOSITORY, repository.__getitem__)
    assert os.listdir(tmp_path) == []


def test_a_folder_that_cannot_be_made_is_an_error(repository, tmp_path):
    (tmp_path / "file").touch()
    folder = java_client.folder_for({"HEADRACE_RUNTIMES_FOLDER": str(tmp_path / "file")})
    with pytest.raises(OSError):
        java_client.install(folder, REPOSITORY, repository.__getitem__)


def test_the_folder_is_the_settings_or_the_users_cache():
    name = os.path.basename(java_client.folder_for({}))
    assert name.startswith(f"java-{java_client.CLIENT.version}-")
    cases = {
        "/home/u/.cache/headrace/runtimes": {"HOME": "/home/u"},
        "/cache/headrace/runtimes": {"HOME": "/home/u", "XDG_CACHE_HOME": "/cache"},
        "/r": {"XDG_CACHE_HOME": "/cache", "HEADRACE_RUNTIMES_FOLDER": "/r"},
    }
    for above, variables in cases.items():
        assert java_client.folder_for(variables) == f"{above}/{name}"


@pytest.mark.parametrize(
    "machine, libc, name",
    [
        ("x86_64", "glibc", "linux-x86_64"),
        ("aarch64", "glibc", "linux-aarch_64"),
        ("x86_64", "", "linux_musl-x86_64"),
    ],
)
def test_the_native_library_is_this_machines(monkeypatch, machine, libc, name):
    monkeypatch.setattr("platform.machine", lambda: machine)
    monkeypatch.setattr("platform.libc_ver", lambda: (libc, ""))
    assert java_client.native_library() == f"libaws-lambda-jni.{name}.so"
