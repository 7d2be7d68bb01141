#!/bin/sh
# Make .venv from requirements.lock and put this checkout into it; do nothing if that is done.
#
# Needs a POSIX shell, git and one Python >= 3.11 with the venv module. PYTHON=/path/to/python
# chooses the interpreter; otherwise the newest that works is taken.
set -eu
cd "$(dirname "$0")/.."

fail() {
    echo "make setup: $1" >&2
    exit 1
}

# A name on PATH proves nothing: version managers leave stubs there. So each candidate is run.
is_new_enough() {
    "$1" -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

has_venv() {
    "$1" -c 'import ensurepip, venv' >/dev/null 2>&1
}

find_python() {
    without_venv=
    for candidate in ${PYTHON:-python3.14 python3.13 python3.12 python3.11 python3}; do
        is_new_enough "$candidate" || continue
        if has_venv "$candidate"; then
            echo "$candidate"
            return
        fi
        without_venv=$candidate
    done
    if [ -n "$without_venv" ]; then
        fail "$without_venv has no venv module (on Debian and Ubuntu: apt install python3-venv)"
    fi
    fail "needs Python 3.11 or newer, and found none (looked for: ${PYTHON:-python3.11 to python3.14, python3})"
}

# The checkout's path belongs to both stamps: scripts in .venv name it, and folders get moved.
environment_stamp="$( (pwd; cat requirements.lock) | cksum)"
package_stamp="$( (pwd; cat pyproject.toml) | cksum)"

stamp_is() {
    [ "$(cat "$1" 2>/dev/null)" = "$2" ]
}

command -v git >/dev/null 2>&1 || fail "needs git, and found none"

# No setting of the user's may lead pip or Python away from .venv.
unset PYTHONPATH PYTHONHOME PIP_TARGET PIP_PREFIX PIP_REQUIRE_HASHES
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONNOUSERSITE=1

if ! stamp_is .venv/environment.stamp "$environment_stamp" || ! is_new_enough .venv/bin/python; then
    python=$(find_python) || exit 1
    echo "make setup: .venv from requirements.lock, with $("$python" --version)"
    "$python" -m venv --clear .venv || fail "$python -m venv failed (see above)"
    .venv/bin/python -m pip install --quiet --require-hashes -r requirements.lock ||
        fail "pip could not install requirements.lock (see above)"
    echo "$environment_stamp" >.venv/environment.stamp
fi

if ! stamp_is .venv/package.stamp "$package_stamp"; then
    # The build backend is in the lock, so nothing is fetched here.
    .venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable . ||
        fail "pip could not install this checkout (see above)"
    echo "$package_stamp" >.venv/package.stamp
fi
