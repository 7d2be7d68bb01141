"""Objects' bytes on their way in, through a whole server, and out again."""

import base64
import hashlib

import pytest

from headrace.core.objects.checksums import checksum
from headrace.shell import contents
from headrace.store.memory import MemoryJournal
from headrace.testing.faults import FaultyJournal
from tests.unit.shell.buckets import play

MIB = 1_024 * 1_024
MD5 = base64.b64encode(hashlib.md5(b"hello", usedforsecurity=False).digest()).decode()
CHUNKED = "X-Amz-Content-SHA256: STREAMING-UNSIGNED-PAYLOAD-TRAILER"


def code_of(answer):
    return answer[2].decode().partition("<Code>")[2].partition("</Code>")[0]


def test_an_object_comes_out_as_it_went_in():
    async def story(client):
        md5 = f"Content-MD5: {MD5}"
        status, headers, _ = await client.ask("PUT", "/code/a/b", b"hello", md5, "X-Amz-Meta-A: b")
        etag = f'"{hashlib.md5(b"hello", usedforsecurity=False).hexdigest()}"'
        assert (status, headers["etag"]) == (200, etag)
        status, headers, body = await client.ask("GET", "/code/a/b")
        assert (status, body, headers["x-amz-meta-a"]) == (200, b"hello", "b")
        status, headers, body = await client.ask("GET", "/code/a/b", b"", "Range: bytes=1-2")
        assert (status, body, headers["content-range"]) == (206, b"el", "bytes 1-2/5")
        status, headers, body = await client.ask("HEAD", "/code/a/b")
        assert (status, headers["content-length"], body) == (200, "5", b"")
        unchanged = await client.ask("GET", "/code/a/b", b"", f"If-None-Match: {etag}")
        assert (unchanged[0], unchanged[2]) == (304, b"")

    play(story)


def test_an_upload_in_chunks_is_checked_against_its_trailer():
    async def story(client):
        good = b"5\r\nhello\r\n0\r\nx-amz-checksum-crc32:NhCmhg==\r\n\r\n"
        status, headers, _ = await client.ask("PUT", "/code/k", good, CHUNKED)
        assert (status, headers["x-amz-checksum-crc32"]) == (200, "NhCmhg==")
        assert (await client.ask("GET", "/code/k"))[2] == b"hello"
        bad = good.replace(b"hello", b"hallo")
        assert code_of(await client.ask("PUT", "/code/l", bad, CHUNKED)) == "BadDigest"
        assert len(client.blobs._contents) == 1
        assert code_of(await client.ask("GET", "/code/l")) == "NoSuchKey"

    play(story)


@pytest.mark.parametrize(
    ("header", "status", "code"),
    [
        ("Content-MD5: bm8=", 400, "InvalidDigest"),
        ("Content-MD5: !", 400, "InvalidDigest"),
        (f"Content-MD5: {base64.b64encode(bytes(16)).decode()}", 400, "BadDigest"),
        ("X-Amz-Checksum-SHA1: bm8=", 400, "InvalidRequest"),
        (f"X-Amz-Content-SHA256: {'0' * 64}", 400, "XAmzContentSHA256Mismatch"),
        (CHUNKED, 400, "IncompleteBody"),
        ("If-Match: other", 404, "NoSuchKey"),
    ],
)
def test_nothing_is_stored_of_what_is_not_what_was_meant(header, status, code):
    async def story(client):
        answer = await client.ask("PUT", "/code/k", b"hello", header)
        assert (answer[0], code_of(answer)) == (status, code)
        assert not list(client.server.app.rooms.buckets.book.digests())

    play(story)


def test_what_will_be_refused_anyway_is_not_stored():
    async def story(client):
        assert code_of(await client.ask("PUT", "/none/k", b"hello")) == "NoSuchBucket"
        place = "/code/k?partNumber=1&uploadId=none"
        assert code_of(await client.ask("PUT", place, b"hello")) == "NoSuchUpload"
        assert client.blobs._contents == {}

    play(story)


def test_an_object_is_no_larger_than_may_be(monkeypatch):
    monkeypatch.setattr(contents, "OBJECT_BYTES_MAX", 4)

    async def story(client):
        assert code_of(await client.ask("PUT", "/code/k", b"hello")) == "EntityTooLarge"

    play(story)


