"""Code archives on their way in, through a whole server, and out again."""

import base64
import hashlib
import io
import itertools
import json
import threading
import zipfile

import pytest

from headrace.core.functions.errors import InvalidParameterValue
from headrace.ports.sandbox import RuntimeFound
from headrace.shell import archives, invoker
from headrace.shell.archives import NOT_A_ZIP, check_archive
from headrace.shell.config import Config
from headrace.testing.sandbox import PYTHON, ScriptedSandbox
from headrace.testing.server import serve
from tests.unit.core.functions.bench import ROLE
from tests.unit.sandbox.image_files import make_layer, make_oci
from tests.unit.shell.talk import post, run, wire_to

FUNCTION = "/2015-03-31/functions"


def make_zip(files):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


ZIP = make_zip({"app.py": "def handler(event, context): return 1\n"})


class Client:
    def __init__(self, server, wire):
        self.server = server
        self.wire = wire

    async def ask(self, method, path, document=None):
        body = json.dumps(document).encode() if document is not None else b""
        data = post(path, body, "Content-Type: application/json")
        await self.wire.send(data.replace(b"POST", method.encode(), 1))
        status, headers, answer = await self.wire.answer(bodiless=method == "HEAD")
        is_json = "json" in headers.get("content-type", "")
        return status, headers, json.loads(answer) if is_json and answer else answer

    async def create(self, content, **changes):
        document = {
            "FunctionName": "f",
            "Runtime": "python3.11",
            "Role": ROLE,
            "Handler": "app.handler",
            "Code": {"ZipFile": base64.b64encode(content).decode()},
        }
        return await self.ask("POST", FUNCTION, document | changes)


def play(story):
    async def whole():
        sandbox = ScriptedSandbox()
        async with serve(sandbox=sandbox) as server, wire_to(server) as wire:
            await story(Client(server, wire))

    run(whole())


def test_an_archive_comes_out_of_its_link_byte_for_byte():
    async def story(client):
        status, _, created = await client.create(ZIP)
        assert status == 201
        assert created["CodeSize"] == len(ZIP)
        digest = hashlib.sha256(ZIP).digest()
        assert created["CodeSha256"] == base64.b64encode(digest).decode()
        _, _, shown = await client.ask("GET", f"{FUNCTION}/f")
        location = shown["Code"]["Location"].removeprefix("http://localhost")
        status, headers, content = await client.ask("GET", location)
        assert (status, headers["content-type"], content) == (200, "application/zip", ZIP)
        status, _, _ = await client.ask("GET", location + "0")
        assert status == 403
        status, _, _ = await client.ask("DELETE", location)
        assert status == 405

    play(story)


def test_new_code_replaces_the_old_and_the_old_link_ends():
    async def story(client):
        await client.create(ZIP)
        _, _, shown = await client.ask("GET", f"{FUNCTION}/f")
        location = shown["Code"]["Location"].removeprefix("http://localhost")
        other = make_zip({"app.py": "x = 1\n"})
        update = {"ZipFile": base64.b64encode(other).decode()}
        status, _, updated = await client.ask("PUT", f"{FUNCTION}/f/code", update)
        assert (status, updated["CodeSize"]) == (200, len(other))
        await client.server.app.parts.blobs.keep_only(frozenset())
        status, _, _ = await client.ask("GET", location)
        assert status == 404

    play(story)


@pytest.mark.parametrize(
    ("changes", "status", "kind"),
    [
        ({"Runtime": "x"}, 400, "InvalidParameterValueException"),
        ({"Runtime": "nodejs24.x"}, 400, "InvalidParameterValueException"),
        ({"MemorySize": 11_000}, 400, "ValidationException"),
        ({"Timeout": 0}, 400, "ValidationException"),
        ({"Code": {}}, 400, "InvalidParameterValueException"),
        ({"Code": {"ZipFile": "bm8="}}, 400, "InvalidParameterValueException"),
    ],
)
def test_nothing_is_stored_for_a_creation_that_is_refused(changes, status, kind):
    async def story(client):
        answer = await client.create(ZIP, **changes)
        assert (answer[0], answer[1]["x-amzn-errortype"]) == (status, kind)
        assert client.server.app.parts.blobs._contents == {}

    play(story)


