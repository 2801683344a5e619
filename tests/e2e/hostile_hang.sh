#!/bin/bash
# A file system that does not answer, answers with errors, or lies: it is one named gap, the rest
# goes on, nothing on it is taken for deleted, and the prompt comes back.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
[ -c /dev/fuse ] || skip_all "no /dev/fuse"
DEADLINE=1000
LIMIT=60

# served NAME: a tree with a FUSE file system "m" among local files, and its baseline.
served() {
	use "$1"
	mkdir "$BASE/m" "$BASE/a" "$BASE/z"
	echo 1 >"$BASE/a/before"
	echo 2 >"$BASE/z/behind"
	echo ok >"$CASE/mode"
	start "$TOOLS/fuse_server" "$BASE/m" "$CASE/mode" || echo "# $(cat "$CASE/start.err")"
	invar init
	expect "$1: a baseline while it answers" 0
}

# The server is told what to do from now on; what hung is answered.
mode() {
	echo "$1" >"$CASE/mode"
	sleep 0.2
}

# hang MODE [OPTION…]: it hangs; then it is well again.
hang() {
	served "$1"
	mode "$1"
	echo 3 >>"$BASE/z/behind"
	invar check --deadline $DEADLINE "${@:2}"
	expect "$1: the mount is one gap, what lies behind it is seen, nothing is deleted" 36 \
		"gap m/** timeout" "updated z/behind size,sha256"
	within "$1: the prompt is back" $((2 * DEADLINE + 1500))
	invar check --deadline $DEADLINE "${@:2}"
	expect "$1: again the same, nobody holds the lock" 36 \
		"gap m/** timeout" "updated z/behind size,sha256"
	mode ok
	invar check "${@:2}"
	expect "$1: well again, nothing changed on it" 4 "updated z/behind size,sha256"
}

hang hangstat
hang hangroot
hang hangopen
hang hangread
hang hanglist
hang hangopendir
hang hangxattr

# A server that is gone with all that is mounted from it costs little more than one mount.
many=40 # each cost a reading process, and of more than a dozen the scan failed
use many
mkdir "$BASE/a" "$BASE/z"
for ((i = 0; i < many; i++)); do mkdir "$BASE/m$i"; done
echo 2 >"$BASE/z/behind"
invar init
echo 3 >>"$BASE/z/behind"
start python3 tests/e2e/silent_mounts.py "$BASE" $many || echo "# $(cat "$CASE/start.err")"
invar check --deadline $DEADLINE
gaps=()
for ((i = 0; i < many; i++)); do gaps+=("gap m$i/** timeout"); done
expect "many: each is a gap, what lies behind them is seen" 36 "${gaps[@]}" "updated z/behind size,sha256"
within "many: they were asked together" $((many * DEADLINE / 2))
stop

# Quick checks ask for single entries, and hang there too.
served quick
mode hangread
touch "$BASE/z/behind"
invar check --quick --deadline $DEADLINE
expect "quick: what is not read does not hang" 0
mode hangstat
invar check --quick --deadline $DEADLINE
expect "quick: hang on stat" 32 "gap m/** timeout"
mode ok
invar check --quick
expect "quick: well again" 0
mode hangnew
invar check --quick --deadline $DEADLINE
expect "quick: hang on what has new time stamps" 32 "gap m/** timeout"
within "quick: the prompt is back" $((2 * DEADLINE + 1500))
mode ok

# The observed root itself.
served top
REAL=$BASE/m
BASE=/
CASE=$CASE/root
mkdir "$CASE"
policy "fields: [content]"
invar init --root "$REAL"
expect "root: a baseline of the mount itself" 0
echo hangroot >"${CASE%/root}/mode"
sleep 0.2
invar check --root "$REAL" --deadline $DEADLINE
expect "root: all of it is one gap" 32 "gap ./** timeout"
within "root: the prompt is back" $((2 * DEADLINE + 1500))
echo ok >"${CASE%/root}/mode"
sleep 0.2
invar check --root "$REAL"
expect "root: well again" 0

