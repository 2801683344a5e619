#!/bin/bash
# The shipped rules load without an error or a warning, and docs/RULES.md says what they say.
set -u
cd "$(dirname "$0")/../.." || exit 1
INVAR=${INVAR:-build/dev/invar}
failed=0

point() {
	if [ "$2" = 0 ]; then
		echo "ok $1 - $3"
	else
		echo "not ok $1 - $3"
		failed=1
	fi
}

text=$("$INVAR" policy check --policy rules 2>&1)
rc=$?
grep -q ': warning:' <<<"$text" && rc=1
point 1 $rc "policy check finds nothing"
[ $rc = 0 ] || echo "# ${text//$'\n'/$'\n'# }"

rules/document | diff -u docs/RULES.md - | head -n 40 | sed 's/^/# /'
[ "${PIPESTATUS[1]}" = 0 ]
point 2 $? "docs/RULES.md is what rules/document prints"

# A tag that names no technique would be found by nobody.
bad=$(grep -hoE '(attack|pci)\.[A-Za-z0-9.]+' rules/*.yaml |
	grep -vxE 'attack\.T1[0-9]{3}(\.0[0-9]{2})?|pci\.[1-9][0-9]?(\.[0-9]+){1,2}' | sort -u)
[ -z "$bad" ]
point 3 $? "tags are techniques or requirements ${bad:+(not: $bad)}"

echo "1..3"
exit $failed
