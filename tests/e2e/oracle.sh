#!/bin/bash
# What check, drift and approve say about random edits is what a naive oracle says: see oracle.py.
#   ROUNDS=5000 SEED=1 tests/e2e/oracle.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
[ "$(id -u)" = 0 ] || { echo "1..0 # SKIP needs root"; exit 77; }
exec /usr/bin/python3 tests/e2e/oracle.py
