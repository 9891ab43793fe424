#!/usr/bin/env bash
# Makes worlds of the preset `weeks` and prints what naive baselines find in them.
#
# Ends with 1 if a baseline does better or worse than on real data. `make bench` runs it;
# alone it wants `scripts/setup.sh bench` before. SEEDS="1" takes one world instead of five.
set -euo pipefail
cd "$(dirname "$0")/../.."
readonly TARGET=${CARGO_TARGET_DIR:-target}
mkdir -p "$TARGET/tmp"
out=$(mktemp -d "$TARGET/tmp/baselines.XXXXXX")
trap 'rm -rf "$out"' EXIT
cargo build --release --locked --quiet --package seawall-server
worlds=()
for seed in ${SEEDS:-1 2 3 4 5}; do
    world="$out/weeks-$seed"
    "$TARGET/release/seawall" simulate --preset weeks --seed "$seed" --out "$world"
    worlds+=("$world")
done
.venv-bench/bin/python scripts/baselines/baselines.py "${worlds[@]}"
