#!/bin/sh
# Resolve pyproject.toml's dependencies into requirements.lock: one file for every Python from
# 3.11, every platform, with hashes. UPGRADE=1 takes newer versions of what is locked already.
set -eu
cd "$(dirname "$0")/.."

uv=$(command -v uv || true)
[ -n "$uv" ] || [ ! -x .venv/bin/uv ] || uv=.venv/bin/uv
if [ -z "$uv" ]; then
    echo "make lock: needs uv, and found none (pip install uv)" >&2
    exit 1
fi
"$uv" pip compile pyproject.toml --extra demo --extra dev --extra postgres --universal \
    --python-version 3.11 \
    --generate-hashes --no-emit-index-url --custom-compile-command "make lock" --quiet \
    ${UPGRADE:+--upgrade} --output-file requirements.lock
