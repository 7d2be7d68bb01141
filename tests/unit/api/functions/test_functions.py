"""Function operations: parameters to commands, replies to answers."""

from types import SimpleNamespace

import pytest

from headrace.api.context import Context
from headrace.api.functions.functions import NO_CODE, OPERATIONS
from headrace.base.errors import ServiceError
from headrace.core.functions.replies import Done, FunctionsListed
from tests.unit.core.functions.bench import (
    ACCOUNT,
    ARN,
    CODE,
    EPOCH,
    NAME,
    REGION,
    ROLE,
    SEED,
    Bench,
    bench_with_function,
    creation,
    reference,
)

CONTEXT = Context(ACCOUNT, REGION, "id", SEED, EPOCH, 1, "http://127.0.0.1:4566", "AIDA")
CREATE = {
    "FunctionName": NAME,
    "Role": ROLE,
    "Runtime": "python3.11",
    "Handler": "app.handler",
    "Code": {"ZipFile": CODE},
}


class Room:
    """Operations asked of a room as the service does it."""

    def __init__(self, bench):
        self.bench = bench

    def command(self, operation, **parameters):
        rooms = SimpleNamespace(functions=self.bench.room)
        return OPERATIONS[operation].command({"FunctionName": NAME} | parameters, CONTEXT, rooms)

    def ask(self, operation, **parameters):
        reply = self.bench.ask(self.command(operation, **parameters))
        if isinstance(reply, ServiceError):
            raise reply
        return OPERATIONS[operation].answer(parameters, CONTEXT, reply, {})

    def text(self, operation, **parameters):
        with pytest.raises(ServiceError) as refusal:
            self.ask(operation, **parameters)
        return refusal.value.message


@pytest.fixture
def room():
    return Room(bench_with_function())


def test_create_reads_name_settings_code_and_tags():
    command = Room(Bench()).command("CreateFunction", **CREATE, Tags={"team": "a"})
    expected = creation()
    assert (command.reference, command.settings) == (expected.reference, expected.settings)
    assert (command.code, command.tags, command.seed) == (CODE, {"team": "a"}, SEED)


def test_create_takes_its_own_full_arn_as_a_name():
    room = Room(Bench())
    created = room.ask("CreateFunction", **(CREATE | {"FunctionName": ARN}))
    assert (created["FunctionName"], created["FunctionArn"]) == (NAME, ARN)
    assert created["LoggingConfig"]["LogGroup"] == f"/aws/lambda/{NAME}"


def test_an_archive_that_is_not_stored_yet_is_left_open():
    command = Room(Bench()).command("CreateFunction", **(CREATE | {"Code": {"ZipFile": b"PK"}}))
    assert command.code == NO_CODE


def test_an_archive_in_s3_is_not_looked_at_either():
    code = {"S3Bucket": "b", "S3Key": "k"}
    command = Room(Bench()).command("CreateFunction", **(CREATE | {"Code": code}))
    assert command.code == NO_CODE


@pytest.mark.parametrize("code", [{}, {"S3Bucket": "b"}, {"S3Key": "k"}])
def test_code_must_come_with_the_request_or_be_named(room, code):
    text = "Please provide a source for function code."
    assert room.text("CreateFunction", **(CREATE | {"Code": code})) == text
    assert room.text("UpdateFunctionCode", **code) == text


def test_an_update_of_code_may_be_dry_and_conditional(room):
    answer = room.ask(
        "UpdateFunctionCode", ZipFile=CODE, DryRun=True, Architectures=["x86_64"], RevisionId=None
    )
    assert answer["LastUpdateStatus"] == "Successful"
    text = room.text("UpdateFunctionCode", ZipFile=CODE, RevisionId="x")
    assert text.startswith("The Revision Id provided does not match")


def test_a_zip_function_takes_no_image(room):
    assert room.text("UpdateFunctionCode", ImageUri="x") == (
        "Please don't provide ImageUri when updating a function with packageType Zip."
    )


