"""Operations on uploads, with a room behind them."""

import pytest

from headrace.api.objects.members import STORED
from headrace.core.objects import errors
from headrace.wire.errors import MalformedXml, NotImplementedHere
from tests.unit.api.objects.desk import Desk
from tests.unit.core.objects.bench import MIB, NOW, content


@pytest.fixture
def desk():
    return Desk()


def begin(desk, key="k", **members):
    return desk.call("CreateMultipartUpload", Key=key, **members)["UploadId"]


def part(desk, upload_id, number, size=5 * MIB, **checksums):
    stored = {STORED: content(bytes([number]), size, **checksums)}
    place = {"Key": "k", "UploadId": upload_id, "PartNumber": number}
    return desk.call("UploadPart", **place, **stored)["ETag"]


def complete(desk, upload_id, *parts, **members):
    given = {"Parts": [{"PartNumber": number, "ETag": etag} for number, etag in parts]}
    place = {"Key": "k", "UploadId": upload_id}
    return desk.call("CompleteMultipartUpload", **place, MultipartUpload=given, **members)


def test_an_upload_from_its_beginning_to_its_end(desk):
    upload_id = begin(desk)
    parts = [(number, part(desk, upload_id, number)) for number in (1, 2)]
    shown = desk.call("ListParts", Key="k", UploadId=upload_id, MaxParts=1)
    assert [(one["PartNumber"], one["Size"]) for one in shown["Parts"]] == [(1, 5 * MIB)]
    assert (shown["IsTruncated"], shown["NextPartNumberMarker"]) == (True, 1)
    rest = desk.call("ListParts", Key="k", UploadId=upload_id, PartNumberMarker="1")
    assert [one["PartNumber"] for one in rest["Parts"]] == [2]
    assert desk.call("ListParts", Key="k", UploadId=upload_id, PartNumberMarker="x")["Parts"]
    answer = complete(desk, upload_id, *parts)
    assert (answer["Location"], answer["ETag"][-3:]) == ("http://h/bbb/k", '-2"')
    assert desk.call("HeadObject", Key="k", PartNumber=2)["PartsCount"] == 2


def test_an_upload_says_how_its_whole_is_told(desk):
    answer = desk.call("CreateMultipartUpload", Key="k", ChecksumAlgorithm="crc64nvme")
    assert (answer["ChecksumAlgorithm"], answer["ChecksumType"]) == ("CRC64NVME", "FULL_OBJECT")
    assert answer["Bucket"] == "bbb"


def test_parts_are_named_by_number_and_etag(desk):
    upload_id = begin(desk)
    place = {"Key": "k", "UploadId": upload_id}
    for given in ({}, {"Parts": [{"PartNumber": 1}]}, {"Parts": [{"ETag": "e"}]}):
        with pytest.raises(MalformedXml):
            desk.call("CompleteMultipartUpload", **place, MultipartUpload=given)
    with pytest.raises(errors.InvalidPart):
        complete(desk, upload_id, (1, '"e"'))
    desk.bench.put("k")
    etag = part(desk, upload_id, 1)
    with pytest.raises(errors.PreconditionFailed):
        complete(desk, upload_id, (1, etag), IfNoneMatch="*")


def test_uploads_are_listed_until_they_are_over(desk):
    ids = {key: begin(desk, key) for key in ("b", "a", "c")}
    first = desk.call("ListMultipartUploads", MaxUploads=2)
    assert [(one["Key"], one["UploadId"]) for one in first["Uploads"]] == [
        ("a", ids["a"]),
        ("b", ids["b"]),
    ]
    assert first["Uploads"][0]["Initiated"] == NOW
    rest = desk.call(
        "ListMultipartUploads",
        KeyMarker=first["NextKeyMarker"],
        UploadIdMarker=first["NextUploadIdMarker"],
    )
    assert [one["Key"] for one in rest["Uploads"]] == ["c"]
    assert [one["Key"] for one in desk.call("ListMultipartUploads", KeyMarker="a")["Uploads"]] == [
        "b",
        "c",
    ]
    desk.call("AbortMultipartUpload", Key="a", UploadId=ids["a"])
    assert len(desk.call("ListMultipartUploads")["Uploads"]) == 2
    with pytest.raises(NotImplementedHere):
        desk.call("ListMultipartUploads", Delimiter="/")
