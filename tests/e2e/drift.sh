#!/bin/bash
# What drift and approve must not overlook: a policy edited and put back, what came after a ledger
# number, a move between two rules, gaps that stand, another root; and words that name nothing.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

# plain COMMAND…: as people see it; output and errors in CASE/plain, status in RC.
plain() {
	"$INVAR" "$@" --policy "$CASE/policy.yaml" --state "$CASE/state" >"$CASE/plain" 2>&1 </dev/null
	RC=$?
}

# rules FOLDER:SEVERITY:ID…: one rule for each.
rules() {
	local x folder severity id
	printf 'version: 1\nrules:\n' >"$CASE/policy.yaml"
	for x in "$@"; do
		IFS=: read -r folder severity id <<<"$x"
		printf '  - { id: %s, severity: %s, kind: file, base: "%s", fields: [mode, sha256] }\n' \
			"$id" "$severity" "$folder" >>"$CASE/policy.yaml"
	done
}

# ---- the policy edited and put back ----

use policy
mkdir -p "$BASE/a" "$BASE/b"
echo 1 >"$BASE/a/f"
rules "$BASE/a:high:a" "$BASE/b:high:b"
invar init
echo 2 >"$BASE/a/f"
echo evil >"$BASE/a/new"
invar check
rules "$BASE/b:high:b"
plain drift
says "an edited policy is no quiet one" 0 "The policy changed since the last check; run check"
plain check
grep -q 'no longer in force: a\.' "$CASE/plain"
point $? "rules that went are named" "$CASE/plain"
rules "$BASE/a:high:a" "$BASE/b:high:b"
plain check
plain drift --exit-zero
grep -q "[ /]f\b" "$CASE/plain" && grep -q "[ /]new\b" "$CASE/plain"
point $? "put back, all of the drift stands" "$CASE/plain"
invar drift
[ "$RC" = 5 ]
point $? "and counts" "$CASE/out"

# ---- numbers, rules, words ----

use numbers
mkdir -p "$BASE/hi" "$BASE/lo"
echo 1 >"$BASE/hi/f"
echo 1 >"$BASE/hi/g"
rules "$BASE/hi:critical:hi" "$BASE/lo:info:lo"
invar init
chmod 600 "$BASE/hi/g"
invar check
chmod 4777 "$BASE/hi/g"
invar check
plain approve seq:3 --reason x
says "a number speaks for no later change" 18 "changed again since seq 3"
plain approve --reason x "$BASE/hi/g"
says "the path does" 0 "Approved"
mv "$BASE/hi/f" "$BASE/lo/f"
plain check --fail-on high
says "what is lost at a critical place counts" 2 "hi"
plain approve rule:lo --reason x
plain drift --fail-on high rule:hi
says "and is not approved by the rule of another place" 2 "hi"
plain drift rule:hl
says "no such rule" 15 "no rule 'hl' in the policy; did you mean 'hi'?"
plain approve rule:nosuchrule --reason x
says "nor to approve" 15 "no rule 'nosuchrule' in the policy"
plain drift seq:4711
says "no such number" 15 "no change in the ledger is 'seq:4711'"
plain drift card:NONE
says "no such card" 15 "no change in the ledger is 'card:NONE'"
plain log --rule nosuchrule
says "no such rule in the ledger" 15 "no rule 'nosuchrule' in the policy"

# ---- names as they are printed ----

use escaped
printf 1 >"$BASE/a"$'\n'"b"
invar init
chmod 600 "$BASE/a"$'\n'"b"
plain check "$BASE/a\\x0ab"
says "check takes the name that is printed" 4 'a\x0ab'
plain drift "$BASE/a\\x0ab"
says "so does drift" 4 'a\x0ab'
plain approve "$BASE/a\\x0ab" --reason x
says "and approve" 0 "Approved: 1 entity"

# ---- gaps ----

use gaps
mkdir -p "$BASE/shut" "$CASE/state"
echo 1 >"$BASE/shut/f"
chown 65534:65534 "$CASE/state"
chmod 755 "$WORK" "$CASE" "$BASE"
nobody() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$INVAR" "$@" --policy "$CASE/policy.yaml" \
		--state "$CASE/state" >"$CASE/plain" 2>&1 </dev/null
	RC=$?
}
nobody init
chmod 700 "$BASE/shut"
nobody check
nobody drift --fail-on critical
says "drift says what was not looked at" 32 "could not be looked at in the last check"
nobody status
says "and status" 0 "could not be looked at"
nobody check "$BASE" --exit-zero
chmod 755 "$BASE/shut"
nobody check "$BASE/shut" --exit-zero
nobody drift --fail-on critical
says "a check of a part clears none" 32 "could not be looked at in the last check"
nobody check --exit-zero
nobody drift
says "one of everything does" 0 "No drift: the last observation is as approved"

# ---- another root ----

use root
ROOT=$CASE/root
mkdir -p "$ROOT/etc" "$CASE/other/etc"
echo 1 >"$ROOT/etc/f"
rules "/etc:high:etc"
plain init --root "$ROOT"
plain check --root "$CASE/other"
says "a state is of one root" 15 "this state is of '$ROOT'; you asked for '$CASE/other'"
plain check
says "not of the host itself" 15 "you asked for '/'"
plain check --root "$ROOT/"
says "however it is written" 0 "No changes"

# ---- names that cannot be told ----

use names
ROOT=$CASE/root
mkdir -p "$ROOT/etc" "$ROOT/srv"
echo root:x:0:0::/:/bin/sh >"$ROOT/etc/passwd"
echo root:x:0: >"$ROOT/etc/group"
touch "$ROOT/srv/"{a,b}
printf 'version: 1\nrules:\n  - { id: r, kind: file, base: /srv }\n' >"$CASE/policy.yaml"
printf '  - { id: ownerless, kind: file, base: /srv, include: [{ key: "**", owner: false }] }\n' \
	>>"$CASE/policy.yaml"
BASE=/
invar init --root "$ROOT"
mv "$ROOT/etc/group" "$ROOT/etc/group.x"
mkfifo "$ROOT/etc/group"
chmod 600 "$ROOT/srv/a"
invar check --root "$ROOT"
expect "a group file that is none changes no file, but is a gap" 36 "updated srv/a mode" \
	"gap etc format"
rm "$ROOT/etc/group"
: >"$ROOT/etc/passwd"
touch "$ROOT/srv/new"
invar check --root "$ROOT" --new
expect "empty and missing ones change no file, either" 5 "created srv/new" \
	"updated srv mtime" "updated srv/a mode"
mv "$ROOT/etc/group.x" "$ROOT/etc/group"
echo root:x:0:0::/:/bin/sh >"$ROOT/etc/passwd"
invar check --root "$ROOT" --new
expect "back again, only what was new gets its names" 4 "updated srv/new owner,group" \
	"created srv/new" "updated srv mtime" "updated srv/a mode"

done_testing
