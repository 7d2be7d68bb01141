#!/bin/sh
# Install what the client tests need from npm; do nothing if that is done, or if there is no npm.
#
# Without npm the tests that need it are skipped with that reason (and fail in .ci/run).
set -eu
cd "$(dirname "$0")/../tests/clients"

stamp="$( (pwd; cat package-lock.json) | cksum)"
if [ "$(cat node_modules/.stamp 2>/dev/null)" = "$stamp" ]; then
    exit 0
fi
if ! command -v npm >/dev/null 2>&1; then
    echo "make test-clients: no npm on this machine; the tests that need it are skipped" >&2
    exit 0
fi
npm ci --silent --no-audit --no-fund --ignore-scripts
echo "$stamp" >node_modules/.stamp