def test_an_update_of_settings_merges(room):
    room.ask("UpdateFunctionConfiguration", Timeout=30)
    answer = room.ask("UpdateFunctionConfiguration", MemorySize=256)
    assert (answer["Timeout"], answer["MemorySize"]) == (30, 256)
    assert answer["LastUpdateStatus"] == "InProgress"


def test_an_update_of_what_is_not_there_is_refused():
    room = Room(Bench())
    assert room.text("UpdateFunctionConfiguration") == f"Function not found: {ARN}"
    assert room.text("UpdateFunctionCode", ZipFile=CODE) == f"Function not found: {ARN}"


def test_get_function_shows_configuration_and_where_the_code_is(room):
    answer = room.ask("GetFunction", Qualifier="$LATEST")
    assert answer["Configuration"]["FunctionArn"] == f"{ARN}:$LATEST"
    code = answer["Code"]
    assert code["RepositoryType"] == "S3"
    start = f"http://127.0.0.1:4566/_headrace/code/{ACCOUNT}/{REGION}/{NAME}/{CODE.digest}?expires="
    assert code["Location"].startswith(start)
    assert "Tags" not in answer
    assert "Concurrency" not in answer


def test_get_function_shows_tags_when_there_are_some():
    room = Room(Bench())
    room.ask("CreateFunction", **CREATE, Tags={"team": "a"})
    assert room.ask("GetFunction")["Tags"] == {"team": "a"}


def test_get_function_configuration_is_the_configuration_alone(room):
    configuration = room.ask("GetFunctionConfiguration")
    assert configuration == room.ask("GetFunction")["Configuration"]


def test_delete_answers_with_nothing(room):
    assert room.bench.ask(room.command("DeleteFunction")) == Done()
    assert OPERATIONS["DeleteFunction"].answer({}, CONTEXT, Done(), {}) == {}


def test_two_different_qualifiers_are_refused_before_existence():
    text = Room(Bench()).text("GetFunction", FunctionName=f"{NAME}:1", Qualifier="2")
    assert text.startswith("The derived qualifier from the function name")


def test_lists_are_paged_by_a_marker_of_ours():
    room = Room(Bench())
    for name in ("a", "b", "c"):
        room.bench.ask(creation(name))
    first = room.ask("ListFunctions", MaxItems=2)
    assert [item["FunctionName"] for item in first["Functions"]] == ["a", "b"]
    rest = room.ask("ListFunctions", MaxItems=2, Marker=first["NextMarker"])
    assert [item["FunctionName"] for item in rest["Functions"]] == ["c"]
    assert "NextMarker" not in rest


def test_a_page_has_at_most_fifty_functions(room):
    assert room.command("ListFunctions", MaxItems=10_000).at_most == 50
    assert room.command("ListFunctions").at_most == 50


@pytest.mark.parametrize("marker", ["x", "eyJh", "W10="])
def test_other_markers_are_refused(room, marker):
    assert room.text("ListFunctions", Marker=marker) == "The marker is invalid."


def test_all_versions_are_listed_with_their_qualifiers(room):
    answer = room.ask("ListFunctions", FunctionVersion="ALL")
    assert [item["FunctionArn"] for item in answer["Functions"]] == [f"{ARN}:$LATEST"]


def test_there_are_no_functions_of_another_master_region(room):
    assert room.ask("ListFunctions", MasterRegion="us-east-1")["Functions"] == []
    assert len(room.ask("ListFunctions", MasterRegion="ALL")["Functions"]) == 1


def test_an_empty_list_is_a_list():
    answer = OPERATIONS["ListFunctions"].answer({}, CONTEXT, FunctionsListed((), False), {})
    assert answer == {"Functions": []}


def test_every_reference_is_resolved_for_the_caller(room):
    command = room.command("GetFunction", FunctionName=f"{ACCOUNT}:function:{NAME}:$LATEST")
    assert command.reference == reference(qualifier="$LATEST")
