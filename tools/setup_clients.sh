#!/bin/sh
# Install the programs of others that the client tests run, each pinned by a file of tests/clients:
# npm packages, versions of Node, Go, Java and Rust programs, AWS's runtime clients, Powertools,
# Celery, Chalice and other deploy tools in venvs of their own. Do nothing for what is there.
#
# Where a tool is missing, its tests are skipped with that reason (and fail in .ci/run).
set -eu
cd "$(dirname "$0")/.."
root="$PWD"
built="$root/.clients"
mkdir -p "$built"

# fresh NAME FILE...: is .clients/NAME made of these files, for this place?
fresh() {
    name="$1"
    shift
    stamp="$( (echo "$root"; cat "$@") | cksum)"
    [ "$(cat "$built/$name.stamp" 2>/dev/null)" = "$stamp" ]
}

# done_with NAME: remember what `fresh` has just looked at.
done_with() {
    echo "$stamp" >"$built/$1.stamp"
}

# has TOOL...: are these on this machine?
has() {
    for tool in "$@"; do
        if ! command -v "$tool" >/dev/null 2>&1; then
            echo "make test-clients: no $tool on this machine; the tests that need it are skipped" >&2
            return 1
        fi
    done
}

npm_packages() {
    cd "$root/tests/clients"
    if fresh npm package-lock.json && [ -d node_modules ]; then return; fi
    has node npm || return 0
    npm ci --silent --no-audit --no-fund --ignore-scripts
    done_with npm
}

# Versions of Node beside this machine's, one of each major version that Lambda has.
node_versions() {
    has npm || return 0
    while read -r version; do
        place="$HOME/.cache/headrace-node/${version%%.*}"
        if [ "$("$place/node_modules/node/bin/node" --version 2>/dev/null)" = "v$version" ]; then
            continue
        fi
        mkdir -p "$place"
        npm install --silent --no-audit --no-fund --prefix "$place" "node@$version" >/dev/null
    done <"$root/tests/clients/node_versions.txt"
}

go_programs() {
    cd "$root/tests/clients/go"
    if fresh go go.mod go.sum ./*/main.go; then return; fi
    has go || return 0
    # The Go of this machine, or none: a newer one would have to be fetched.
    GOTOOLCHAIN=local go build -mod=readonly -trimpath -ldflags "-s -w" -o "$built/go/" ./...
    done_with go
}

java_program() {
    cd "$root/tests/clients/java"
    if fresh java pom.xml Queues.java; then return; fi
    has java javac mvn || return 0
    rm -rf "$built/java"
    mvn -q -B dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$built/java/lib"
    javac -encoding UTF-8 -cp "$built/java/lib/*" -d "$built/java/classes" Queues.java
    done_with java
}

# The functions of the tests, and AWS's client that runs them, in the user's cache.
java_functions() {
    cd "$root/tests/clients/java/functions"
    has java || return 0
    "$root/.venv/bin/headrace" runtimes --fetch java >/dev/null
    if fresh java-functions pom.xml example/*.java; then return; fi
    has javac mvn || return 0
    rm -rf "$built/java-functions"
    mvn -q -B dependency:copy-dependencies -DincludeScope=runtime \
        "-DoutputDirectory=$built/java-functions/lib"
    javac --release 17 -encoding UTF-8 -cp "$built/java-functions/lib/*" \
        -d "$built/java-functions/classes" example/*.java
    done_with java-functions
}

celery_venv() {
    cd "$root/tests/clients"
    if fresh celery celery.txt; then return; fi
    rm -rf "$built/celery"
    "$root/.venv/bin/python" -m venv "$built/celery"
    "$built/celery/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
        --only-binary :all: -r celery.txt
    done_with celery
}

chalice_venv() {
    cd "$root/tests/clients"
    if fresh chalice chalice.txt; then return; fi
    rm -rf "$built/chalice"
    "$root/.venv/bin/python" -m venv "$built/chalice"
    "$built/chalice/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
        --only-binary :all: -r chalice.txt
    done_with chalice
}

# Zappa and awslogs.
deployers_venv() {
    cd "$root/tests/clients"
    if fresh deployers deployers.txt; then return; fi
    rm -rf "$built/deployers"
    "$root/.venv/bin/python" -m venv "$built/deployers"
    "$built/deployers/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
        --only-binary :all: -r deployers.txt
    done_with deployers
}

# AWS's runtime client for Python, for the one that functions find in /usr.
python_runtime_client() {
    cd "$root/tests/clients"
    [ -x /usr/bin/python3 ] || { has /usr/bin/python3; return 0; }
    if fresh awslambdaric awslambdaric.txt; then return; fi
    rm -rf "$built/awslambdaric"
    "$root/.venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps --no-compile \
        --only-binary :all: --target "$built/awslambdaric" -r awslambdaric.txt \
        --python-version "$(/usr/bin/python3 -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
    done_with awslambdaric
}

# What the functions of test_powertools.py import.
powertools() {
    cd "$root/tests/clients"
    if ! fresh powertools-python powertools.txt; then
        rm -rf "$built/powertools-python"
        "$root/.venv/bin/python" -m pip install -q --disable-pip-version-check --no-deps \
            --no-compile --only-binary :all: --target "$built/powertools-python" -r powertools.txt
        done_with powertools-python
    fi
    if fresh powertools-node powertools/package-lock.json; then return; fi
    has node npm || return 0
    rm -rf "$built/powertools-node"
    mkdir -p "$built/powertools-node"
    cp powertools/package.json powertools/package-lock.json "$built/powertools-node/"
    (cd "$built/powertools-node" && npm ci --silent --no-audit --no-fund --ignore-scripts)
    done_with powertools-node
}

# AWS's runtime client for Node: an addon, with the curl that it brings, is compiled against the
# headers of this machine's Node, which is good for later ones too.
node_runtime_client() {
    cd "$root/tests/clients/ric"
    if fresh node-runtime-client package-lock.json; then return; fi
    has node npm cmake make g++ || return 0
    rm -rf "$built/node-runtime-client"
    mkdir -p "$built/node-runtime-client"
    cp package.json package-lock.json "$built/node-runtime-client/"
    headers="$(dirname "$(dirname "$(realpath "$(command -v node)")")")"
    (cd "$built/node-runtime-client" &&
        npm_config_nodedir="$headers" npm ci --silent --no-audit --no-fund >"$built/node-runtime-client.log" 2>&1) ||
        { tail -40 "$built/node-runtime-client.log" >&2; exit 1; }
    done_with node-runtime-client
}

rust_program() {
    cd "$root/tests/clients/rust"
    if fresh rust Cargo.lock Cargo.toml src/main.rs; then return; fi
    has cargo || return 0
    CARGO_TARGET_DIR="$built/rust-target" cargo build --quiet --locked
    mkdir -p "$built/rust"
    cp "$built/rust-target/debug/handler" "$built/rust/handler"
    rm -rf "$built/rust-target"
    done_with rust
}

npm_packages
node_versions
go_programs
python_runtime_client
node_runtime_client
powertools
rust_program
java_program
java_functions
celery_venv
chalice_venv
deployers_venv
