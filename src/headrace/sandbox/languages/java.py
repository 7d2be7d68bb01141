"""Java: AWS's own runtime interface client on a Java virtual machine of this machine.

Looked for in JAVA_HOME, on PATH, in /usr/lib/jvm, /usr/java and /opt/java, and in the folders of
sdkman, jenv, asdf, mise and IntelliJ; Java 17 and later. A folder tells by its file `release` what
it is. Where the client comes from stands in `java_client.py`.
"""

import glob
import os
import re
from collections.abc import Mapping

from headrace.sandbox.languages import java_client
from headrace.sandbox.languages.language import Interpreter, Launch, Speech

_OLDEST_MAJOR = 17
#: In the file `release`; not "25-ea".
_VERSION = re.compile(r'^JAVA_VERSION="(\d+(?:\.\d+)*)"', re.MULTILINE)
#: From here on, Java warns about what the client needs unless it is allowed.
_WARNS_SINCE_MAJOR = 24
#: The share of the memory that AWS gives to the heap, in percent.
_HEAP_PERCENT = 85

CLIENT_MISSING = (
    "AWS's runtime interface client for Java is not on this machine; "
    "`headrace runtimes --fetch java` downloads it, then start the server again."
)


class Java:
    """Java virtual machines of every major version."""

    name = "java"
    speech = Speech.RUNTIME_API
    obeys_wrapper = True
    frames_log = True
    #: Stacks of its threads, compiled code, classes and the C library's arenas.
    idle_data_mb = 256

    def find(self, variables: Mapping[str, str]) -> list[Interpreter]:
        """Return every machine found, newest last; `missing` tells of the client."""
        client = java_client.folder_for(variables)
        found = [
            Interpreter(
                runtime=f"java{version.partition('.')[0]}",
                path=f"{home}/bin/java",
                prefix=home,
                version=version,
                client=client if java_client.is_installed(client) else "",
                missing="" if java_client.is_installed(client) else CLIENT_MISSING,
            )
            for home in candidate_homes(variables)
            if (version := version_of(home))
        ]
        return sorted(found, key=lambda one: [int(part) for part in one.version.split(".")])

    def entry_points(self, launch: Launch) -> list[str]:
        """Return the program that starts the virtual machine."""
        return [launch.program]

    def arguments(self, launch: Launch) -> list[str]:
        """Return AWS's options, less those that the function sets itself, its client, the handler.

        The client looks for the function's classes in the current folder and its `lib`, and for
        those of layers in /opt/java/lib.
        """
        classes = java_client.class_path(launch.client)
        if not launch.places.is_lambda:
            # The client knows no other place for layers.
            classes.append(f"{launch.places.layers}/java/lib/*")
        return [
            *options_of(launch),
            "-cp",
            ":".join(classes),
            java_client.MAIN_CLASS,
            launch.spec.handler,
        ]

    def variables(self, launch: Launch) -> dict[str, str]:
        """Return those of AWS, which has no PWD here (L-A106).

        The client's log goes the way of System.out, so that both stay in order.
        """
        return {
            "AWS_EXECUTION_ENV": f"AWS_Lambda_{launch.spec.runtime}",
            # For the names of files: not every machine knows the locale of LANG.
            "LC_ALL": "C.UTF-8",
            "_LAMBDA_TELEMETRY_LOG_FD": "1",
        }


def options_of(launch: Launch) -> list[str]:
    """Return the options of the virtual machine.

    What stands on the command line would win over JAVA_TOOL_OPTIONS, so that what the function
    says there is left out here.
    """
    memory_mb = launch.spec.memory_mb
    own = launch.spec.variables.get("JAVA_TOOL_OPTIONS", "")
    options = [
        option
        for pattern, option in (
            (r"-Xmx|MaxHeapSize|MaxRAMPercentage", f"-XX:MaxHeapSize={_heap_kb(memory_mb)}k"),
            (r"MaxRAM=", f"-XX:MaxRAM={memory_mb}m"),
            (r"-XX:\+Use\w+GC\b", "-XX:+UseSerialGC"),
            (r"TieredStopAtLevel|-TieredCompilation", "-XX:TieredStopAtLevel=1"),
            (r"-Xshare", "-Xshare:auto"),
            (r"UsePerfData", "-XX:-UsePerfData"),
            (r"java\.io\.tmpdir", f"-Djava.io.tmpdir={launch.places.scratch}"),
        )
        if not re.search(pattern, own)
    ]
    if int(launch.interpreter.version.partition(".")[0]) >= _WARNS_SINCE_MAJOR:
        options += ["--enable-native-access=ALL-UNNAMED", "--sun-misc-unsafe-memory-access=allow"]
    library = f"{launch.client}/{java_client.native_library()}"
    # The client makes the stream of its log by a private constructor.
    options.append("--add-opens=java.base/java.io=ALL-UNNAMED")
    return [*options, f"-D{java_client.LIBRARY_PROPERTY}={library}"]


def _heap_kb(memory_mb: int) -> int:
    return memory_mb * 1024 * _HEAP_PERCENT // 100


def candidate_homes(variables: Mapping[str, str]) -> list[str]:
    """Return the folders worth looking at, each once, by their real paths."""
    home = variables.get("HOME", "")
    share = variables.get("XDG_DATA_HOME") or f"{home}/.local/share"

    def of(variable: str, otherwise: str) -> str:
        return variables.get(variable) or otherwise

    programs = [
        os.path.join(folder, "java")
        for folder in variables.get("PATH", "").split(os.pathsep)
        if os.path.isabs(folder) and os.path.basename(folder) != "shims"
    ]
    patterns = (
        "/usr/lib/jvm/*",
        "/usr/java/*",
        "/opt/java/*",
        f"{of('SDKMAN_DIR', home + '/.sdkman')}/candidates/java/*",
        f"{of('JENV_ROOT', home + '/.jenv')}/versions/*",
        f"{of('ASDF_DATA_DIR', home + '/.asdf')}/installs/java/*",
        f"{of('MISE_DATA_DIR', share + '/mise')}/installs/java/*",
        f"{home}/.jdks/*",
    )
    homes = [
        variables.get("JAVA_HOME", ""),
        *(os.path.dirname(os.path.dirname(os.path.realpath(path))) for path in programs),
        *(folder for pattern in patterns for folder in sorted(glob.glob(pattern))),
    ]
    return list(dict.fromkeys(os.path.realpath(one) for one in homes if os.path.isabs(one)))


def version_of(home: str) -> str:
    """Return the version of the virtual machine in a folder; empty: there is none to be used."""
    try:
        with open(f"{home}/release", encoding="utf-8", errors="replace") as file:
            match = _VERSION.search(file.read())
    except OSError:
        return ""
    if match is None or int(match[1].partition(".")[0]) < _OLDEST_MAJOR:
        return ""
    return match[1] if os.access(f"{home}/bin/java", os.X_OK) else ""
