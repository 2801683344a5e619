#!/bin/bash
# Very deep, very wide: the right answer in bounded memory.
#
# INVAR_ENTRIES: how many in one folder (default 200,000; the promise is for 1,000,000).
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
ENTRIES=${INVAR_ENTRIES:-200000}
LIMIT=200

# pss: the most memory that the program and its processes held together, in KiB, into PEAK; runs
# until FILE is gone.
watch_memory() {
	local peak=0 now pid parents
	while [ -e "$1" ]; do
		now=0
		parents=$(pgrep -x -f "$INVAR .*$CASE.*" | tr '\n' ' ')
		for pid in $parents; do
			now=$((now + $(awk '/^Pss:/ { n += $2 } END { print n + 0 }' "/proc/$pid/smaps_rollup" 2>/dev/null || echo 0)))
		done
		[ $now -gt $peak ] && peak=$now && echo $peak >"$CASE/peak"
		sleep 0.05
	done
}

# measured COMMAND…: invar, with its peak in PEAK.
measured() {
	local watcher
	touch "$CASE/running"
	echo 0 >"$CASE/peak"
	watch_memory "$CASE/running" &
	watcher=$!
	invar "$@"
	rm "$CASE/running"
	wait $watcher
	PEAK=$(<"$CASE/peak")
}

# sane TEXT: the build is one whose memory says something.
sane() {
	if grep -q __asan_init "$INVAR"; then
		skip "$1" "sanitizers use memory of their own"
	elif [ "$PEAK" = 0 ]; then
		skip "$1" "over before its memory could be looked at"
	else
		[ "$PEAK" -le 32768 ]
		point $? "$1: $PEAK KiB, at most 32768"
	fi
}

# ---- 2,000 levels ----

use deep
"$TOOLS/file_maker" deep "$BASE" 2000
# Few descriptors must do.
AS="prlimit --nofile=256:256" measured init
expect "2,000 levels deep, a path of 30 kB" 0
sane "deep: init"
same "deep: all of it" "$(grep -o '"items":[0-9]*' "$CASE/out")" '"items":2002'
invar check --quick
expect "deep: quiet" 0
deepest() {
	/usr/bin/python3 - "$BASE" "$1" <<'P'
import os, sys
os.chdir(sys.argv[1])
for _ in range(2000):
    os.chdir("level-of-depth")
open("bottom", "a").write(sys.argv[2])
P
}
deepest more
AS="prlimit --nofile=256:256" measured check
expect "deep: a change at the bottom" 4 \
	"updated $(printf 'level-of-depth/%.0s' {1..2000})bottom size,sha256"
sane "deep: check"

# ---- one folder ----

use wide
mount -t tmpfs -o nr_inodes=0,size=2G tmpfs "$BASE"
"$TOOLS/file_maker" many "$BASE" "$ENTRIES"
mkdir "$BASE/a" "$BASE/z" "$BASE/f80"
echo 1 >"$BASE/a/x"
echo 2 >"$BASE/z/x"
echo 3 >"$BASE/f80/x"
measured init
expect "$ENTRIES entries in one folder" 0
same "wide: all of them" "$(grep -o '"items":[0-9]*' "$CASE/out")" "\"items\":$((ENTRIES + 7))"
sane "wide: init"
echo "# $MS ms"
rm "$BASE/f00000000"
echo changed >"$BASE/f$(printf %08x $((2654435761 & 0xffffffff)))"
echo new >"$BASE/f80000000x"
echo more >>"$BASE/f80/x"
measured check
expect "wide: changes among them" 7 "deleted f00000000" "updated f9e3779b1 size,sha256" \
	"created f80000000x" "updated f80/x size,sha256"
sane "wide: check"
measured check --quick
expect "wide: quick" 7 "deleted f00000000" "updated f9e3779b1 size,sha256" \
	"created f80000000x" "updated f80/x size,sha256"
sane "wide: quick check"

done_testing
