# shellcheck shell=bash
# Shared by the end-to-end tests under Wine; sourced from the top of the sources. Prints TAP.
#
#   INVAR     invar.exe (default build/mingw/invar.exe)
#   BUILD     its build folder, where helpers are
#   TEMPLATE  the Wine prefix to copy (default BUILD/wine-template; tests/windows/wine makes it)
#   WORK      a folder of our own, below C:\; everything goes at the end
#   WINDOWS   the same as Windows writes it
INVAR=$(realpath "${INVAR:-build/mingw/invar.exe}")
BUILD=${BUILD:-$(dirname "$INVAR")}
TEMPLATE=${TEMPLATE:-$BUILD/wine-template}
# shellcheck disable=SC2034 # for those who source this
SOURCES=$PWD
if ! command -v wine >/dev/null || ! [ -f "$INVAR" ]; then
	echo "1..0 # SKIP needs wine and invar.exe"
	exit 77
fi
PLACE=$(mktemp -d "${TMPDIR:-/var/tmp}/invar-wine.XXXXXX")
. tests/e2e/patient.sh
export WINEPREFIX=$PLACE/prefix WINEDEBUG=-all LC_ALL=C.UTF-8
export WINEDLLOVERRIDES="mscoree,mshtml,winedbg.exe=${OVERRIDES:+;$OVERRIDES}"
unset DISPLAY
POINTS=0
FAILED=0

# end_of PLACE: the server of a test's prefix and all that runs in it are ended, then PLACE goes.
# Whoever has that prefix in its environment is of that test; no other is touched.
end_of() {
	WINEPREFIX=$1/prefix TMPDIR=$1/prefix/drive_c/invar-test timeout 20 wineserver -k
	grep -lzxF "WINEPREFIX=$1/prefix" /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r kill -9
	rm -rf --one-file-system "$1"
}

finish() {
	exec 2>/dev/null
	end_of "$PLACE"
}
trap finish EXIT
trap 'exit 143' TERM INT

# Tests that were killed leave theirs behind.
echo $$ >"$PLACE/new" && mv "$PLACE/new" "$PLACE/test"
for left in "${PLACE%.*}".*/test; do
	kill -0 "$(<"$left")" 2>/dev/null || end_of "${left%/test}" 2>/dev/null
done

tests/windows/wine template "$TEMPLATE"
cp -a "$TEMPLATE" "$WINEPREFIX"
# shellcheck disable=SC2034
DRIVE=$WINEPREFIX/drive_c
WORK=$DRIVE/invar-test
WINDOWS='C:\invar-test'
mkdir "$WORK"
# Helpers that make files make them where Windows sees them. Wine's server has its socket there: it
# must begin with the same, else the programs begin another one, and wineserver -k finds neither.
export TMPDIR=$WORK
timeout 60 wineserver -p </dev/null >/dev/null 2>&1

# ---- TAP ----

# point STATUS TEXT [FILE]: one line; the file explains a failure.
point() {
	POINTS=$((POINTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $POINTS - $2"
		return 0
	fi
	echo "not ok $POINTS - $2"
	[ -s "${3:-/dev/null}" ] && head -n 40 "$3" | cut -c1-300 | sed 's/^/# /'
	FAILED=$((FAILED + 1))
}

# skip TEXT REASON
skip() {
	POINTS=$((POINTS + 1))
	echo "ok $POINTS - $1 # SKIP $2"
}

# The plan, and the exit status of the test.
done_testing() {
	echo "1..$POINTS"
	exit $((FAILED > 0))
}

# ---- Windows ----

# run PROGRAM…: under Wine, with a limit (LIMIT seconds, default 180: an installation beside other work
# takes more than 60).
run() {
	timeout -k 5 "${LIMIT:-180}" wine "$@" </dev/null
}

# registry add|delete|query|import …: Wine's reg, whose words nobody wants to hear.
registry() {
	run reg "$@" >"$PLACE/reg" 2>&1
}

# windows PATH: how Windows names a file below C:\.
windows() {
	local path=${1#"$DRIVE"/}
	printf '%s' "C:\\${path//\//\\}"
}

# ---- the program ----

# use NAME [RULE…]: a case of its own, CASE, with a policy of these rules (each a YAML flow map
# "{ id: x, kind: service }"; default one of kind file for CASE/tree) and no state yet. BASE is that
# folder, made.
use() {
	CASE=$WORK/$1
	BASE=$CASE/tree
	mkdir -p "$BASE"
	shift
	[ $# -gt 0 ] || set -- "{ id: r, severity: high, kind: file, base: '$(windows "$BASE")' }"
	{
		printf 'version: 1\nrules:\n'
		printf '  - %s\n' "$@"
	} >"$CASE/policy.yaml"
}

# invar COMMAND…: with the policy and state of the case, --json; output in CASE/out, errors in
# CASE/err, status in RC, milliseconds in MS.
invar() {
	local from
	from=$(date +%s%N)
	{
		run "$INVAR" "$@" --policy "$(windows "$CASE")\\policy.yaml" \
			--state "$(windows "$CASE")\\state" --json 2>"$CASE/err"
		echo $? >"$CASE/rc"
	} | cat >"$CASE/out"
	MS=$((($(date +%s%N) - from) / 1000000))
	RC=$(<"$CASE/rc")
}

# text COMMAND…: the same without --json.
text() {
	run "$INVAR" "$@" --policy "$(windows "$CASE")\\policy.yaml" \
		--state "$(windows "$CASE")\\state" >"$CASE/out" 2>"$CASE/err"
	RC=$?
}

# change KIND KEY CHANGE: is this change among the last output's records? KEY as in JSON.
change() {
	jq -e --arg kind "$1" --arg key "$2" --arg change "$3" -s \
		'any(.[]; .kind == $kind and .key == $key and .change == $change)' "$CASE/out" \
		>/dev/null
}

# none: no change is among the last output's records.
none() {
	jq -e -s 'all(.[]; .record != "change")' "$CASE/out" >/dev/null
}