# Two mounts that hang cost two deadlines, no more.
served two
mkdir "$BASE/n"
echo ok >"$CASE/mode2"
start "$TOOLS/fuse_server" "$BASE/n" "$CASE/mode2"
invar check
mode hangread
echo hangstat >"$CASE/mode2"
sleep 0.2
invar check --deadline $DEADLINE
expect "two: two gaps" 33 "gap m/** timeout" "gap n/** timeout" \
	"created n/a" "created n/bad" "created n/dir" "created n/dir/inner" "created n/dir/other" \
	"created n/z" "created n"
within "two: two deadlines" $((3 * DEADLINE + 2500))

# Interrupted while it hangs: at once, and the next one works.
served interrupt
mode hangread
"$INVAR" check --policy "$CASE/policy.yaml" --state "$CASE/state" >"$CASE/out" 2>&1 &
PID2=$!
sleep 1
kill -TERM $PID2
from=$(date +%s%N)
wait $PID2
rc=$?
MS=$((($(date +%s%N) - from) / 1000000))
same "interrupt: exit status" $rc 25
within "interrupt: at once" 1500
invar status
[ "$RC" = 0 ]
point $? "interrupt: nobody holds the lock" "$CASE/err"
mode ok

# ---- errors ----

served eio
mode eio
invar check
expect "eio: a file that cannot be read is a gap, its digest stays" 32 "gap m/bad io"
mode eiolist
invar check
expect "eio: so is a folder that cannot be listed, with all that is below it" 32 "gap m/dir/** io"
mode eioall
invar check
found
! grep -qv '^gap m.* io$' "$CASE/found" && [ "$RC" = 32 ]
point $? "eio: a whole mount behind EIO is a gap, not a deletion" "$CASE/found"
invar check --quick
found
! grep -qv '^gap m.* io$' "$CASE/found" && [ "$RC" = 32 ]
point $? "eio: also for a quick check" "$CASE/found"
mode ok
invar check
expect "eio: well again, nothing changed" 0
id=$(awk -v m="$BASE/m" '$5 == m { print $3 }' /proc/self/mountinfo)
[ -d /sys/fs/fuse/connections/1 ] || mount -t fusectl fusectl /sys/fs/fuse/connections 2>/dev/null
if echo 1 2>/dev/null >"/sys/fs/fuse/connections/${id#*:}/abort"; then
	invar check
	found
	! grep -qv '^gap m.* io$' "$CASE/found" && [ "$RC" = 32 ]
	point $? "eio: a server that died is a gap, not a deletion" "$CASE/found"
else
	skip "eio: a server that died" "no fusectl"
fi

# ---- lies ----

served lies
mode lie
invar check
found
grep -qx 'gap m/bad unstable' "$CASE/found" && [ "$RC" = 36 ]
point $? "lies: a file that is shorter than it says" "$CASE/found"
mode endless
invar check --size-cap 1M
expect "lies: an endless file is too large" 4 "updated m/bad size,sha256"
same "lies: and says so" "$(field m/bad content)" too-large
within "lies: and not read on and on" 10000
mode bottomless
invar check --size-cap 1M
found
grep -qx 'gap m/bad limit' "$CASE/found"
point $? "lies: one that says it is empty and has no end" "$CASE/found"
! grep -q '"content":"hashed"' <(grep '"m/bad"' "$CASE/out")
point $? "lies: has no digest"
mode ok
invar check
mode twins
invar check
expect "lies: a name that comes twice is one" 0
mode endlesslist
invar check --file-seconds 2
found
grep -qx 'gap m/dir/\*\* limit' "$CASE/found" && ! grep -q '^deleted m/[abz]' "$CASE/found"
point $? "lies: an endless folder is a limit" "$CASE/found"
within "lies: reached in time" 20000
mode ok
invar check
[ $((RC & 34)) = 0 ]
point $? "lies: well again: exit status $RC"

done_testing
