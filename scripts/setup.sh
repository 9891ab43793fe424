#!/usr/bin/env bash
# Installs what is missing to build and test Seawall, on Debian or Ubuntu with Rust.
#
#   scripts/setup.sh build   what a build needs
#   scripts/setup.sh bench   that, and what the benchmarks need
#   scripts/setup.sh         that, and what the tests and checks need
#
# Idempotent, and quick when all is there. It never upgrades what is present, and on
# another system it says what to install by hand instead of guessing.
set -euo pipefail
cd "$(dirname "$0")/.."

readonly NEXTEST_VERSION=0.9.143
readonly DENY_VERSION=0.20.2

say() { printf 'setup: %s\n' "$*" >&2; }

# fail <what is wrong> <what to do>
fail() {
    printf 'setup: %s\nsetup: remedy: %s\n' "$1" "$2" >&2
    exit 1
}

has() { command -v "$1" >/dev/null 2>&1; }

has_venv() { python3 -c 'import ensurepip, venv' >/dev/null 2>&1; }

check_rust() {
    has cargo || fail 'cargo is missing' \
        'install Rust from https://rustup.rs, then open a new shell'
    local channel
    channel=$(sed -n 's/^channel = "\(.*\)"/\1/p' rust-toolchain.toml)
    cargo --version >/dev/null 2>&1 || fail "Rust $channel is not installed" \
        "rustup toolchain install $channel"
    [ "$what" = build ] && return
    cargo fmt --version >/dev/null 2>&1 && cargo clippy --version >/dev/null 2>&1 ||
        fail 'rustfmt or clippy is missing' \
            "rustup component add --toolchain $channel rustfmt clippy"
}

# Names the Debian packages whose programs are absent, one a line.
missing_packages() {
    has cc && has make || echo build-essential
    [ "$what" = build ] || has python3 || echo python3
    # The independent check of Ed25519 signatures of webhooks.
    [ "$what" = build ] || has openssl || echo openssl
    # What the guides type.
    [ "$what" = build ] || has curl || echo curl
    # Looks the unit of systemd through; nothing of it runs.
    [ "$what" != all ] || has systemd-analyze || echo systemd
    # The receivers of the guide, in TypeScript and Go.
    [ "$what" != all ] || has node || echo nodejs
    [ "$what" != all ] || has npm || echo npm
    [ "$what" != all ] || has go || echo golang-go
    # python3-venv is asked for with python3, since Debian ships them apart.
    [ "$what" = build ] || { has python3 && has_venv; } || echo python3-venv
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] ||
        echo ca-certificates
}

install_packages() {
    local packages=("$@") root=()
    has apt-get || fail "missing: ${packages[*]}; and there is no apt-get here" \
        'install the equivalents with the tool of your system, then run make setup again'
    if [ "$(id -u)" -ne 0 ]; then
        has sudo || fail "missing: ${packages[*]}; and this is neither root nor is sudo there" \
            "as root: apt-get install ${packages[*]}"
        root=(sudo)
    fi
    say "installing ${packages[*]}"
    # A fresh container has no package lists at all, so they are fetched first.
    "${root[@]}" apt-get update -qq || fail 'apt-get update failed' \
        'check the network and /etc/apt/sources.list'
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends "${packages[@]}" >/dev/null ||
        fail "apt-get could not install ${packages[*]}" "apt-get install ${packages[*]}"
}

# install_cargo_tool <name> <version>: any release of the same minor version will do.
install_cargo_tool() {
    local name=$1 version=$2
    case "$(cargo "$name" --version 2>/dev/null | head -n 1)" in
        "cargo-$name ${version%.*}."*) return ;;
    esac
    say "building cargo-$name $version (some minutes, once)"
    cargo install --locked --quiet "cargo-$name" --version "$version" ||
        fail "cargo-$name could not be installed" \
            "cargo install --locked cargo-$name --version $version"
}

# What a virtual environment was made from: a change makes it again.
fingerprint() { cat "$1" scripts/setup.sh | cksum; }

# install_venv <folder> <requirements>
install_venv() {
    local venv=$1 requirements=$2 stamp=$1/seawall-setup.stamp
    [ -x "$venv/bin/python" ] && "$venv/bin/python" -c '' 2>/dev/null &&
        [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint "$requirements")" ] && return
    say "making $venv"
    rm -rf "$venv"
    python3 -m venv "$venv" || fail "python3 -m venv $venv failed" 'apt-get install python3-venv'
    "$venv/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: \
        --require-hashes --requirement "$requirements" ||
        fail "the Python packages of $requirements could not be installed" \
            'check that https://pypi.org can be reached, or set PIP_INDEX_URL to a mirror'
    # Last, so that an interruption is repaired by the next run.
    fingerprint "$requirements" >"$stamp"
}

# install_node: the packages of the guide's receiver, in versions and hashes of its lock file.
install_node() {
    local folder=.node from=docs/guide/receivers stamp=.node/seawall-setup.stamp made
    made=$(cat "$from/package.json" "$from/package-lock.json" scripts/setup.sh | cksum)
    [ "$(cat "$stamp" 2>/dev/null)" = "$made" ] && return
    say "making $folder"
    rm -rf "$folder"
    mkdir "$folder"
    cp "$from/package.json" "$from/package-lock.json" "$folder"
    npm ci --prefix "$folder" --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null ||
        fail "the npm packages of $from could not be installed" \
            'check that the npm registry can be reached, or set npm_config_registry to a mirror'
    # Last, so that an interruption is repaired by the next run.
    echo "$made" >"$stamp"
}

readonly what=${1:-all}
case $what in
    build | bench | all) ;;
    *) fail "there is nothing called $what to set up" 'see the head of scripts/setup.sh' ;;
esac
mapfile -t packages < <(missing_packages)
[ "${#packages[@]}" -eq 0 ] || install_packages "${packages[@]}"
check_rust
[ "$what" = build ] && exit
if [ "$what" = bench ]; then
    install_venv .venv-bench scripts/requirements-bench.txt
    exit
fi
install_cargo_tool nextest "$NEXTEST_VERSION"
install_cargo_tool deny "$DENY_VERSION"
install_venv .venv scripts/requirements.txt
install_node
