"""What settings are refused, in which words and order."""

import pytest

from headrace.core.functions.errors import ConstraintViolated, InvalidParameterValue
from headrace.core.functions.runtimes import Interpreter
from headrace.core.functions.settings import ImageConfig, Logging
from headrace.core.functions.validation import check_settings, check_tags
from tests.unit.core.functions.bench import PYTHON, settings_with


def refusal_of(**changes):
    with pytest.raises((ConstraintViolated, InvalidParameterValue)) as caught:
        check_settings(settings_with(**changes), [PYTHON], ["x86_64"])
    return caught.value


def test_good_settings_are_accepted_up_to_their_bounds():
    check_settings(settings_with(), [PYTHON], ["x86_64"])
    greatest = settings_with(timeout_s=900, memory_mb=10_240, ephemeral_storage_mb=10_240)
    check_settings(greatest, [PYTHON], ["x86_64"])


def test_all_numbers_out_of_bounds_are_told_together():
    refusal = refusal_of(timeout_s=901, memory_mb=127)
    assert refusal.code == "ValidationException"
    assert refusal.members == {}
    assert refusal.message == (
        "2 validation errors detected: Value '901' at 'timeout' failed to satisfy constraint: "
        "Member must have value less than or equal to 900; Value '127' at 'memorySize' failed to "
        "satisfy constraint: Member must have value greater than or equal to 128"
    )


def test_one_number_out_of_bounds_is_one_error():
    refusal = refusal_of(ephemeral_storage_mb=20_000)
    assert refusal.message.startswith(
        "1 validation error detected: Value '20000' at 'ephemeralStorage.size'"
    )


@pytest.mark.parametrize("field", ["runtime", "handler"])
def test_a_zip_function_needs_a_runtime_and_a_handler(field):
    assert refusal_of(**{field: ""}).message.startswith("Runtime and Handler are mandatory")


def test_an_architecture_that_this_machine_has_not_is_refused():
    """lambda.md 10, row 18."""
    assert "cannot run functions for arm64" in refusal_of(architecture="arm64").message


def test_reserved_variables_are_named():
    """lambda.md 10, row 16."""
    refusal = refusal_of(variables={"A1": "x", "AWS_REGION": "x", "_HANDLER": "x"})
    assert refusal.message == (
        "Lambda was unable to configure your environment variables because the environment "
        "variables you have provided contains reserved keys that are currently not supported for "
        "modification. Reserved keys used in this request: AWS_REGION, _HANDLER"
    )


def test_a_network_that_there_is_not_is_refused():
    for known in ("host", "none"):
        settings = settings_with(variables={"HEADRACE_NETWORK": known})
        check_settings(settings, [PYTHON], ["x86_64"])
    assert refusal_of(variables={"HEADRACE_NETWORK": "off"}).message.endswith(
        "contains HEADRACE_NETWORK with a value that is neither host nor none: off"
    )


def test_variables_are_measured_as_compact_json():
    frame = len('{"key":""}')
    check_settings(settings_with(variables={"key": "x" * (4_096 - frame)}), [PYTHON], ["x86_64"])
    refusal = refusal_of(variables={"key": "x" * (4_097 - frame)})
    assert refusal.message.startswith(
        "Lambda was unable to configure your environment variables because the environment "
        'variables you have provided exceeded the 4KB limit. String measured: {"key":"xxx'
    )


def test_text_logs_have_no_levels():
    refusal = refusal_of(logging=Logging("/g", "Text", "INFO"))
    assert refusal.message.startswith('LogLevel is not supported when LogFormat is set to "Text".')
    refusal = refusal_of(logging=Logging("/g", "Text", "", "WARN"))
    assert refusal.message.startswith('LogLevel is not supported when LogFormat is set to "Text".')
    json_logs = settings_with(logging=Logging("/g", "JSON", "TRACE", "WARN"))
    check_settings(json_logs, [PYTHON], ["x86_64"])


def test_numbers_come_before_the_runtime_and_the_runtime_before_the_variables():
    assert "timeout" in refusal_of(timeout_s=0, runtime="x").message
    assert "runtime" in refusal_of(runtime="x", variables={"_HANDLER": ""}).message


def test_a_function_has_at_most_fifty_tags():
    check_tags({str(number): "" for number in range(50)})
    with pytest.raises(InvalidParameterValue) as refusal:
        check_tags({str(number): "" for number in range(51)})
    assert refusal.value.message == "Number of tags exceeds resource tag limit."


IMAGES = Interpreter("image", "", "")
IMAGE_SETTINGS = {"package_type": "Image", "runtime": "", "handler": ""}


def image_refusal(interpreters=(PYTHON, IMAGES), **changes):
    with pytest.raises(InvalidParameterValue) as caught:
        check_settings(settings_with(**(IMAGE_SETTINGS | changes)), interpreters, ["x86_64"])
    return caught.value.message


def test_an_image_needs_no_runtime_and_may_have_an_image_config():
    settings = settings_with(**IMAGE_SETTINGS, image_config=ImageConfig(command=("a",)))
    check_settings(settings, [PYTHON, IMAGES], ["x86_64"])


@pytest.mark.parametrize("changes", [{"runtime": "python3.11"}, {"handler": "a.b"}])
def test_an_image_has_neither_runtime_nor_handler(changes):
    assert image_refusal(**changes) == (
        "Please don't provide Handler or Runtime or Layer when the intended function PackageType "
        "is Image."
    )


def test_an_image_has_no_snapstart():
    assert "SnapStart" in image_refusal(snap_start="PublishedVersions")


def test_images_are_refused_where_none_can_run():
    missing = Interpreter("image", "", "", "They need sandbox level namespace.")
    sentence = "This server cannot run container images: They need sandbox level namespace."
    assert image_refusal([PYTHON, missing]) == sentence
    assert image_refusal([PYTHON]).startswith("This server cannot run container images: ")


def test_a_package_has_no_image_config():
    assert refusal_of(image_config=ImageConfig()).message == (
        "Please don't provide ImageConfig when the intended function PackageType is Zip."
    )


def test_container_images_are_no_runtime():
    with pytest.raises(InvalidParameterValue) as caught:
        check_settings(settings_with(runtime="nodejs22.x"), [PYTHON, IMAGES], ["x86_64"])
    assert caught.value.message.endswith("Runtimes found: python3.11.")
    assert "at 'runtime' failed" in refusal_of(runtime="image").message
