#!/bin/bash
# Random changes beside an oracle, and nobody grows; see rt_soak.py.
#   SOAK=600 SEED=1 HOW=agent tests/e2e/rt_soak.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/live.sh
live rt_soak.py
