#!/bin/bash
# Somebody who may write to the state but does not have its key: whatever they change is said, by every
# command, and none of them makes it whole.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

plant() {
	rm -rf "$CASE"
	mkdir -p "$BASE"
	policy "fields: [standard]"
	for ((i = 0; i < 20; i++)); do echo "$i" >"$BASE/f$i"; done
	invar init
	echo 1 >"$BASE/f1"
	invar check
	[ "$RC" = 4 ] || { cat "$CASE/err"; return 1; }
	cp -a "$CASE/state" "$CASE/whole"
}
again() {
	rm -rf "$CASE/state"
	cp -a "$CASE/whole" "$CASE/state"
}
sql() {
	/usr/bin/python3 -c 'import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.executescript(sys.argv[2])
db.close()' "$CASE/state/state.db" "$1"
}
# is STATUS WHAT: the last command ended so, with a word.
is() {
	[ "$RC" = "$1" ] && [ -s "$CASE/err" ] && return
	echo "$2: $RC, not $1"
	cat "$CASE/err"
	return 1
}

edits=(
	"update root set id=zeroblob(32), full=zeroblob(32) where which=0; delete from ledger; delete from seal"
	"delete from ledger where seq=(select max(seq) from ledger)"
	"delete from ledger"
	"delete from seal"
	"update root set (id, full, count)=(select id, full, count from root where which=1) where which=0"
	"update value set data=x'7b7d' where name='policy'"
	"delete from value where name='last-check'"
	"delete from root where which=0"
	"delete from root where which=0; delete from ledger; delete from seal"
	"delete from root; delete from ledger"
	"drop table seal"
)
commands=("check" "approve all --reason r" "drift" "show $WORK" "log" "status" "baseline show"
	"baseline export $WORK/export" "init" "init --replace" "baseline import $WORK/good --reason r"
	"baseline verify" "log --verify")
everything_says_so() {
	local edit command before
	plant || return 1
	invar baseline export "$WORK/good"
	for edit in "${edits[@]}"; do
		again
		sql "$edit"
		before=$(sha256sum <"$CASE/state/state.db")
		for command in "${commands[@]}"; do
			# shellcheck disable=SC2086 # words
			invar $command
			is 24 "$edit: $command" || return 1
			[ "$before" = "$(sha256sum <"$CASE/state/state.db")" ] ||
				{ echo "$edit: $command wrote to it"; return 1; }
		done
		[ ! -e "$WORK/export" ] || { echo "$edit: exported"; return 1; }
	done
}

the_end_is_named() {
	plant || return 1
	sql "delete from ledger where seq=(select max(seq) from ledger)"
	invar check
	grep -q "seal does not cover the ledger's last record" "$CASE/err" || { cat "$CASE/err"; return 1; }
	again
	sql "delete from seal"
	invar check
	grep -q "the state has no seal" "$CASE/err" || { cat "$CASE/err"; return 1; }
	sql "delete from ledger where seq=1"
	invar log --verify
	grep -q "no seal.*ledger record 1 is missing" "$CASE/err" || { cat "$CASE/err"; return 1; }
}

removed() {
	local command key
	plant || return 1
	key=$(sha256sum <"$CASE/state/seal.key")
	rm "$CASE/state/state.db"
	for command in check init status "baseline verify"; do
		invar $command
		is 24 "$command" && grep -q "somebody removed it" "$CASE/err" || { cat "$CASE/err"; return 1; }
	done
	invar init --replace
	[ "$RC" = 0 ] || { cat "$CASE/err"; return 1; }
	[ "$key" = "$(sha256sum <"$CASE/state/seal.key")" ] || { echo "another key"; return 1; }
	invar log
	head -n 1 "$CASE/out" | grep -q state-removed || { head -n 1 "$CASE/out"; return 1; }
	invar check
	[ "$RC" = 0 ] || { cat "$CASE/err"; return 1; }
}

