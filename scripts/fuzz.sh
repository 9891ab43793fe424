#!/usr/bin/env bash
# Fuzzes every target of fuzz/ for FUZZ_SECONDS each, on the stable compiler.
#
# Without a sanitizer, since those need a nightly compiler: a fault shows as a panic.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${FUZZ_SECONDS:-60}

if [ ! -f fuzz/Cargo.toml ]; then
    echo 'fuzz: there is no fuzz/Cargo.toml, so there is nothing to fuzz' >&2
    exit 1
fi
if ! cargo fuzz --version >/dev/null 2>&1; then
    echo 'fuzz: cargo-fuzz is missing' >&2
    echo 'fuzz: remedy: cargo install --locked cargo-fuzz' >&2
    exit 1
fi
mapfile -t targets < <(cargo fuzz list)
for target in "${targets[@]}"; do
    echo "fuzz: $target for $seconds s" >&2
    cargo fuzz run --sanitizer none "$target" -- "-max_total_time=$seconds"
done
