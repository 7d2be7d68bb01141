"""boto3, a real server, real functions: container images without a daemon."""

import json

import pytest

from headrace.sandbox.levels import find_posture
from tests.acceptance.test_functions import ACCOUNT, ROLE
from tests.unit.sandbox.image_files import make_layer, make_oci, program, python_layer

pytestmark = [pytest.mark.acceptance, pytest.mark.slow]


@pytest.fixture
def functions(server):
    client = server.client("lambda", ACCOUNT)
    yield client
    client.close()


def publish(folder, text):
    """Put an image whose function answers with a text under the tag "latest"."""
    source = f"def handle(event, headers):\n    return ['{text}', sys.argv[1:], event]\n"
    return make_oci(folder, [python_layer(), make_layer(program(source))])


def create(functions, folder, **members):
    return functions.create_function(
        FunctionName="image",
        Role=ROLE,
        PackageType="Image",
        Code={"ImageUri": f"oci:{folder}:latest"},
        Timeout=20,
        **members,
    )


def test_a_function_is_an_image_until_its_code_is_updated(functions, tmp_path):
    posture = find_posture(str(tmp_path), level=None, minimum="process", cgroups=False)
    digest = publish(tmp_path / "oci", "first")
    if not posture.namespaces:
        with pytest.raises(functions.exceptions.InvalidParameterValueException) as refusal:
            create(functions, tmp_path / "oci")
        assert "need sandbox level namespace" in str(refusal.value)
        return

    def invoke():
        answer = functions.invoke(FunctionName="image", Payload=b"1")
        return json.loads(answer["Payload"].read())

    created = create(functions, tmp_path / "oci")
    try:
        assert (created["CodeSha256"], "Runtime" in created) == (digest, False)
        functions.get_waiter("function_active_v2").wait(FunctionName="image")
        assert invoke() == ["first", ["argument"], 1]
        newer = publish(tmp_path / "oci", "second")
        assert invoke() == ["first", ["argument"], 1]
        functions.update_function_code(
            FunctionName="image", ImageUri=f"oci:{tmp_path / 'oci'}:latest"
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName="image")
        assert invoke() == ["second", ["argument"], 1]
        shown = functions.get_function(FunctionName="image")["Code"]
        assert shown["ResolvedImageUri"].endswith(f"@sha256:{newer}")
        functions.update_function_configuration(
            FunctionName="image", ImageConfig={"Command": ["/app/main", "a", "b"]}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName="image")
        assert invoke() == ["second", ["a", "b"], 1]
        functions.update_function_configuration(
            FunctionName="image", ImageConfig={"EntryPoint": ["/none"]}
        )
        functions.get_waiter("function_updated_v2").wait(FunctionName="image")
        assert invoke()["errorType"] == "Runtime.InvalidEntrypoint"
    finally:
        functions.delete_function(FunctionName="image")
