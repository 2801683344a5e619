#!/bin/bash
# What was not heard of is looked for, told once, and the ledger says so; see rt_loss.py.
#   ENTITIES=10000 HOW="agent watch" ONLY="overflow fast stands mounts stopped killed ended clock watcher collector" tests/e2e/rt_loss.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/live.sh
live rt_loss.py
