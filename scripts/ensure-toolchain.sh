#!/usr/bin/env bash
# Says clearly when Rust or Node.js, which we do not install for people, is missing or too old.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

rust=$(sed -n 's/^rust-version = "\(.*\)"/\1/p' Cargo.toml)
command -v cargo >/dev/null || fail \
    "Rust is missing. Install $rust or newer from https://rustup.rs and run this again."
have=$(rustc --version | cut -d' ' -f2)
[ "$(printf '%s\n' "$rust" "$have" | sort -V | head -1)" = "$rust" ] || fail \
    "Rust $rust or newer is needed, this is $have. Run: rustup update stable"
for component in fmt clippy; do
    command -v "cargo-$component" >/dev/null || fail \
        "cargo $component is missing. Run: rustup component add rustfmt clippy"
done

command -v node >/dev/null && command -v npm >/dev/null || fail \
    "Node.js is missing. Install version 20 or newer (with npm) from https://nodejs.org and run this again."
major=$(node --version | sed 's/^v\([0-9]*\).*/\1/')
[ "$major" -ge 20 ] || fail "Node.js 20 or newer is needed, this is $(node --version)."
