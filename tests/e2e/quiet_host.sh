#!/bin/bash
# The shipped rules on this host: between its baseline and a check nothing changes. Its files only: what
# runs and listens here changes while tests do.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
use=(--policy "${INVAR_RULES:-rules}" --state "$WORK/state")

"$INVAR" init "${use[@]}" >"$WORK/init" 2>&1
rc=$?
[ $((rc & ~39)) = 0 ]
point $? "this host: init, exit status $rc" "$WORK/init"
"$INVAR" check --quick --json --kind file "${use[@]}" >"$WORK/check.json" 2>"$WORK/err"
rc=$?
/usr/bin/python3 tests/e2e/changes.py "$WORK/check.json" -v >"$WORK/found" 2>>"$WORK/err"
cat "$WORK/err" >>"$WORK/found"
[ $rc = 0 ] && [ ! -s "$WORK/found" ]
point $? "this host: no change, no gap among its files, exit status $rc" "$WORK/found"
done_testing
