# shellcheck shell=bash
# For the tests of the live agent, which are written in Python (live.py): sourced behind lib.sh.

# live SCRIPT: run it with WORK, and end whatever it leaves behind.
live() {
	need_root
	export WORK INVAR
	PYTHONPATH=tests/e2e PYTHONDONTWRITEBYTECODE=1 /usr/bin/python3 "tests/e2e/$1"
	local rc=$?
	left_behind
	cat "$WORK"/sanitizers/* >"$WORK/sanitizers.all" 2>/dev/null
	[ ! -s "$WORK/sanitizers.all" ] || { sed 's/^/# /' "$WORK/sanitizers.all" | head -n 60; rc=1; }
	exit $rc
}

# Processes of ours that go on: by the state folder in their command line.
left_behind() {
	local pid
	for pid in $(grep -lsF "$WORK" /proc/[0-9]*/cmdline | cut -d/ -f3); do
		[ "$pid" = $$ ] || PIDS+=("$pid")
	done
}
