# shellcheck shell=bash
# Shared by the end-to-end tests; sourced from the top of the sources. Prints TAP.
#
#   INVAR   the program (default build/dev/invar)
#   BUILD   its build folder, where the tools are (default: the program's)
#   WORK    a folder of our own; everything in it, mounted on it or started by us goes at the end
INVAR=$(realpath "${INVAR:-${INVAR_BIN:-build/dev/invar}}")
BUILD=${BUILD:-$(dirname "$INVAR")}
# shellcheck disable=SC2034 # for those who source this
TOOLS=$BUILD/e2e
SOURCES=$PWD
WORK=$(mktemp -d "${TMPDIR:-/var/tmp}/invar-e2e.XXXXXX")
PIDS=()

. tests/e2e/patient.sh
. tests/e2e/tap.sh

# ---- the end ----

# Mounts below WORK, the deepest first. A FUSE that hangs is cut off, so that nobody waits for it.
unmount_all() {
	local id mount device
	while read -r id mount; do
		device=/sys/fs/fuse/connections/${id#*:}/abort
		[ -w "$device" ] && echo 1 >"$device"
		umount -l "$mount" 2>/dev/null
	done < <(awk -v work="$WORK/" 'index($5, work) == 1 { print $3, $5 }' /proc/self/mountinfo |
		tac)
	losetup -nlO NAME,BACK-FILE | awk -v work="$WORK/" 'index($2, work) == 1 { print $1 }' |
		xargs -r -n1 losetup -d 2>/dev/null
}

finish() {
	local pid
	exec 2>/dev/null # the shell's word on each that is killed
	for pid in "${PIDS[@]}"; do
		kill -9 "$pid" 2>/dev/null
	done
	[ -d /sys/fs/fuse/connections/1 ] || mount -t fusectl fusectl /sys/fs/fuse/connections 2>/dev/null
	unmount_all
	find "$WORK" -xdev -exec chattr -f -i -a {} + 2>/dev/null
	rm -rf --one-file-system "$WORK"
}
trap finish EXIT
trap 'exit 143' TERM INT

# What sanitizers say of the crew, whose output nobody hears, goes to files.
mkdir -m 1777 "$WORK/sanitizers"
export ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}log_path=$WORK/sanitizers/asan"
export UBSAN_OPTIONS="${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}log_path=$WORK/sanitizers/ubsan"

