# shellcheck shell=bash
# What an end-to-end test says, as TAP. A script ends with the plan, "1..$POINTS", and a status by FAILED.
POINTS=0
# shellcheck disable=SC2034 # for those who source this
FAILED=0

# point STATUS TEXT [FILE]: one line; the file's begin and end explain a failure.
point() {
	POINTS=$((POINTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $POINTS - $2"
		return 0
	fi
	echo "not ok $POINTS - $2"
	if [ -s "${3:-/dev/null}" ]; then
		{ head -n 40 "$3"; tail -n +41 "$3" | tail -n 20; } | cut -c1-600 | sed 's/^/# /'
	fi
	FAILED=$((FAILED + 1))
}

# skip TEXT REASON: this point cannot be tried here.
skip() {
	POINTS=$((POINTS + 1))
	echo "ok $POINTS - $1 # SKIP $2"
}

# skip_all REASON: none can.
skip_all() {
	echo "1..0 # SKIP $1"
	exit 77
}

need_root() {
	[ "$(id -u)" = 0 ] || skip_all "needs root"
}

# bail REASON: what the test stands on is broken.
bail() {
	echo "Bail out! $1"
	exit 1
}
