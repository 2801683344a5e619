#!/bin/bash
# The self-test's result under this Wine is known. When it is another one, a newer Wine has filled a
# gap, or something broke: look at each line, and what is said of it in docs/WINDOWS.md.
. "$(dirname "$0")/agent.bash"

status=0
run "$INVAR" doctor >"$work/out" || status=$?
[ "$status" = 1 ] || fail "status $status: some of it is known to fail here"
grep -v '^invar ' "$work/out" | tr -d '\r' >"$work/now"
diff -u tests/windows/doctor.wine "$work/now" || fail "another result than the known one"

run "$INVAR" doctor --json >"$work/json" || true
[ "$(grep -c '"record":"doctor"' "$work/json")" = "$(wc -l <"$work/now")" ] || fail "JSON: other lines"
grep -q '"probe":"registry values","state":"works"' "$work/json" || fail "JSON: no such line"

run reg query 'HKLM\SOFTWARE\Invar\doctor' >/dev/null 2>&1 && fail "its key is still there"
find "$c" -name 'Invar-doctor-*' | grep . && fail "its folder is still there"
echo "$(grep -c ^works "$work/now") work, $(grep -c ^missing "$work/now") missing, $(grep -c ^failed "$work/now") failed"
