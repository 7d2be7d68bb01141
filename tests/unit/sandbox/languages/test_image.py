"""A container image's program is looked for as containers do, on the image's own PATH."""

import pytest

from headrace.ports.sandbox import ImageSpec
from headrace.sandbox.languages.image import Image
from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Launch
from headrace.sandbox.variables import compose_variables
from tests.unit.sandbox.bench import spec_for


def launch(folder, command, own=None, **changes):
    image = ImageSpec("oci:/a", "ab" * 32, "x86_64", command, "/app", own or {})
    spec = spec_for(folder, "", runtime="image", image=image, **changes)
    return Launch(spec, Interpreter("image"), LAMBDA_PLACES, [], forks=True)


def test_it_needs_nothing_of_this_machine():
    assert Image().find({}) == [Interpreter("image")]
    assert not Image().obeys_wrapper


@pytest.mark.parametrize(
    ("command", "entry_points"),
    [
        (("/bin/a", "b"), ["/bin/a"]),
        (("./a", "b"), ["/app/./a"]),
        (("a", "b"), ["/x/a", "./a", "/y/a"]),
        ((), [""]),
    ],
)
def test_where_the_program_may_be(tmp_path, command, entry_points):
    found = launch(tmp_path, command, {"PATH": "/x::/y"})
    assert Image().entry_points(found) == entry_points
    assert Image().arguments(found) == list(command[1:])


def test_an_image_without_a_path_has_that_of_containers(tmp_path):
    paths = Image().entry_points(launch(tmp_path, ("a",)))
    assert paths[0] == "/usr/local/sbin/a"
    assert paths[-1] == "/bin/a"


def test_variables_of_the_function_go_over_lambdas_and_those_over_the_images(tmp_path):
    own = {"A": "image", "B": "image", "AWS_LAMBDA_FUNCTION_NAME": "image", "HOME": "/h"}
    found = launch(tmp_path, ("a",), own, variables={"B": "function"})
    variables = compose_variables(found, Image(), "127.0.0.1:9")
    assert variables["A"] == "image"
    assert variables["B"] == "function"
    assert variables["HOME"] == "/h"
    assert variables["AWS_LAMBDA_FUNCTION_NAME"] == "f"
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_Image"
    assert variables["AWS_LAMBDA_RUNTIME_API"] == "127.0.0.1:9"
    assert not {"_HANDLER", "LAMBDA_TASK_ROOT", "LD_LIBRARY_PATH", "LANG"} & variables.keys()
