#!/bin/sh
# Run all tests but the clients' in two halves side by side, one for each core: those that compute
# and, for as long, those that kill servers; and those that start servers and functions and mostly
# wait for them. Arguments go to pytest.
#
# The output of the first half comes when both have ended. Status 5, no test chosen, is good in a
# half, for a choice (-k) may lie in the other.
set -u
cd "$(dirname "$0")/.."
python="${PYTHON:-.venv/bin/python}"

computing="tests/house tests/unit tests/laws tests/scenarios tests/wire tests/contract tests/crash"
others=
for folder in $computing; do others="$others --ignore=$folder"; done

said="$(mktemp)"
"$python" -m pytest -q -m "not clients" $computing "$@" >"$said" 2>&1 &
half=$!
trap 'kill "$half" 2>/dev/null; wait "$half"; cat "$said"; rm -f "$said"; exit 130' INT TERM
"$python" -m pytest -q -m "not clients" tests $others "$@"
second=$?
wait "$half"
first=$?
cat "$said"
rm -f "$said"
[ "$first" = 5 ] && [ "$second" = 5 ] && exit 5
for status in "$first" "$second"; do
    case "$status" in 0 | 5) ;; *) exit "$status" ;; esac
done
