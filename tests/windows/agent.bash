# shellcheck shell=bash
# What the tests of the agent on Windows have in common: a Wine of their own, which they may restart,
# a folder, a policy, and waiting for what must come.
set -Eeuo pipefail
BUILD=${BUILD:-build/mingw}
INVAR=${INVAR:-$BUILD/invar.exe}
[[ $INVAR == *.exe ]] || INVAR=$BUILD/invar.exe
[ -e "$INVAR" ] || { echo "no $INVAR"; exit 77; }
INVAR=$(realpath "$INVAR")
template=${WINEPREFIX:-build/wine}
work=$(mktemp -d)
export WINEPREFIX=$work/wine WINEDEBUG=-all LC_ALL=C.UTF-8 WINEDLLOVERRIDES='mscoree,mshtml=' DISPLAY=

finish() {
	local status=$?
	timeout 20 wineserver -k || true
	rm -rf "$work"
	exit "$status"
}
trap finish EXIT
trap 'echo "line $LINENO: $BASH_COMMAND"' ERR

# The system's own files are never written to in place.
mkdir -p "$WINEPREFIX"
for entry in "$template"/* "$template"/.[a-z]*; do
	case $entry in
	*/drive_c) ;;
	*) [ ! -e "$entry" ] || cp -a "$entry" "$WINEPREFIX/" ;;
	esac
done
mkdir "$WINEPREFIX/drive_c"
for entry in "$template"/drive_c/*; do
	case $entry in
	*/windows) cp -al "$entry" "$WINEPREFIX/drive_c/" ;;
	*) cp -a "$entry" "$WINEPREFIX/drive_c/" ;;
	esac
done
c=$WINEPREFIX/drive_c
timeout 20 wineserver -p

run() { timeout 60 wine "$@"; }
invar() { timeout 60 wine "$INVAR" "$@" --policy 'C:\policy' --state 'C:\state'; }
fail() {
	echo "FAILED: $*"
	exit 1
}

# until SECONDS COMMAND…: it must succeed by then; prints how long it took.
until_true() {
	local most=$1 from now
	shift
	from=$(date +%s%N)
	while ! "$@" >"$work/until" 2>&1; do
		now=$(date +%s%N)
		if ((now - from > most * 1000000000)); then
			cat "$work/until"
			fail "not within $most s: $*"
		fi
		sleep 0.1
	done
	echo "$(((($(date +%s%N) - from)) / 1000000)) ms: $*"
}

# policy: rules for what the tests change.
write_policy() {
	mkdir -p "$c/policy" "$c/watched/below"
	cat >"$c/policy/try.yaml" <<-'YAML'
		version: 1
		rules:
		  - { id: files, title: Files, severity: high, kind: file, base: 'C:\watched' }
		  - { id: values, title: Values, severity: high, kind: registry-value, base: 'HKLM\SOFTWARE\InvarTest' }
		  - { id: services, title: Services, severity: high, kind: service, include: ["InvarVictim*"] }
		  - { id: ports, title: Ports, severity: medium, kind: port, include: ["tcp/*/45871", "tcp/*/45872"] }
	YAML
	run reg add 'HKLM\SOFTWARE\InvarTest' /v first /t REG_SZ /d 1 /f >/dev/null
	echo one >"$c/watched/one"
}
