#!/usr/bin/env bash
# Makes the world of the preset `weeks` and prints what naive baselines find in it.
#
# Ends with 1 if a baseline does better or worse than on real data. `make bench` runs it;
# alone it wants `scripts/setup.sh bench` before.
set -euo pipefail
cd "$(dirname "$0")/../.."
readonly TARGET=${CARGO_TARGET_DIR:-target}
out=$(mktemp -d "$TARGET/tmp/baselines.XXXXXX")
trap 'rm -rf "$out"' EXIT
cargo build --release --locked --quiet --package seawall-server
"$TARGET/release/seawall" simulate --preset weeks --seed "${SEED:-1}" --out "$out/world"
.venv-bench/bin/python scripts/baselines/baselines.py "$out/world"
