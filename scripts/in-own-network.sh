#!/usr/bin/env bash
# Runs a command in a network of its own: a loopback and one more address, and no way out.
#
#   in-own-network.sh COMMAND...
#
# For servers that take no loopback address for media; their load must not leave the machine.
set -euo pipefail

exec unshare --user --map-root-user --net -- bash -c '
    set -e
    ip link set lo up
    ip link add media0 type veth peer name media1
    ip address add 198.51.100.1/24 dev media0
    ip link set media0 up
    ip link set media1 up
    exec "$@"' in-own-network "$@"
