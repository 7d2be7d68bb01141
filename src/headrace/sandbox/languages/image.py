"""Container images: their own program on their own root, speaking the Runtime API.

Source: spec/lambda.md 2.2, 3.2, 3.4.
"""

import posixpath
from collections.abc import Mapping

from headrace.core.functions.runtimes import IMAGE
from headrace.ports.sandbox import ImageSpec
from headrace.sandbox.languages.language import Interpreter, Launch, Speech

#: Where a program without a slash is looked for when the image has no PATH, as containers do.
_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class Image:
    """Programs of container images."""

    name = IMAGE
    speech = Speech.RUNTIME_API
    #: The programs of AWS's images look for it themselves.
    obeys_wrapper = False
    frames_log = False
    idle_data_mb = 0

    def find(self, variables: Mapping[str, str]) -> list[Interpreter]:
        """Return this machine: an image needs nothing of it but its kernel."""
        return [Interpreter(IMAGE)]

    def entry_points(self, launch: Launch) -> list[str]:
        """Return where the program may be; nowhere, if the image and the function name none."""
        image = _image(launch)
        if not image.command:
            return [""]
        program = image.command[0]
        if "/" in program:
            return [posixpath.join(image.working_directory, program)]
        path = self.variables(launch)["PATH"]
        return [posixpath.join(folder or ".", program) for folder in path.split(":")]

    def arguments(self, launch: Launch) -> list[str]:
        """Return what stands behind the program."""
        return list(_image(launch).command[1:])

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return the image's own."""
        return {"PATH": _PATH, **_image(launch).variables}


def _image(launch: Launch) -> ImageSpec:
    assert launch.spec.image is not None
    return launch.spec.image