no_key() {
	local command
	plant || return 1
	rm "$CASE/state/seal.key"
	for command in init "init --replace" check; do
		invar $command
		is 24 "$command" && grep -q "seal.key' is missing" "$CASE/err" || { cat "$CASE/err"; return 1; }
		[ ! -e "$CASE/state/seal.key" ] || { echo "$command made a key"; return 1; }
	done
	again
	chmod 644 "$CASE/state/seal.key"
	invar check
	is 18 "a key others may read" && grep -q "chmod 600" "$CASE/err" || { cat "$CASE/err"; return 1; }
}

read_only() {
	local command
	plant || return 1
	mount --bind "$CASE/state" "$CASE/state" && mount -o remount,bind,ro "$CASE/state" || return 1
	for command in status drift log "show $BASE/f1" "baseline show" "baseline verify" "log --verify" \
		"baseline export $CASE/export"; do
		# shellcheck disable=SC2086 # words
		invar $command
		[ "$RC" = 0 ] || [ "$RC" = 4 ] || { echo "$command: $RC"; cat "$CASE/err"; return 1; }
	done
	[ -s "$CASE/export" ] || return 1
	# Somebody was killed, and what they committed is in the log still.
	umount "$CASE/state"
	again
	/usr/bin/python3 -c 'import os, sqlite3, sys
db = sqlite3.connect(sys.argv[1])
for sql in ("insert into value select 0, data from value limit 1", "delete from value where name = 0"):
    db.execute(sql)
    db.commit()
os._exit(0)' "$CASE/state/state.db"
	[ -s "$CASE/state/state.db-wal" ] || { echo "no log"; return 1; }
	mount --bind "$CASE/state" "$CASE/state" && mount -o remount,bind,ro "$CASE/state" || return 1
	invar log --verify
	[ "$RC" = 0 ] || { echo "with a log: $RC"; cat "$CASE/err"; return 1; }
	umount "$CASE/state"
	rm "$CASE/state/state.db-shm"
	mount --bind "$CASE/state" "$CASE/state" && mount -o remount,bind,ro "$CASE/state" || return 1
	invar status
	is 18 "with a log only" && grep -q "copy the folder" "$CASE/err" || { cat "$CASE/err"; return 1; }
	umount "$CASE/state"
}

exports() {
	local how command key head
	plant || return 1
	invar baseline export "$CASE/good"
	for how in cut empty more flip; do
		cp "$CASE/good" "$CASE/bad"
		case $how in
		cut) truncate -s -100 "$CASE/bad" ;;
		empty) : >"$CASE/bad" ;;
		more) echo x >>"$CASE/bad" ;;
		flip) printf X | dd of="$CASE/bad" bs=1 seek=900 conv=notrunc 2>/dev/null ;;
		esac
		for command in "baseline verify $CASE/bad" "baseline diff $CASE/bad" \
			"baseline import $CASE/bad --reason r"; do
			# shellcheck disable=SC2086 # words
			invar $command
			is 24 "$how: $command" || return 1
		done
	done
	invar status
	key=$(grep -o '"key":"[0-9a-f]*"' "$CASE/out" | cut -d'"' -f4)
	invar baseline verify "$CASE/good" --key "$key"
	[ "$RC" = 0 ] || { cat "$CASE/err"; return 1; }
	invar baseline verify "$CASE/good" --key "${key//[0-7]/8}"
	is 24 "another key" || return 1
	invar baseline verify "$CASE/good" --key 12
	is 15 "a short key" || return 1
	invar log --verify
	head=$(grep -o '"head":"[0-9a-f]*"' "$CASE/out" | cut -d'"' -f4)
	invar log --verify --head "$head"
	[ "$RC" = 0 ] || { cat "$CASE/err"; return 1; }
	echo 2 >"$BASE/f2"
	invar check
	invar log --verify --head "$head"
	is 24 "another head"
}

try() { # try TEXT FUNCTION
	use "$2"
	"$2" >"$WORK/said" 2>&1
	point $? "$1" "$WORK/said"
}
try "every command tells a changed state, and none makes it whole" everything_says_so
try "what differs is named" the_end_is_named
try "a state that was removed is missed" removed
try "a key is neither made up nor used when others have it" no_key
try "a state that cannot be written can be read" read_only
try "an export that was changed is damage to all who read it" exports
done_testing
