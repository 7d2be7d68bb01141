"""Layers lie over each other in their order."""

import os
from pathlib import Path

from headrace.sandbox.layers import merge_layers, merged_name


def make_layer(folder, name, files):
    for path, text in files.items():
        target = folder / name / path
        target.parent.mkdir(parents=True, exist_ok=True)
        if text.startswith("->"):
            os.symlink(text[2:], target)
        else:
            target.write_text(text)


def contents(folder):
    return {
        os.path.relpath(os.path.join(top, name), folder): os.path.join(top, name)
        for top, _, names in os.walk(folder)
        for name in names
    }


def test_the_later_layer_wins_and_files_are_shared(tmp_path):
    make_layer(tmp_path, "a", {"bin/x": "a", "bin/y": "a", "was/a/folder": "a", "link": "->bin/x"})
    make_layer(tmp_path, "b", {"bin/x": "b", "was": "a file", "link/is": "a folder"})
    merged = merge_layers(["a", "b"], str(tmp_path))
    assert os.path.basename(merged) == merged_name(["a", "b"])
    found = {path: Path(place).read_text() for path, place in contents(merged).items()}
    assert found == {"bin/x": "b", "bin/y": "a", "was": "a file", "link/is": "a folder"}
    assert os.path.samefile(f"{merged}/bin/y", tmp_path / "a" / "bin" / "y")
    assert (tmp_path / "a/bin/x").read_text() == "a"
    assert sorted(os.listdir(tmp_path)) == ["a", "b", merged_name(["a", "b"])]


def test_the_order_makes_the_folder_and_it_is_made_once(tmp_path):
    make_layer(tmp_path, "a", {"x": "a"})
    make_layer(tmp_path, "b", {"x": "b", "l": "->x"})
    other = merge_layers(["b", "a"], str(tmp_path))
    assert Path(f"{other}/x").read_text() == "a"
    assert os.readlink(f"{other}/l") == "x"
    before = os.stat(other).st_mtime_ns
    assert merge_layers(["b", "a"], str(tmp_path)) == other
    assert os.stat(other).st_mtime_ns == before
