"""Ruby: where interpreters are, and how they are started."""

import json

import pytest

from headrace.sandbox.languages.language import Interpreter, Launch, Places
from headrace.sandbox.languages.ruby import Ruby, ask, candidate_paths
from tests.unit.sandbox.bench import spec_for


def make_ruby(prefix, version="3.3.5", name="ruby"):
    """Make a program that answers as a Ruby does."""
    path = prefix / "bin" / "ruby"
    path.parent.mkdir(parents=True)
    answer = json.dumps({"name": name, "path": str(path), "version": version})
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize("version, runtime", [("3.3.5", "ruby3.3"), ("4.0.0", "ruby4.0")])
def test_a_ruby_says_what_it_is(tmp_path, version, runtime):
    path = make_ruby(tmp_path / "r", version)
    assert ask(str(path)) == Interpreter(runtime, str(path), str(tmp_path / "r"), version)


@pytest.mark.parametrize(
    "changes", [{"version": "3.0.4"}, {"name": "jruby"}, {"version": "3.4.0dev"}]
)
def test_others_are_not_used(tmp_path, changes):
    assert ask(str(make_ruby(tmp_path, **changes))) is None


def test_a_program_that_says_nothing_is_not_used(tmp_path):
    path = make_ruby(tmp_path)
    path.write_text("#!/bin/sh\nexit 1\n")
    assert ask(str(path)) is None
    assert ask(str(tmp_path / "gone")) is None


def test_rubies_are_looked_for_where_people_have_them(tmp_path):
    shims = make_ruby(tmp_path / ".rbenv")
    shims.parent.rename(tmp_path / ".rbenv" / "shims")
    paths = [
        make_ruby(tmp_path / folder, version)
        for folder, version in (
            (".rbenv/versions/3.4.1", "3.4.1"),
            (".rvm/rubies/ruby-3.3.0", "3.3.0"),
            (".rubies/ruby-3.2.0", "3.2.0"),
            (".asdf/installs/ruby/4.0.0", "4.0.0"),
            (".local/share/mise/installs/ruby/3.3.9", "3.3.9"),
        )
    ]
    variables = {"HOME": str(tmp_path), "PATH": str(tmp_path / ".rbenv" / "shims")}
    candidates = [one for one in candidate_paths(variables) if one.startswith(str(tmp_path))]
    assert candidates == [str(path) for path in paths]
    found = [one.version for one in Ruby().find(variables) if one.path in candidates]
    assert found == ["3.2.0", "3.3.0", "3.3.9", "3.4.1", "4.0.0"]


def test_variables_are_awss_and_a_moved_library_is_named(tmp_path):
    """lambda.md L-A110."""
    prefix = tmp_path / "ruby"
    (prefix / "lib/ruby/3.3.0/x86_64-linux").mkdir(parents=True)
    (prefix / "lib/ruby/3.3.0/x86_64-linux/rbconfig.rb").touch()
    places = Places("/var/task", "/var/runtime", "/var/lang", "/opt", "/tmp", "/programs")
    interpreter = Interpreter("ruby3.3", f"{prefix}/bin/ruby", str(prefix), "3.3.5")
    start = Launch(spec_for(tmp_path, "", runtime="ruby3.3"), interpreter, places, (), forks=True)
    ruby = Ruby()
    assert ruby.entry_points(start) == ["/var/lang/bin/ruby"]
    assert ruby.arguments(start) == ["/programs/ruby/runtime.rb", "900"]
    variables = ruby.variables(start)
    assert variables["GEM_PATH"] == (
        "/var/task/vendor/bundle/ruby/3.3.0:/opt/ruby/gems/3.3.0:/var/runtime:/var/runtime/ruby/3.3.0"
    )
    assert variables["RUBYLIB"] == (
        "/var/task:/var/runtime/lib:/opt/ruby/lib:"
        "/var/lang/lib/ruby/3.3.0:/var/lang/lib/ruby/3.3.0/x86_64-linux"
    )
    assert variables["AWS_EXECUTION_ENV"] == "AWS_Lambda_ruby3.3"
