"""Java: where virtual machines are, and how they are started."""

import pytest

from headrace.sandbox.languages import java_client
from headrace.sandbox.languages.java import CLIENT_MISSING, Java, candidate_homes, version_of
from headrace.sandbox.languages.language import LAMBDA_PLACES, Interpreter, Launch, Places
from tests.unit.sandbox.bench import spec_for


def make_home(folder, version="17.0.15"):
    """Make a folder that looks like a virtual machine."""
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "java").touch(mode=0o755)
    (folder / "release").write_text(f'IMPLEMENTOR="x"\nJAVA_VERSION="{version}"\nOS_NAME="Linux"\n')
    return folder


def launch(folder, *, version="17.0.15", places=LAMBDA_PLACES, **changes):
    spec = spec_for(folder, "", runtime="java17", handler="a.B::c", **changes)
    major = version.partition(".")[0]
    interpreter = Interpreter(f"java{major}", "/j/bin/java", "/j", version, client="/cache/client")
    return Launch(spec, interpreter, places, (), forks=True)


@pytest.mark.parametrize(
    "version, wanted",
    [
        ("17.0.15", "17.0.15"),
        ("25", "25"),
        ("21.0.1.1", "21.0.1.1"),
        ("11.0.2", ""),
        ("1.8.0_352", ""),
        ("26-ea", ""),
    ],
)
def test_a_release_of_17_or_later_is_used(tmp_path, version, wanted):
    assert version_of(str(make_home(tmp_path / "j", version))) == wanted


def test_a_folder_without_a_program_or_a_release_is_none(tmp_path):
    assert version_of(str(tmp_path)) == ""
    (make_home(tmp_path / "j") / "bin" / "java").chmod(0o644)
    assert version_of(str(tmp_path / "j")) == ""


def test_machines_are_looked_for_where_people_have_them(tmp_path):
    named = make_home(tmp_path / "named")
    on_path = make_home(tmp_path / "on path")
    shims = tmp_path / "shims"
    shims.mkdir()
    (shims / "java").symlink_to(make_home(tmp_path / "shimmed") / "bin" / "java")
    links = tmp_path / "links"
    links.mkdir()
    (links / "java").symlink_to(on_path / "bin" / "java")
    managed = [
        make_home(tmp_path / folder)
        for folder in (
            ".sdkman/candidates/java/21.0.1-tem",
            ".jenv/versions/21",
            ".asdf/installs/java/temurin-21",
            ".local/share/mise/installs/java/21",
            ".jdks/openjdk-21",
        )
    ]
    (tmp_path / ".sdkman/candidates/java/current").symlink_to(managed[0])
    variables = {"HOME": str(tmp_path), "JAVA_HOME": str(named), "PATH": f"{shims}:{links}:x"}
    found = [path for path in candidate_homes(variables) if path.startswith(str(tmp_path))]
    assert found == [str(path) for path in (named, on_path, *managed)]


def test_a_machine_without_the_client_says_so(tmp_path):
    home = make_home(tmp_path / "j")
    variables = {"JAVA_HOME": str(home), "HEADRACE_RUNTIMES_FOLDER": str(tmp_path / "runtimes")}

    def find():
        return [one for one in Java().find(variables) if one.prefix == str(home)]

    assert find() == [
        Interpreter("java17", f"{home}/bin/java", str(home), "17.0.15", "", CLIENT_MISSING)
    ]
    client = java_client.folder_for(variables)
    (tmp_path / "runtimes" / client.rpartition("/")[2]).mkdir(parents=True)
    assert find() == [Interpreter("java17", f"{home}/bin/java", str(home), "17.0.15", client, "")]


def test_the_newest_machine_is_the_last(tmp_path):
    for version in ("25", "17.0.9", "17.0.15"):
        make_home(tmp_path / ".jdks" / version, version)
    found = Java().find({"HOME": str(tmp_path)})
    mine = [one.version for one in found if one.prefix.startswith(str(tmp_path))]
    assert mine == ["17.0.9", "17.0.15", "25"]


def test_the_command_is_the_clients(tmp_path):
    start = launch(tmp_path, memory_mb=512)
    java = Java()
    assert java.entry_points(start) == ["/var/lang/bin/java"]
    arguments = java.arguments(start)
    assert arguments[:5] == [
        "-XX:MaxHeapSize=445644k",
        "-XX:MaxRAM=512m",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xshare:auto",
    ]
    assert "-Djava.io.tmpdir=/tmp" in arguments
    library = f"/var/runtime/lib/java/{java_client.native_library()}"
    assert f"-D{java_client.LIBRARY_PROPERTY}={library}" in arguments
    assert arguments[-2:] == [java_client.MAIN_CLASS, "a.B::c"]
    classes = arguments[arguments.index("-cp") + 1].split(":")
    assert classes == java_client.class_path("/var/runtime/lib/java")
    assert not any("native-access" in one for one in arguments)
    assert "--enable-native-access=ALL-UNNAMED" in java.arguments(launch(tmp_path, version="25"))


def test_below_namespaces_everything_has_its_real_path(tmp_path):
    places = Places("/code", "/programs", "/j", "/layers", "/scratch", "/programs")
    arguments = Java().arguments(launch(tmp_path, places=places))
    classes = arguments[arguments.index("-cp") + 1].split(":")
    assert classes == [*java_client.class_path("/cache/client"), "/layers/java/lib/*"]
    assert "-Djava.io.tmpdir=/scratch" in arguments


@pytest.mark.parametrize(
    "own, ours",
    [
        ("-Xmx300m", "MaxHeapSize"),
        ("-XX:MaxRAMPercentage=60", "MaxHeapSize"),
        ("-XX:+UseParallelGC", "UseSerialGC"),
        ("-XX:TieredStopAtLevel=4", "TieredStopAtLevel"),
        ("-XX:-TieredCompilation", "TieredStopAtLevel"),
        ("-Xshare:off", "-Xshare"),
        ("-Djava.io.tmpdir=/tmp/x", "java.io.tmpdir"),
    ],
)
def test_what_the_function_sets_itself_is_left_to_it(tmp_path, own, ours):
    def has(start):
        return any(ours in argument for argument in Java().arguments(start))

    assert has(launch(tmp_path))
    assert not has(launch(tmp_path, variables={"JAVA_TOOL_OPTIONS": own}))


def test_variables_are_those_of_java(tmp_path):
    variables = Java().variables(launch(tmp_path))
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_java17"
    assert "PWD" not in variables
