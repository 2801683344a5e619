#!/bin/bash
# Random changes beside an oracle, and nobody grows; see rt_soak.py.
#   SOAK=600 SEED=1 HOW=agent tests/e2e/rt_soak.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/live.sh
# What is freed is given back at once, so that growth is growth; leaks are not looked for where no
# process may trace another.
export ASAN_OPTIONS="$ASAN_OPTIONS:quarantine_size_mb=1:thread_local_quarantine_size_kb=64:detect_leaks=0"
live rt_soak.py