# The plan, and the exit status of the test.
done_testing() {
	# A thread that ends while leaks are looked for is only a note.
	cat "$WORK"/sanitizers/* 2>/dev/null |
		grep -av '^==[0-9]*==Unable to get registers from thread' >"$WORK/sanitizers.all"
	if [ -s "$WORK/sanitizers.all" ]; then
		point 1 "sanitizers have nothing to say" "$WORK/sanitizers.all"
	fi
	echo "1..$POINTS"
	exit $((FAILED > 0))
}

# ---- the program ----

# use NAME [BASE]: a policy of one rule "r" for BASE (default WORK/NAME, which is made), and a state
# of its own. Left out are fields that follow from what a test does anyway.
use() {
	CASE=$WORK/$1
	BASE=${2:-$CASE/tree}
	mkdir -p "$CASE" "$BASE"
	policy "fields: [all, -mtime, -ctime, -btime, -inode, -nlink, -sha1, -md5, -sha512]"
}

# policy LINE…: the lines of the rule beside its base.
policy() {
	{
		printf 'version: 1\nrules:\n  - id: r\n    severity: high\n    kind: file\n'
		printf '    base: "%s"\n' "$BASE"
		printf '    %s\n' "$@"
	} >"$CASE/policy.yaml"
}

# invar COMMAND…: with the policy and state of the case, --json; output in CASE/out, status in RC,
# milliseconds in MS. AS="setpriv …" runs it as somebody else.
invar() {
	local from
	from=$(date +%s%N)
	# The pipe shows whether anything stays behind that holds it open.
	{
		# shellcheck disable=SC2086 # AS is a command and its arguments
		timeout -k 5 "${LIMIT:-180}" ${AS:-} "$INVAR" "$@" --policy "$CASE/policy.yaml" \
			--state "$CASE/state" --json 2>"$CASE/err" </dev/null
		echo $? >"$CASE/rc"
	} | cat >"$CASE/out"
	MS=$((($(date +%s%N) - from) / 1000000))
	RC=$(<"$CASE/rc")
}

# What was found, a line each, sorted:
#   created KEY / deleted KEY / updated KEY FIELDS / renamed KEY <- OLD / gap KEY[/**] REASON
found() {
	/usr/bin/python3 "$SOURCES/tests/e2e/found.py" "$BASE" <"$CASE/out" >"$CASE/found"
}

# expect TEXT STATUS [LINE…]: the last command ended with STATUS and found exactly these lines.
expect() {
	local text=$1 rc=$2
	shift 2
	found 2>"$CASE/diff"
	{
		[ "$RC" = "$rc" ] || echo "exit status $RC, not $rc"
		[ -s "$CASE/err" ] && cat "$CASE/err"
		printf '%s\n' "$@" | sed '/^$/d' | LC_ALL=C sort | diff -u - "$CASE/found"
	} >>"$CASE/diff"
	[ "$RC" = "$rc" ] && ! grep -q '^[-+][^-+]\|Traceback' "$CASE/diff"
	point $? "$text" "$CASE/diff"
}

# says TEXT STATUS WORDS…: the last command, as people see it (CASE/plain), ended so and said all of it.
says() {
	local text=$1 rc=$2 words ok=0
	shift 2
	[ "$RC" = "$rc" ] || ok=1
	for words in "$@"; do
		grep -qF -- "$words" "$CASE/plain" || ok=1
	done
	point $ok "$text" "$CASE/plain"
}

# inside OPTIONS SCRIPT ARGUMENT…: the script in namespaces of its own; in RC the statuses it says.
inside() {
	local options=$1
	shift
	# shellcheck disable=SC2086 # several words
	unshare $options sh "$@" >"$CASE/plain" 2>&1
	RC=$(sed -n 's/^status //p' "$CASE/plain" | tr '\n' ' ')
}

# field KEY NAME: the last command's value of an entity (of baseline show, or of a change).
field() {
	/usr/bin/python3 "$SOURCES/tests/e2e/found.py" "$BASE" "$1" "$2" <"$CASE/out"
}

# same TEXT IS EXPECTED
same() {
	[ "$2" = "$3" ]
	local rc=$?
	printf 'is:       %s\nexpected: %s\n' "$2" "$3" >"$CASE/diff"
	point $rc "$1" "$CASE/diff"
}

# within TEXT MS: the last command took no longer than that does on a machine that is as loaded.
within() {
	local most
	most=$(patient "$2")
	[ "$MS" -le "$most" ]
	point $? "$1 ($MS ms, at most $most)"
}

# ---- troublemakers ----

# start COMMAND…: run it beside us until it says "ready". PID is its own.
start() {
	local out word
	out=$CASE/start.$RANDOM
	mkfifo "$out"
	"$@" >"$out" 2>"$CASE/start.err" &
	PID=$!
	PIDS+=("$PID")
	exec 9<"$out"
	read -r -t 60 word <&9
	rm -f "$out"
	[ "$word" = ready ]
}

# stop: end the one started last, and print what it says then.
stop() {
	kill "$PID" 2>/dev/null
	cat <&9
	wait "$PID" 2>/dev/null
	exec 9<&-
}

# image FOLDER MKFS SIZE [MOUNT-OPTIONS]: a file system of its own on a loop device.
image() {
	local file=$CASE/${1//\//_}.img
	mkdir -p "$1"
	truncate -s "$3" "$file"
	$2 "$file" >"$CASE/mkfs" 2>&1 && mount -o "loop${4:+,$4}" "$file" "$1" 2>>"$CASE/mkfs"
}
