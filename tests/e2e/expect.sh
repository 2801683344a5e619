#!/bin/bash
# What rules expect of real files: the shipped rule against ld.so.preload, then logs that grow, logs that
# rotate, and a key that must be there.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh

# printed TEXT WORD: the last command said so.
printed() {
	grep -qF -- "$2" "$CASE/out"
	point $? "$1" "$CASE/out"
}

# ---- the shipped rule ----

use preload
ROOT=$CASE/root
BASE=/
mkdir -p "$ROOT/etc"
echo /lib/evil.so >"$ROOT/etc/ld.so.preload"
cp rules/20-system.yaml "$CASE/policy.yaml"
invar init --root "$ROOT"
expect "init tells what should be absent" 0 "created etc/ld.so.preload"
invar check --root "$ROOT"
expect "it stands" 1 "created etc/ld.so.preload"
text=$("$INVAR" init --replace --root "$ROOT" --policy "$CASE/policy.yaml" --state "$CASE/state")
grep -qF "1 thing is there that the policy expects to be absent" <<<"$text" &&
	grep -qF "+ /etc/ld.so.preload" <<<"$text" && grep -qF "invar drift" <<<"$text"
point $? "init says so to people, also when it replaces"
invar approve /etc/ld.so.preload --reason "the vendor's agent"
invar check --root "$ROOT"
expect "approved by name it is no finding" 0
echo /lib/worse.so >"$ROOT/etc/ld.so.preload"
invar check --root "$ROOT"
expect "but watched" 4 "updated etc/ld.so.preload size,sha256,mtime"

use adopted
ROOT=$CASE/root
BASE=/etc
mkdir -p "$ROOT/etc"
touch "$ROOT/etc/ld.so.preload"
policy "fields: [standard]"
invar init --root "$ROOT"
expect "a rule without expectations approves it" 0
policy "expect: absent" 'include: ["ld.so.preload"]'
invar check --root "$ROOT"
expect "a new policy takes that back" 1 "created ld.so.preload"
rm "$ROOT/etc/ld.so.preload"
invar check --root "$ROOT"
expect "gone, nothing stands" 0 "deleted ld.so.preload"

# ---- logs ----

use append
echo one >"$BASE/log"
policy "expect: append-only"
invar init
echo two >>"$BASE/log"
invar check
expect "a log that grew is no change" 0
printf OOO | dd of="$BASE/log" conv=notrunc status=none
invar check --new
expect "other bytes in the same place are one" 4 "updated log sha256"
echo three >>"$BASE/log"
chmod 666 "$BASE/log"
invar check
expect "one that grew and was opened to all is one" 4 "updated log mode"
invar approve all --reason test
cp "$BASE/log" "$BASE/copy"
echo four >>"$BASE/copy"
mv "$BASE/copy" "$BASE/log"
chmod 666 "$BASE/log"
invar check
grep -q "^updated log .*sha256" <(found && cat "$CASE/found")
point $? "one that was replaced by a longer one is one" "$CASE/out"

use rotate
echo one >"$BASE/log"
policy "expect: rotates"
invar init
mv "$BASE/log" "$BASE/log.1"
echo two >"$BASE/log"
invar check
expect "a log that rotated is no change" 0
rm "$BASE/log.1"
invar check
expect "nor is one that was dropped" 0
chmod 4755 "$BASE/log"
invar check
expect "its mode is" 4 "updated log mode"

# ---- what must be there ----

use need "$WORK/need/tree/key"
rmdir "$BASE"
policy "expect: present"
invar init
printed "init notes what is missing" '"what":"expected-missing"'
invar check
expect "a note is no drift" 0
printed "each check does" "rule 'r' expects something to be present at '$BASE', and nothing is"
echo key >"$BASE"
invar check
expect "there it is" 1 "created ."
invar approve all --reason test
rm "$BASE"
invar check
expect "its loss stands" 2 "deleted ."
! grep -qF expected-missing "$CASE/out"
point $? "and is not said twice" "$CASE/out"

done_testing
