"""Functions of container images: which members they take, and which they show."""

import pytest

from headrace.base.errors import ServiceError
from headrace.core.functions.functions import Functions
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import Code, Image
from headrace.core.machine import Numbers
from tests.unit.api.functions.desk import Desk
from tests.unit.core.functions.bench import PYTHON, ROLE, Bench, creation

DIGEST = "1f" * 32
URI = "oci:/images/f:latest"
RESOLVED = f"oci:/images/f@sha256:{DIGEST}"
IMAGE = Code(DIGEST, 0, image=Image(URI, RESOLVED, "x86_64", ("/a",)))
LAYER = Code("cd" * 32, 1)


class ImageDesk(Desk):
    """A room that can run images, with a function of a package."""

    def __init__(self):
        super().__init__()
        room = Functions(Numbers(), [PYTHON, Interpreter("image", "", "")])
        self.bench = Bench(room)
        self.bench.ask(creation())

    def create(self, **changes):
        values = {
            "FunctionName": "i",
            "Role": ROLE,
            "PackageType": "Image",
            "Code": {"ImageUri": IMAGE},
        }
        return self.ask("CreateFunction", **(values | changes))

    def refusal(self, operation="", **parameters):
        with pytest.raises(ServiceError) as caught:
            self.ask(operation, **parameters) if operation else self.create(**parameters)
        assert caught.value.code == "InvalidParameterValueException"
        return caught.value.message


def test_an_image_has_its_own_members():
    desk = ImageDesk()
    created = desk.create()
    assert (created["PackageType"], created["CodeSha256"], created["CodeSize"]) == (
        "Image",
        DIGEST,
        0,
    )
    absent = {"Runtime", "Handler", "RuntimeVersionConfig", "Layers", "ImageConfigResponse"}
    assert not absent & created.keys()
    shown = desk.ask("GetFunction", FunctionName="i")
    assert shown["Code"] == {
        "RepositoryType": "ECR",
        "ImageUri": URI,
        "ResolvedImageUri": RESOLVED,
    }


def test_an_image_config_is_echoed_replaced_as_a_whole_and_taken_away():
    """lambda.md L-A25, L-C4."""
    desk = ImageDesk()
    config = {"EntryPoint": ["/a"], "Command": ["b", "c"], "WorkingDirectory": "/w"}
    created = desk.create(ImageConfig=config)
    assert created["ImageConfigResponse"] == {"ImageConfig": config}

    def update(**members):
        return desk.ask("UpdateFunctionConfiguration", FunctionName="i", **members)

    assert update(Timeout=9)["ImageConfigResponse"] == {"ImageConfig": config}
    other = update(ImageConfig={"Command": ["d"]})
    assert other["ImageConfigResponse"] == {"ImageConfig": {"Command": ["d"]}}
    assert "ImageConfigResponse" not in update(ImageConfig={})


def test_package_and_image_exclude_each_other():
    desk = ImageDesk()
    text = "Please {} ImageUri when creating a function with packageType {}."
    assert desk.refusal(PackageType="Zip") == text.format("don't provide", "Zip")
    assert desk.refusal(Code={"ZipFile": LAYER}) == text.format("provide", "Image")
    assert desk.refusal(Runtime="python3.11").startswith("Please don't provide Handler or Runtime")
    desk.ask("PublishLayerVersion", LayerName="l", Content={"ZipFile": LAYER})
    arn = desk.ask("ListLayers")["Layers"][0]["LatestMatchingVersion"]["LayerVersionArn"]
    assert desk.refusal(Layers=[arn]).startswith("Please don't provide Handler or Runtime or Layer")


def test_code_keeps_its_kind_and_a_refusal_changes_nothing():
    desk = ImageDesk()
    desk.create()
    revisions = [
        desk.ask("GetFunctionConfiguration", FunctionName=name)["RevisionId"]
        for name in ("i", "resize")
    ]
    assert desk.refusal("UpdateFunctionCode", FunctionName="i", ZipFile=LAYER) == (
        "Please provide ImageUri when updating a function with packageType Image."
    )
    assert desk.refusal("UpdateFunctionCode", ImageUri=IMAGE) == (
        "Please don't provide ImageUri when updating a function with packageType Zip."
    )
    assert revisions == [
        desk.ask("GetFunctionConfiguration", FunctionName=name)["RevisionId"]
        for name in ("i", "resize")
    ]
    other = Code("ef" * 32, 0, image=Image(URI, "resolved", ""))
    updated = desk.ask("UpdateFunctionCode", FunctionName="i", ImageUri=other)
    assert updated["CodeSha256"] == other.digest


def test_an_image_for_another_machine_is_refused():
    other = Code(DIGEST, 0, image=Image(URI, RESOLVED, "arm64"))
    assert ImageDesk().refusal(Code={"ImageUri": other}) == (
        "The image is for arm64, and the function for x86_64."
    )


def test_publishing_names_the_digest_of_an_image():
    """lambda.md L-A25."""
    desk = ImageDesk()
    desk.create()
    message = desk.refusal("PublishVersion", FunctionName="i", CodeSha256="x")
    assert f"current CodeSHA256 in $LATEST ({DIGEST})" in message
    assert desk.ask("PublishVersion", FunctionName="i")["Version"] == "1"


def test_images_leave_no_archive_among_the_blobs():
    desk = ImageDesk()
    desk.create()
    assert DIGEST not in desk.bench.room.code_digests()