def test_an_object_that_is_refused_for_want_of_room_takes_none(tmp_path):
    faulty = FaultyJournal(MemoryJournal())

    async def story(client):
        await client.ask("PUT", "/code/k", b"hello")
        faulty.is_full = True
        answer = await client.ask("PUT", "/code/l", b"other")
        assert (answer[0], code_of(answer)) == (503, "ServiceUnavailable")
        assert len(list((tmp_path / "blobs").iterdir())) == 1
        assert (await client.ask("DELETE", "/code/k"))[0] == 204
        faulty.is_full = False
        assert (await client.ask("PUT", "/code/l", b"other"))[0] == 200

    play(story, journal=faulty, data=tmp_path)


def test_parts_are_one_object_and_copies_of_it_are_one_piece():
    async def story(client):
        first, second = b"a" * 5 * MIB, b"bcd"
        headers = ("X-Amz-Checksum-Algorithm: CRC64NVME",)
        _, _, body = await client.ask("POST", "/code/k?uploads", b"", *headers)
        upload_id = body.decode().partition("<UploadId>")[2].partition("<")[0]
        named = ""
        for number, part in enumerate((first, second), 1):
            place = f"/code/k?partNumber={number}&uploadId={upload_id}"
            status, headers, _ = await client.ask("PUT", place, part)
            assert headers["x-amz-checksum-crc64nvme"] == checksum("CRC64NVME", part)
            named += f"<Part><PartNumber>{number}</PartNumber><ETag>{headers['etag']}</ETag></Part>"
        document = f"<CompleteMultipartUpload>{named}</CompleteMultipartUpload>".encode()
        status, _, body = await client.ask("POST", f"/code/k?uploadId={upload_id}", document)
        assert (status, checksum("CRC64NVME", first + second).encode() in body) == (200, True)
        span = f"Range: bytes={5 * MIB - 1}-{5 * MIB}"
        assert (await client.ask("GET", "/code/k", b"", span))[2] == b"ab"
        status, _, _ = await client.ask("PUT", "/code/l", b"", "X-Amz-Copy-Source: /code/k")
        status, headers, body = await client.ask("GET", "/code/l")
        md5 = hashlib.md5(first + second, usedforsecurity=False).hexdigest()
        assert (body, headers["etag"]) == (first + second, f'"{md5}"')

    play(story)


def test_a_copy_of_one_piece_takes_no_room():
    async def story(client):
        await client.ask("PUT", "/code/k", b"hello")
        status, _, _ = await client.ask("PUT", "/code/l", b"", "X-Amz-Copy-Source: /code/k")
        assert (status, (await client.ask("GET", "/code/l"))[2]) == (200, b"hello")
        assert len(client.blobs._contents) == 1

    play(story)


def test_a_disk_that_takes_or_gives_nothing_is_a_server_fault():
    async def story(client):
        await client.ask("PUT", "/code/k", b"hello")

        async def fail(_):
            raise OSError(28, "No space left on device")

        client.blobs.put = client.blobs.path = fail
        for method, target in (("PUT", "/code/l"), ("GET", "/code/k")):
            answer = await client.ask(method, target, b"hello" if method == "PUT" else b"")
            assert (answer[0], code_of(answer)) == (503, "ServiceUnavailable")
        assert code_of(await client.ask("HEAD", "/code/l")) == ""
        assert (await client.ask("HEAD", "/code/l"))[0] == 404

    play(story)


@pytest.mark.parametrize("value", ["a%0D%0AX:1", "a%0DX:1", "%E2%82%AC"])
def test_a_link_writes_no_headers_of_its_own(value):
    async def story(client):
        await client.ask("PUT", "/code/k", b"hello")
        answer = await client.ask("GET", f"/code/k?response-content-disposition={value}")
        assert (answer[0], code_of(answer)) == (400, "InvalidArgument")
        assert b"<ArgumentName>response-content-disposition<" in answer[2]
        status, headers, _ = await client.ask("GET", "/code/k?response-content-disposition=a%20b")
        assert (status, headers["content-disposition"]) == (200, "a b")

    play(story)


def test_what_is_not_served_says_so():
    async def story(client):
        part = "X-Amz-Copy-Source: /code/k"
        answer = await client.ask("PUT", "/code/k?partNumber=1&uploadId=u", b"", part)
        assert (answer[0], code_of(answer)) == (501, "NotImplemented")
        assert b"UploadPartCopy" in answer[2]

    play(story)
