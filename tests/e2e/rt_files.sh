#!/bin/bash
# Files, live: whatever is done to a file that is watched is told within a moment, exactly once, as what it is, with who
# did it; see rt_files.py.
#   FILE_SYSTEMS="ext4 tmpfs xfs btrfs" ONLY="hard link" tests/e2e/rt_files.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/live.sh
live rt_files.py