def test_a_creation_that_exists_is_refused_before_its_archive_is_looked_at():
    async def story(client):
        await client.create(ZIP)
        status, headers, answer = await client.create(b"no zip")
        assert (status, headers["x-amzn-errortype"]) == (409, "ResourceConflictException")
        assert answer == {"Type": "User", "message": "Function already exist: f"}

    play(story)


def test_a_zip_that_is_too_big_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "ZIPPED_BYTES_MAX", 100)

    async def story(client):
        status, headers, answer = await client.create(ZIP)
        assert (status, headers["x-amzn-errortype"]) == (413, "RequestEntityTooLargeException")
        assert answer == {"Message": "Zipped size must be smaller than 100 bytes"}

    play(story)


def test_a_disk_that_takes_nothing_is_a_server_fault():
    async def story(client):
        async def fail(content):
            raise OSError(28, "No space left on device")

        client.server.app.parts.blobs.put = fail
        status, headers, answer = await client.create(ZIP)
        assert (status, headers["x-amzn-errortype"]) == (500, "ServiceException")
        assert answer["Message"] == "The code could not be stored: No space left on device."

    play(story)


def test_good_archives_pass():
    check_archive(ZIP)
    check_archive(make_zip({"a/b.py": "", "..a": "", "a..b/c": ""}))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no zip",
        ZIP[:-10],
        make_zip({"/etc/passwd": ""}),
        make_zip({"../up.py": ""}),
        make_zip({"a/../../up.py": ""}),
    ],
)
def test_what_cannot_be_unpacked_is_refused(content):
    with pytest.raises(InvalidParameterValue) as refusal:
        check_archive(content)
    assert refusal.value.message == NOT_A_ZIP


def test_an_empty_archive_is_refused():
    with pytest.raises(InvalidParameterValue, match="Uploaded file must be a non-empty zip"):
        check_archive(make_zip({}))


def test_an_archive_that_grows_too_big_is_refused(monkeypatch):
    monkeypatch.setattr(archives, "UNZIPPED_BYTES_MAX", 1_000)
    check_archive(make_zip({"a": "x" * 1_000}))
    with pytest.raises(InvalidParameterValue) as refusal:
        check_archive(make_zip({"a": "x" * 500, "b": "x" * 501}))
    assert refusal.value.message == "Unzipped size must be smaller than 1000 bytes"


def test_an_encrypted_archive_is_refused():
    content = bytearray(ZIP)
    entry = content.index(b"PK\x01\x02")
    content[entry + 8] |= 1
    with pytest.raises(InvalidParameterValue):
        check_archive(bytes(content))


def test_archives_are_looked_at_in_another_thread_than_the_loops(monkeypatch):
    threads = []
    monkeypatch.setattr(
        archives, "check_archive", lambda content: threads.append(threading.current_thread())
    )

    async def story(client):
        await client.create(ZIP)
        assert threads[0] is not threading.current_thread()

    play(story)


LAYERS = "/2018-10-31/layers/shared/versions"


async def publish(client, content):
    document = {"Content": {"ZipFile": base64.b64encode(content).decode()}}
    return await client.ask("POST", LAYERS, document)


def test_the_archive_of_a_layer_comes_out_of_its_link_and_reaches_the_sandbox():
    async def story(client):
        status, _, published = await publish(client, ZIP)
        assert (status, published["Content"]["CodeSize"]) == (201, len(ZIP))
        location = published["Content"]["Location"].removeprefix("http://localhost")
        status, headers, content = await client.ask("GET", location)
        assert (status, headers["content-type"], content) == (200, "application/zip", ZIP)
        arn = published["LayerVersionArn"]
        code = make_zip({"app.py": "x = 1\n"})
        status, _, created = await client.create(code, Layers=[arn])
        assert (status, created["Layers"]) == (201, [{"Arn": arn, "CodeSize": len(ZIP)}])
        await client.ask("POST", f"{FUNCTION}/f/invocations", {})
        (environment,) = client.server.app.parts.sandbox.environments.values()
        (layer,) = environment.spec.layers
        with open(layer.archive, "rb") as file:
            assert file.read() == ZIP
        assert layer.digest == hashlib.sha256(ZIP).hexdigest()

    play(story)


