"""What the demo creates."""

import io
import zipfile

from headrace.faces.demo.resources import (
    FUNCTION_TIMEOUT_S,
    VISIBILITY_TIMEOUT_S,
    zipped_handler,
)


def test_the_package_holds_the_handler_alone():
    with zipfile.ZipFile(io.BytesIO(zipped_handler())) as archive:
        assert archive.namelist() == ["handler.py"]
        compile(archive.read("handler.py"), "handler.py", "exec")


def test_the_lease_is_as_long_as_the_function_may_take():
    """esm.md 1.4, row 7: AWS refuses a mapping otherwise."""
    assert VISIBILITY_TIMEOUT_S >= FUNCTION_TIMEOUT_S
