#!/bin/bash
# Policies of other products by the command line: what is printed loads and selects, notes name their
# lines, nothing is replaced, what is no policy ends with status 17.
set -u
cd "$(dirname "$0")/../.." || exit 1
INVAR=${INVAR:-build/dev/invar}
samples=tests/unit/import
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
failed=0 n=0

point() {
	n=$((n + 1))
	if [ "$1" = 0 ]; then
		echo "ok $n - $2"
	else
		echo "not ok $n - $2"
		failed=1
	fi
}

bad=
for sample in "$samples"/*; do
	name=${sample##*/}
	if ! "$INVAR" policy import "$sample" --output "$dir/$name.yaml" 2>"$dir/$name.notes" ||
		! "$INVAR" policy check --policy "$dir/$name.yaml" >/dev/null; then
		bad+=" $name"
	fi
done
[ -z "$bad" ]
point $? "every sample becomes a policy that loads${bad:+ (not:$bad)}"

"$INVAR" policy import "$samples/wazuh-linux.xml" >"$dir/out.yaml" 2>/dev/null
cmp -s "$dir/out.yaml" "$dir/wazuh-linux.xml.yaml"
point $? "standard output is what a file holds"

grep -qF "$samples/wazuh-linux.xml:19: warning: 'unheard_of' is not understood [import]" \
	"$dir/wazuh-linux.xml.notes" && grep -q "^  # line 19: 'unheard_of'" "$dir/out.yaml"
point $? "what is not understood is told with file and line, and stands in the policy"

"$INVAR" --policy "$dir/out.yaml" explain /etc/app/settings | grep -q 'file-etc-app'
point $? "explain finds the rule that was imported"

"$INVAR" policy import "$samples/wazuh-linux.xml" --output "$dir/out.yaml" 2>"$dir/err"
[ $? = 14 ] && grep -q 'not replaced' "$dir/err"
point $? "a file that is there is not replaced"

printf '<FileSet base="/a">\n<include>' >"$dir/broken.xml"
"$INVAR" policy import "$dir/broken.xml" >"$dir/none" 2>"$dir/err"
[ $? = 17 ] && [ ! -s "$dir/none" ] && grep -q 'broken.xml: error: line 2, ' "$dir/err"
point $? "broken XML: status 17, its line, and no policy"

"$INVAR" policy import --from nobody "$dir/broken.xml" 2>/dev/null
[ $? = 15 ]
point $? "an unknown product is a slip of the command line"

"$INVAR" --json policy import "$samples/deep-security-windows.xml" --output "$dir/json.yaml" |
	python3 -c 'import json, sys
notes = [json.loads(line) for line in sys.stdin]
sys.exit(not any(n["line"] == 45 and n["code"] == "import" for n in notes))'
point $? "notes as JSON"

cat "$samples/wazuh-windows.xml" | "$INVAR" policy import --from wazuh - 2>/dev/null | grep -q 'regedit.exe'
point $? "from standard input"

"$INVAR" --policy "$dir/out.yaml" policy export "$dir/exported.yaml" &&
	"$INVAR" --policy "$dir/out.yaml" policy show | cmp -s - "$dir/exported.yaml" &&
	"$INVAR" --policy "$dir/exported.yaml" policy show | cmp -s - "$dir/exported.yaml"
point $? "export writes what show prints, and it means the same"

echo "1..$n"
exit $failed
