#!/bin/bash
# The self-test's result under this Wine is known. When it is another one, a newer Wine has filled a
# gap, or something broke: look at each line, and at what docs/WINDOWS.md says of it.
. tests/windows/lib.sh

run "$INVAR" doctor >"$PLACE/out" 2>&1
point "$(($? != 1))" "some of it is known to fail here: status 1" "$PLACE/out"
tr -d '\r' <"$PLACE/out" | grep -v '^invar ' >"$PLACE/now"
diff -u tests/windows/doctor.wine "$PLACE/now" >"$PLACE/diff"
point $? "the known result: $(grep -c ^works "$PLACE/now") work, $(grep -c ^missing "$PLACE/now") missing, \
$(grep -c ^failed "$PLACE/now") failed" "$PLACE/diff"
tr -d '\r' <"$PLACE/now" | grep -i "$(hostname)" >"$PLACE/host"
point "$((!$?))" "nothing of this host is said" "$PLACE/host"

run "$INVAR" doctor --json >"$PLACE/json" 2>&1
jq -s -e --argjson lines "$(wc -l <"$PLACE/now")" \
	'map(select(.record == "doctor" and (.state | IN("works", "missing", "failed")))) | length == $lines' \
	"$PLACE/json" >"$PLACE/said" 2>&1
point $? "the same as JSON" "$PLACE/said"
python3 tests/e2e/valid.py "$PLACE/json" doctor >"$PLACE/said" 2>&1
point $? "which follows the schema" "$PLACE/said"

registry query 'HKLM\SOFTWARE\Invar\doctor'
point "$((!$?))" "its key is gone" "$PLACE/reg"
find "$DRIVE" -xdev -name 'Invar-doctor-*' | grep . >"$PLACE/said"
point "$((!$?))" "its folder is gone" "$PLACE/said"
done_testing
