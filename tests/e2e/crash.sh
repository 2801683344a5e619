#!/bin/bash
# Whatever ends the program, and whenever: the state is the one before or the one after, the next check
# finds what is pending exactly once, and nothing stays behind.
#   KILLS=500 tests/e2e/crash.sh
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
KILLS=${KILLS:-40}

# plant FILES: the tree of the case, and its baseline.
plant() {
	rm -rf "$CASE"
	mkdir -p "$BASE"
	policy "fields: [standard]"
	(cd "$BASE" && for ((i = 0; i < $1; i++)); do echo "$i" >"f$i"; done)
	invar init
}
# summary: what the state is, a line: the roots, and how many records.
summary() {
	invar status
	/usr/bin/python3 -c 'import json,sys; d=json.load(open(sys.argv[1]))
print(d["approved_root"], d["current_root"], d["ledger_records"])' "$CASE/out" 2>/dev/null
}
# sound: the store proves itself, and only its own files are in the folder.
sound() {
	invar baseline verify
	[ "$RC" = 0 ] || { echo "baseline verify: $RC"; cat "$CASE/out" "$CASE/err"; return 1; }
	invar log --verify
	[ "$RC" = 0 ] || { echo "log --verify: $RC"; cat "$CASE/err"; return 1; }
	local more
	more=$(find "$CASE/state" -mindepth 1 ! -name state.db ! -name seal.key ! -name lock \
		! -name state.db-wal ! -name state.db-shm)
	[ -z "$more" ] || { echo "left behind: $more"; return 1; }
}
# recorded KEY: how often the ledger says that it changed.
recorded() {
	invar log
	/usr/bin/python3 -c 'import json,sys
print(sum(json.loads(l).get("key", "").endswith(sys.argv[2]) for l in open(sys.argv[1]) if "\"change\":" in l))' \
		"$CASE/out" "$1"
}
# killed SECONDS COMMAND…: run it and kill it after that time.
killed() {
	local after=$1 pid
	shift
	"$INVAR" "$@" --policy "$CASE/policy.yaml" --state "$CASE/state" --json >"$CASE/out" 2>"$CASE/err" &
	pid=$!
	sleep "$after"
	kill -9 $pid 2>/dev/null
	wait $pid 2>/dev/null
}
# writes PID: it is at work, and has the lock.
writes() {
	local i
	for ((i = 0; i < 600; i++)); do
		grep -qsw "$1" "$CASE/state/lock" && return 0
		sleep 0.1
	done
	echo "$1 has no lock"
	return 1
}
moment() { printf '0.%04d' $((RANDOM % 400)); }

# ---- kill -9 at any moment ----