def test_an_archive_of_a_layer_that_is_none_is_refused_and_not_stored():
    async def story(client):
        status, _, refusal = await publish(client, b"no")
        assert (status, refusal["message"]) == (400, NOT_A_ZIP)
        assert client.server.app.parts.blobs._contents == {}

    play(story)


def test_the_size_of_an_archive_is_that_of_its_files():
    assert check_archive(make_zip({"a": "x" * 1_000, "b": "y"})) == 1_001


def hot(path):
    return {"Code": {"S3Bucket": "hot-reload", "S3Key": str(path)}}


def test_a_function_may_run_from_a_folder_of_this_machine(tmp_path):
    async def story(client):
        status, _, created = await client.create(b"", **hot(tmp_path))
        assert (status, created["CodeSize"]) == (201, 0)
        _, _, shown = await client.ask("GET", f"{FUNCTION}/f")
        assert shown["Code"]["Location"] == f"file://{tmp_path}"
        status, _, updated = await client.ask("PUT", f"{FUNCTION}/f/code", hot("/")["Code"])
        assert (status, updated["CodeSha256"]) != (200, created["CodeSha256"])
        assert client.server.app.parts.blobs._contents == {}

    play(story)


def test_what_is_not_the_path_of_a_folder_is_refused(tmp_path):
    (tmp_path / "file").write_text("")

    async def story(client):
        for path, part in (
            ("app", "is the absolute path of a folder on the server's machine, not 'app'"),
            (tmp_path / "none", "is not a folder on the server's machine"),
            (tmp_path / "file", "is not a folder on the server's machine"),
        ):
            status, headers, refusal = await client.create(b"", **hot(path))
            assert (status, headers["x-amzn-errortype"]) == (400, "InvalidParameterValueException")
            assert part in refusal["message"]

    play(story)


def test_functions_from_folders_have_no_snapstart_and_layers_are_none(tmp_path):
    async def story(client):
        snap_start = {"Runtime": "python3.12", "SnapStart": {"ApplyOn": "PublishedVersions"}}
        status, _, refusal = await client.create(b"", **hot(tmp_path), **snap_start)
        assert (status, "SnapStart for functions that run from a folder" in refusal["message"]) == (
            400,
            True,
        )
        document = {"Content": hot(tmp_path)["Code"]}
        status, _, refusal = await client.ask("POST", LAYERS, document)
        assert (status, "folders as the code of functions only" in refusal["message"]) == (
            400,
            True,
        )

    play(story)


def test_a_server_that_others_can_reach_takes_no_folders(tmp_path):
    async def whole():
        config = Config(journal="memory", host="0.0.0.0", listen_publicly=True)
        async with serve(config, sandbox=ScriptedSandbox()) as server, wire_to(server) as wire:
            status, _, refusal = await Client(server, wire).create(b"", **hot(tmp_path))
            assert (status, "does not run functions from folders" in refusal["message"]) == (
                400,
                True,
            )

    run(whole())


def test_the_next_invoke_after_a_change_runs_in_an_environment_that_has_it(tmp_path):
    (tmp_path / "app.py").write_text("x = 1")

    async def story(client):
        await client.create(b"", **hot(tmp_path))
        sandbox = client.server.app.parts.sandbox

        async def invoke():
            status, headers, answer = await client.ask("POST", f"{FUNCTION}/f/invocations", {})
            assert (status, answer) == (200, {})
            assert "x-amz-function-error" not in headers
            return len(sandbox.environments), len(sandbox.alive)

        assert [await invoke() for _ in range(3)] == [(1, 1)] * 3
        first = sandbox.alive[0].spec
        assert (first.code_folder, first.code_archive) == (str(tmp_path), "")
        (tmp_path / "app.py").write_text("x = 2")
        assert [await invoke() for _ in range(2)] == [(2, 1)] * 2
        assert sandbox.alive[0].spec.code_digest != first.code_digest

    play(story)


