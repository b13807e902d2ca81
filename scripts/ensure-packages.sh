#!/usr/bin/env bash
# Installs Debian packages whose command is missing.
#
#   ensure-packages.sh [--optional] COMMAND:PACKAGE...
#
# COMMAND is what the package is for; "-" when it brings none, then the package itself is looked
# for. With --optional, a package that cannot be had is a warning.
set -euo pipefail

optional=false
if [ "${1:-}" = --optional ]; then
    optional=true
    shift
fi

missing=()
for pair in "$@"; do
    command=${pair%%:*} package=${pair#*:}
    if [ "$command" != - ]; then
        command -v "$command" >/dev/null || missing+=("$package")
    elif command -v dpkg-query >/dev/null; then
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || missing+=("$package")
    fi
done
[ ${#missing[@]} -gt 0 ] || exit 0

give_up() {
    if $optional; then
        echo "WARNING: going on without ${missing[*]}: $1" >&2
        exit 0
    fi
    echo "Missing: ${missing[*]}. $1" >&2
    exit 1
}

command -v apt-get >/dev/null || give_up \
    "This is not Debian or Ubuntu: install the same with your system's package manager and run this again."
as_root=()
if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || give_up "Run as root: apt-get install ${missing[*]}"
    as_root=(sudo)
fi
echo "Installing with apt: ${missing[*]}" >&2
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
        apt-get install -qq -y --no-install-recommends "${missing[@]}" >>"$log" 2>&1
}
# Lists that came with the machine name old versions, and our browser tests need this year's.
"${as_root[@]}" apt-get update -qq >>"$log" 2>&1 || true
install || { cat "$log" >&2; give_up "apt-get could not install it (see above)."; }