kill_checks() {
	local before after n
	plant 300
	for ((n = 1; n <= KILLS; n++)); do
		before=$(summary)
		echo "$n" >"$BASE/f0"
		echo "$n" >"$BASE/new$n"
		killed "$(moment)" check
		sound || return 1
		after=$(summary)
		invar check --exit-zero
		[ "$RC" = 0 ] || { cat "$CASE/err"; return 1; }
		[ "$(recorded "/new$n")" = 1 ] || { echo "new$n is in the ledger $(recorded "/new$n") times"; return 1; }
		[ "${before%% *}" = "${after%% *}" ] || { echo "the approved state moved: $before, $after"; return 1; }
	done
}
kill_approvals() {
	local before after whole n
	plant 300
	for ((n = 1; n <= KILLS / 2; n++)); do
		echo "$n" | tee "$BASE"/f{1,2,3,4,5,6,7,8,9} >/dev/null
		invar check
		before=$(summary)
		whole=$(echo "$before" | cut -d' ' -f2)
		killed "$(moment)" approve all --reason r
		sound || return 1
		after=$(summary)
		[ "$after" = "$before" ] || [ "${after%% *}" = "$whole" ] ||
			{ echo "between: $before, $after"; return 1; }
		invar approve all --reason r
	done
}
kill_inits() {
	local n
	plant 300
	for ((n = 1; n <= KILLS / 2; n++)); do
		rm -rf "$CASE/state"
		killed "$(moment)" init
		[ ! -e "$CASE/state/state.db" ] || {
			invar status
			[ "$RC" = 0 ] && { sound || return 1; }
		}
		[ -e "$CASE/state/state.db" ] && [ "$RC" = 0 ] || invar init
		[ "$RC" = 0 ] || { echo "init after a kill: $RC"; cat "$CASE/err"; return 1; }
		invar check
		[ "$RC" = 0 ] || { cat "$CASE/out" "$CASE/err"; return 1; }
		sound || return 1
	done
}
kill_imports() {
	local before after n one
	plant 300
	"$INVAR" baseline export "$CASE/one" --policy "$CASE/policy.yaml" --state "$CASE/state" >/dev/null
	one=$(summary)
	for ((n = 1; n <= KILLS / 4; n++)); do
		echo "$n" >"$BASE/f1"
		invar check
		invar approve all --reason r
		before=$(summary)
		killed "$(moment)" baseline import "$CASE/one" --replace --reason r
		sound || return 1
		after=$(summary)
		[ "$after" = "$before" ] || [ "${after%% *}" = "${one%% *}" ] ||
			{ echo "between: $before, $after"; return 1; }
	done
}
try() { # try TEXT FUNCTION
	use "$2"
	"$2" >"$WORK/said" 2>&1
	point $? "$1" "$WORK/said"
}
try "$KILLS killed checks" kill_checks
try "$((KILLS / 2)) killed approvals" kill_approvals
try "$((KILLS / 2)) killed inits" kill_inits
try "$((KILLS / 4)) killed imports" kill_imports

# ---- no orphans ----

orphans() {
	plant 10
	killed 0.05 check
	truncate -s 4G "$BASE/large" # long enough to be in the middle of it
	killed 0.3 check
	# one that has ended and waits for its new parent to notice is none
	for _ in {1..100}; do
		pgrep -P 1 -f -- "--state $CASE/state" | xargs -r ps -o stat=,pid=,args= -p | grep -v '^Z' || return 0
		sleep 0.1
	done
	return 1
}
try "the crew dies with its parent" orphans

# ---- system calls that fail ----

# inject CALLS ERROR: the n-th of these calls fails, for n = 1 … until all succeed.
inject() {
	local calls=$1 error=$2 n before after rc
	for ((n = 1; n <= 60; n++)); do
		before=$(summary)
		echo "$calls $error $n" >"$BASE/f1"
		ASAN_OPTIONS="$ASAN_OPTIONS:detect_leaks=0" strace -o "$CASE/trace" -e trace="$calls" -e inject="$calls:error=$error:when=$n" \
			"$INVAR" check --policy "$CASE/policy.yaml" --state "$CASE/state" --json >"$CASE/out" 2>"$CASE/err"
		rc=$?
		cp "$CASE/err" "$CASE/word"
		sound || { echo "$calls $error, the ${n}th: exit status $rc"; return 1; }
		after=$(summary)
		if [ $rc -ge 14 ]; then
			[ "$after" = "$before" ] || [ "$(echo "$after" | cut -d' ' -f1)" = "${before%% *}" ] ||
				{ echo "$calls $error, the ${n}th: $before, $after"; return 1; }
			[ -s "$CASE/word" ] || { echo "$calls $error, the ${n}th: status $rc without a word"; return 1; }
		fi
		grep -q INJECTED "$CASE/trace" || return 0
		invar check --exit-zero
		[ "$RC" = 0 ] || { cat "$CASE/err"; return 1; }
	done
}
failing_calls() {
	plant 300
	inject pwrite64 ENOSPC && inject pwrite64 EIO && inject fdatasync EIO && inject fsync EIO
}
if command -v strace >/dev/null && strace -o /dev/null true 2>/dev/null; then
	try "any write or sync may fail" failing_calls
else
	skip "any write or sync may fail" "no strace"
fi

