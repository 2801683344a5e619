#!/bin/bash
# kill -9 of a random role while things change, and a full disk: nothing lost, nothing doubled; see rt_crash.py.
#   ROUNDS=200 SEED=1 HOW=agent ONLY="kills full" tests/e2e/rt_crash.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/live.sh
live rt_crash.py