def test_a_folder_that_is_gone_is_told_and_used_again_when_it_is_back(tmp_path):
    source = tmp_path / "source"
    source.mkdir()

    async def story(client):
        await client.create(b"", **hot(source))
        invoke = ("POST", f"{FUNCTION}/f/invocations", {})
        assert (await client.ask(*invoke))[0] == 200
        source.rmdir()
        status, headers, refusal = await client.ask(*invoke)
        assert (status, headers["x-amzn-errortype"]) == (502, "InvalidZipFileException")
        assert f"{source} cannot be read" in refusal["Message"]
        source.mkdir()
        assert (await client.ask(*invoke))[0] == 200

    play(story)


def test_a_folder_that_changes_all_the_time_does_not_keep_its_function_from_running(
    tmp_path, monkeypatch
):
    states = itertools.count()
    monkeypatch.setattr(invoker, "fingerprint", lambda _: f"hot-{next(states)}")

    async def story(client):
        await client.create(b"", **hot(tmp_path))
        for _ in range(3):
            status, _, _ = await client.ask("POST", f"{FUNCTION}/f/invocations", {})
            assert status == 200

    play(story)


IMAGES = (PYTHON, RuntimeFound("image", "", ""))


def test_an_image_is_resolved_when_it_is_named_and_reaches_the_sandbox(tmp_path):
    layers = [make_layer({"a": b"1"})]
    config = {"Entrypoint": ["/a"], "Cmd": ["b"], "WorkingDir": "/w", "Env": ["A=1"]}
    digest = make_oci(tmp_path, layers, config)
    uri = f"oci:{tmp_path}:latest"

    async def whole():
        sandbox = ScriptedSandbox(runtimes=IMAGES)
        async with serve(sandbox=sandbox) as server, wire_to(server) as wire:
            client = Client(server, wire)
            document = {
                "FunctionName": "f",
                "Role": ROLE,
                "PackageType": "Image",
                "Code": {"ImageUri": uri},
                "ImageConfig": {"Command": ["c", "d"]},
            }
            status, _, created = await client.ask("POST", FUNCTION, document)
            assert (status, created["CodeSha256"]) == (201, digest)
            make_oci(tmp_path, [make_layer({"a": b"2"})], config)
            await client.ask("POST", f"{FUNCTION}/f/invocations", {})
            (environment,) = sandbox.environments.values()
            spec = environment.spec
            assert (spec.runtime, spec.code_archive) == ("image", "")
            assert (spec.image.uri, spec.image.digest) == (uri, digest)
            assert spec.image.command == ("/a", "c", "d")
            assert (spec.image.working_directory, spec.image.variables) == ("/w", {"A": "1"})
            update = {"ImageUri": uri}
            _, _, updated = await client.ask("PUT", f"{FUNCTION}/f/code", update)
            assert updated["CodeSha256"] not in {digest, created["RevisionId"]}
            for bad in ("oci:/none", "123456789012.dkr.ecr.eu-west-1.amazonaws.com/f:1"):
                update = {"ImageUri": bad}
                status, _, refusal = await client.ask("PUT", f"{FUNCTION}/f/code", update)
                assert (status, bad.partition(":")[2] in refusal["message"]) == (400, True)
            assert server.app.parts.blobs._contents == {}

    run(whole())


def test_a_server_that_others_can_reach_reads_no_images_from_its_machine(tmp_path):
    async def whole():
        config = Config(journal="memory", host="0.0.0.0", listen_publicly=True)
        sandbox = ScriptedSandbox(runtimes=IMAGES)
        async with serve(config, sandbox=sandbox) as server, wire_to(server) as wire:
            document = {
                "FunctionName": "f",
                "Role": ROLE,
                "PackageType": "Image",
                "Code": {"ImageUri": f"rootfs:{tmp_path}"},
            }
            status, _, refusal = await Client(server, wire).ask("POST", FUNCTION, document)
            assert (status, "because it is not local" in refusal["message"]) == (400, True)

    run(whole())