full_disk() {
	mkdir -p "$CASE/state"
	plant 10
	rm -rf "$CASE/state"
	mkdir -m 700 "$CASE/state"
	mount -t tmpfs -o size=600k,mode=700 tmpfs "$CASE/state" || return 1
	invar init
	[ "$RC" = 0 ] || { cat "$CASE/err"; return 1; }
	(cd "$BASE" && for ((i = 0; i < 8000; i++)); do echo "$i" >"a rather long name, $RANDOM $RANDOM $RANDOM $i"; done)
	invar check
	case $RC in 14 | 18) ;; *) echo "check on a full disk: $RC"; cat "$CASE/err"; return 1 ;; esac
	cat "$CASE/err"
	sound || return 1
	find "$BASE" -name 'a rather*' -delete
	invar check
	[ "$RC" = 4 ] || { echo "check with room again: $RC"; cat "$CASE/err"; return 1; } # the folder's mtime
}
try "a full disk" full_disk

# ---- who else is there ----

second_writer() {
	local pid
	plant 10
	truncate -s 6G "$BASE/large"
	"$INVAR" check --policy "$CASE/policy.yaml" --state "$CASE/state" >/dev/null 2>&1 &
	pid=$!
	writes $pid || return 1
	invar check
	kill -9 $pid
	wait $pid 2>/dev/null
	[ "$RC" = 21 ] && grep -q "$pid" "$CASE/err" || { echo "$RC, not 21 with $pid"; cat "$CASE/err"; return 1; }
}
try "a second writer is told who holds the lock" second_writer

interrupted() {
	local pid
	plant 10
	truncate -s 6G "$BASE/large"
	# setsid: a shell starts what it runs in the background with SIGINT ignored
	/usr/bin/python3 -c 'import os,signal,sys; signal.signal(signal.SIGINT, signal.SIG_DFL); os.execv(sys.argv[1], sys.argv[1:])' \
		"$INVAR" check --policy "$CASE/policy.yaml" --state "$CASE/state" >/dev/null 2>"$CASE/err" &
	pid=$!
	writes $pid || return 1
	sleep 0.3 # in the middle of it
	kill -INT $pid
	wait $pid
	RC=$?
	[ $RC = 25 ] || { echo "status $RC, not 25"; cat "$CASE/err"; return 1; }
	sound || return 1
	rm "$BASE/large"
	echo x >"$BASE/f1"
	invar check
	[ "$RC" = 4 ] || { echo "the next check: $RC"; cat "$CASE/err"; return 1; }
}
try "an interrupt ends a check, and the next one is whole" interrupted

# ---- damage ----

damaged() {
	local n before how
	plant 300
	cp -a "$CASE/state" "$CASE/whole"
	for how in flip cut foreign empty; do
		for n in 1 2 3 4; do
			rm -rf "$CASE/state"
			cp -a "$CASE/whole" "$CASE/state"
			/usr/bin/python3 - "$CASE/state/state.db" $how $n <<-'END'
				import os, random, sys
				f, how, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
				data = bytearray(open(f, "rb").read())
				random.seed(n)
				if how == "flip":
				    for at in range(200 * n, len(data), 997):
				        data[at] ^= 0x41
				if how == "cut":
				    del data[len(data) * n // 5:]
				if how == "foreign":
				    data = random.randbytes(9000)
				if how == "empty":
				    data = b""
				open(f, "wb").write(data)
			END
			before=$(sha256sum <"$CASE/state/state.db")
			for command in check "baseline verify" "init --replace"; do
				invar $command
				[ "$RC" = 24 ] || { echo "$how $n, $command: $RC, not 24"; cat "$CASE/err"; return 1; }
				[ "$before" = "$(sha256sum <"$CASE/state/state.db")" ] || { echo "$how: $command wrote to it"; return 1; }
			done
		done
	done
}
try "a damaged store is named and left as it is" damaged

read_only() {
	plant 10
	mount --bind "$CASE/state" "$CASE/state" && mount -o remount,bind,ro "$CASE/state" || return 1
	invar check
	case $RC in 14 | 18) ;; *) echo "check: $RC"; cat "$CASE/err"; return 1 ;; esac
	grep -qi "read-only" "$CASE/err" || { cat "$CASE/err"; return 1; }
}
try "a state folder that cannot be written is said to be so" read_only
done_testing
