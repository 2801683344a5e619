#!/bin/bash
# The service: what it shows, what it survives, what it refuses, and what rights its processes have.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

# soon COMMAND…: until it succeeds, 30 s at most.
soon() {
	local i
	for ((i = 0; i < 300; i++)); do
		"$@" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}

# agent [VARIABLE=VALUE…]: start it and wait until it hears. AGENT is the parent's pid.
agent() {
	: >"$CASE/agent.err" # what the one before said is not its word
	env "$@" "$INVAR" agent --policy "$CASE/policy.yaml" --state "$CASE/state" \
		--config "$CASE/agent.yaml" >"$CASE/agent.out" 2>"$CASE/agent.err" </dev/null &
	AGENT=$!
	PIDS+=("$AGENT")
	soon grep -q 'heard of now' "$CASE/agent.err"
}

# role NAME: pid of the agent's process.
role() {
	pgrep -P "$AGENT" -f . | while read -r pid; do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "invar-$1" ] && echo "$pid"
	done
}
has_role() {
	[ -n "$(role "$1")" ]
}

# again NAME OLD: another process of that name is there.
again() {
	local now
	now=$(role "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}

plain() {
	timeout 60 "$INVAR" "$@" --policy "$CASE/policy.yaml" --state "$CASE/state" \
		>"$CASE/plain" 2>&1 </dev/null
	RC=$?
}

# ledger WORDS: the log has a line with them.
ledger() {
	plain log --full
	grep -qF -- "$1" "$CASE/plain"
}
watching() {
	plain status --json
	grep -q '"watching":true' "$CASE/plain"
}
# seen FILE: a change of it, made now, is recorded.
seen() {
	local before
	plain log
	before=$(grep -cF -- "$1" "$CASE/plain")
	echo "$RANDOM$RANDOM" >"$1"
	soon recorded "$1" "$before"
}
recorded() {
	plain log
	[ "$(grep -cF -- "$1" "$CASE/plain")" -gt "$2" ]
}
holds() {
	soon ledger "$2"
	point $? "$1" "$CASE/plain"
}

# rules FOLDER…: one rule for each.
rules() {
	local n=0 x
	printf 'version: 1\nrules:\n'
	for x in "$@"; do
		n=$((n + 1))
		printf '  - { id: r%s, title: x, severity: high, kind: file, base: "%s", fields: [sha256] }\n' \
			"$n" "$x"
	done
}

# expects TEXT PID WORDS…: lines of /proc/PID/status, with single blanks.
expects() {
	local text=$1 pid=$2 word rc=0
	shift 2
	tr '\t' ' ' <"/proc/$pid/status" | tr -s ' ' >"$CASE/rights"
	for word in "$@"; do
		grep -qF -- "$word" "$CASE/rights" || rc=1
	done
	point $rc "$text" "$CASE/rights"
}

# bits CAPABILITY…: the set as /proc writes it, of those that can be had here.
bits() {
	local sum=0 n
	for n in "$@"; do
		sum=$((sum | (1 << n)))
	done
	printf '%016x' $((sum & 0x$(sed -n 's/^CapBnd:[^0-9a-f]*//p' /proc/self/status)))
}

use service
BASE=$CASE/tree
mkdir -p "$BASE/a" "$CASE/more" "$CASE/routed"
echo 1 >"$BASE/a/f"
chmod 755 "$WORK" "$CASE"
rules "$BASE" >"$CASE/policy.yaml"
echo "  - { id: m, title: m, severity: high, kind: mount, include: [\"$BASE/**\"] }" >>"$CASE/policy.yaml"
echo "control: $CASE/c.sock" >"$CASE/agent.yaml"

# ---- it starts ----

agent
point $? "it starts, and makes the baseline" "$CASE/agent.err"
ledger "agent-baseline"
point $? "which the ledger says" "$CASE/plain"
shown() {
	plain status --json
	/usr/bin/python3 - "$CASE/plain" <<'EOF'
import json, sys
d = json.load(open(sys.argv[1]))
a = d["agent"]
assert d["agent_running"] and a["watching"]
assert [r["role"] for r in a["roles"]] == ["parent", "watcher", "collector"], a["roles"]
assert all(r["pid"] > 1 and r["starts"] == 1 and not r["not_confined"] for r in a["roles"])
assert any(m["kind"] == "file" and m["in_force"] for m in a["means"])
assert any(m["kind"] == "process" and m["in_force"] for m in a["means"])
assert a["next_quick"] and "events" in a["counts"]
EOF
}
soon shown
point $? "status --json shows processes and means" "$CASE/plain"
plain status
grep -q '^agent .*watcher [0-9]' "$CASE/plain" && grep -q 'file by fanotify' "$CASE/plain"
point $? "so does status" "$CASE/plain"
seen "$BASE/a/f"
point $? "a change is recorded" "$CASE/plain"

# ---- rights ----

# numbers of capabilities: linux/capability.h
expects "rights of the parent" "$AGENT" "Uid: 0 0 0 0" "CapEff: $(bits 5)" "Seccomp: 2" \
	"NoNewPrivs: 1"
expects "rights of the watcher" "$(role watcher)" "Uid: 0 0 0 0" \
	"CapEff: $(bits 2 12 19 21 24 38 39)" "CapPrm: $(bits 2 12 19 21 24 38 39)" \
	"CapBnd: $(bits 2 12 19 21 24 38 39)" "Seccomp: 2" "NoNewPrivs: 1"
expects "rights of the collector" "$(role collector)" "Uid: 0 0 0 0" \
	"CapEff: $(bits 2 3 10 12 19 21 34 38 39)" "CapPrm: $(bits 2 3 10 12 19 21 34 38 39)" \
	"Seccomp: 2" "NoNewPrivs: 1"

# ---- what its rights must not keep from it ----

# Mounted and gone again, as somebody else than the test itself.
cp /usr/bin/mount "$CASE/mounter"
mounted() {
	plain log --json
	/usr/bin/python3 - "$CASE/plain" "$BASE/a/mnt" "$CASE/mounter" <<'EOF'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r.get("kind") == "mount" and r.get("key") == sys.argv[2] and r.get("change") == "created":
        sys.exit(0 if r.get("who", {}).get("exe") == sys.argv[3] else 3)
sys.exit(1)
EOF
}
mkdir "$BASE/a/mnt"
"$CASE/mounter" -t tmpfs rt-service "$BASE/a/mnt"
soon mounted
point $? "who mounts is known" "$CASE/plain"
umount "$BASE/a/mnt"

# Anybody's, in namespaces of his own: nothing of it waits for its end.
chmod 777 "$BASE/a"
cp /bin/sh "$CASE/poser"
chmod 755 "$CASE/poser"
setpriv --reuid 65534 --regid 65534 --clear-groups unshare --user --map-root-user --mount sh -c \
	"mount --bind $CASE/poser /usr/bin/dpkg && exec /usr/bin/dpkg -c 'echo x >$BASE/a/posed; sleep 61; :'" \
	>"$CASE/posed" 2>&1 </dev/null &
POSER=$!
PIDS+=("$POSER")
soon [ -e "$BASE/a/posed" ] && soon recorded "$BASE/a/posed" 0 && kill -0 "$POSER"
point $? "who poses as a package manager is not waited for" "$CASE/posed"
kill "$POSER" 2>/dev/null

# Nor of what root has the host's own do, where no package delivers anything.
mkdir -p "$CASE/admin/updates" "$CASE/admin/info" "$CASE/admin/triggers"
: >"$CASE/admin/status"
dpkg --admindir="$CASE/admin" --pre-invoke="echo x >'$BASE/a/invoked'; sleep 61" --configure --pending \
	>"$CASE/posed" 2>&1 </dev/null &
POSER=$!
PIDS+=("$POSER")
soon [ -e "$BASE/a/invoked" ] && soon recorded "$BASE/a/invoked" 0 && kill -0 "$POSER"
point $? "nor what it does where no package delivers" "$CASE/posed"
pkill -P "$POSER"
kill "$POSER" 2>/dev/null

# ---- one agent ----

plain agent --config "$CASE/agent.yaml"
[ "$RC" = 21 ] && grep -q "runs already .*process $AGENT" "$CASE/plain"
point $? "a second agent for the state is refused" "$CASE/plain"
timeout 20 "$INVAR" agent --policy "$CASE/policy.yaml" --state "$CASE/other" \
	--config "$CASE/agent.yaml" >"$CASE/plain" 2>&1
[ $? = 21 ] && grep -q 'another agent listens' "$CASE/plain"
point $? "so is one at the same socket" "$CASE/plain"

# ---- what is killed comes again ----

old=$(role watcher)
kill -9 "$old"
echo "while none watched" >"$BASE/a/gone-watcher"
soon again watcher "$old"
point $? "a watcher killed comes again" "$CASE/agent.err"
holds "its absence is a loss" "loss watcher"
holds "what happened then is reported" "gone-watcher"
soon watching
seen "$BASE/a/f"
point $? "and changes are heard of again" "$CASE/plain"

old=$(role collector)
kill -STOP "$old"
timeout 20 "$INVAR" status --policy "$CASE/policy.yaml" --state "$CASE/state" >"$CASE/plain" 2>&1
[ $? != 124 ] && grep -q 'its collector hangs, is stopped' "$CASE/plain"
point $? "of a collector that stands still status says so, soon" "$CASE/plain"
kill -9 "$old"
echo "while none collected" >"$BASE/a/gone-collector"
soon again collector "$old"
point $? "a collector killed comes again" "$CASE/agent.err"
holds "its absence is a loss, too" "the collector ended without a word"
holds "what happened then is reported as well" "gone-collector"
soon watching
seen "$BASE/a/f"
point $? "and changes are recorded again" "$CASE/plain"
plain log --json
[ "$(grep -c 'gone-collector' "$CASE/plain")" = 1 ] && [ "$(grep -c 'gone-watcher' "$CASE/plain")" = 1 ]
point $? "each once" "$CASE/plain"
plain status
grep -q 'collector [0-9]* (started 2 times)' "$CASE/plain"
point $? "status counts the starts" "$CASE/plain"

# Who looks for the collector is stopped: nobody waits for that until it is called hung.
has_crew() {
	crew=$(pgrep -P "$(role collector)" -x invar-crew)
}
soon has_crew
kill -STOP "$crew"
from=$(date +%s%N)
seen "$BASE/a/f"
point $? "a crew that is stopped: what changes is told all the same" "$CASE/plain"
took=$((($(date +%s%N) - from) / 1000000))
[ "$took" -lt "$(patient 8000)" ]
point $? "soon ($took ms)"
holds "and the ledger has a note" "a process that looks was stopped"
ended() { ! kill -0 "$crew"; }
soon ended
point $? "that one was ended" "$CASE/agent.err"

# ---- the policy ----

echo "  - { id: bad, knd: file }" >>"$CASE/policy.yaml"
plain policy apply
[ "$RC" = 17 ] && grep -q 'policy.yaml:5:[0-9]*: error: .*knd' "$CASE/plain"
point $? "policy apply: a wrong one is shown with its place" "$CASE/plain"
kill -HUP "$AGENT"
holds "SIGHUP: a wrong one is refused, with a note" "policy-refused"
rules "$BASE" >"$CASE/policy.yaml"
seen "$BASE/a/f"
point $? "the old one stays in force" "$CASE/plain"
rules "$BASE" "$CASE/more" >"$CASE/policy.yaml"
echo 1 >"$CASE/more/g"
plain policy apply
[ "$RC" = 0 ] && grep -q '2 entities newly watched' "$CASE/plain"
point $? "policy apply: a good one says what is newly watched" "$CASE/plain"
holds "and the ledger that they are approved" "decision"
seen "$CASE/more/g"
point $? "changes there are heard of" "$CASE/plain"
plain drift more
! grep -q '+ .*more/g' "$CASE/plain"
point $? "what was newly watched is no drift" "$CASE/plain"
rules "$BASE" >"$CASE/policy.yaml" # by an editor; nobody has applied it
old=$(role collector)
kill -9 "$old"
soon again collector "$old" && soon watching
seen "$CASE/more/g"
point $? "what was applied stays in force when a collector ends, and nothing else comes in" "$CASE/plain"
kill -HUP "$AGENT"
holds "SIGHUP: what is no longer watched is said" "policy-changed"

# ---- settings ----

echo "hodl: 5m" >>"$CASE/agent.yaml"
kill -HUP "$AGENT"
soon grep -q 'the old settings stay.*hodl' "$CASE/agent.err" && has_role collector
point $? "wrong settings are refused" "$CASE/agent.err"

# ---- the socket ----

stat -c '%a' "$CASE/c.sock" >"$CASE/mode"
same "the socket is not everybody's" "$(cat "$CASE/mode")" 660
setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/python3 tests/e2e/rt_socket.py \
	"$CASE/c.sock" stranger >"$CASE/diff" 2>&1
point $? "others cannot connect" "$CASE/diff"
chmod 666 "$CASE/c.sock"
setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/python3 tests/e2e/rt_socket.py \
	"$CASE/c.sock" refused >"$CASE/diff" 2>&1
point $? "and where they can, are refused" "$CASE/diff"
chmod 660 "$CASE/c.sock"
/usr/bin/python3 tests/e2e/rt_socket.py "$CASE/c.sock" hostile >"$CASE/diff" 2>&1
point $? "nonsense ends a connection, and only that" "$CASE/diff"
/usr/bin/python3 tests/e2e/rt_socket.py "$CASE/c.sock" crowd >"$CASE/diff" 2>&1
point $? "so do more clients than there may be" "$CASE/diff"
soon watching
point $? "others are answered all the while" "$CASE/plain"

# ---- the end ----

kill -TERM "$AGENT"
wait "$AGENT"
same "SIGTERM ends it in order" $? 0
ledger "agent-stop"
point $? "with a note" "$CASE/plain"
! pgrep -P "$AGENT" >/dev/null && [ ! -e "$CASE/c.sock" ]
point $? "and leaves nothing behind"
plain status
[ "$RC" = 0 ] && grep -q 'no agent is running' "$CASE/plain"
point $? "status says so" "$CASE/plain"

# ---- systemd, and the link ----

chown 65534 "$CASE/routed"
cat >"$CASE/agent.yaml" <<EOF
control: $CASE/c.sock
link_user: nobody
routes:
  - { name: lines, to: file, path: $CASE/routed/lines, from: start }
EOF
/usr/bin/python3 tests/e2e/rt_notify.py "$CASE/notify" "$CASE/said" &
PIDS+=($!)
soon test -S "$CASE/notify"
agent NOTIFY_SOCKET="$CASE/notify" WATCHDOG_USEC=2000000
soon grep -q '^READY=1' "$CASE/said"
point $? "systemd hears that it is ready" "$CASE/said"
soon grep -q '^WATCHDOG=1' "$CASE/said"
point $? "and that it lives" "$CASE/said"
soon has_role link
expects "rights of the link" "$(role link)" "Uid: 65534 65534 65534 65534" \
	"CapEff: $(bits)" "CapPrm: $(bits)" "CapBnd: $(bits)" "Seccomp: 2" "NoNewPrivs: 1"
soon test -s "$CASE/routed/lines"
point $? "records go out" "$CASE/agent.err"
old=$(role link)
kill -9 "$old"
soon again link "$old"
seen "$BASE/a/f"
plain log --json
last=$(tail -n 1 "$CASE/plain" | grep -o '"seq":[0-9]*')
soon grep -q "$last," "$CASE/routed/lines"
point $? "also by the next link, when one is killed" "$CASE/agent.err"
sort "$CASE/routed/lines" | uniq -d >"$CASE/diff"
[ ! -s "$CASE/diff" ]
point $? "none of them twice" "$CASE/diff"

collector=$(role collector)
kill -STOP "$collector"
silent() {
	: >"$CASE/said"
	sleep 3
	! grep -q WATCHDOG "$CASE/said"
}
sleep 1.2              # what was under way
silent || silent || silent # … which took longer
point $? "a collector that hangs: the watchdog is silent" "$CASE/said"
kill -CONT "$collector"
soon grep -q '^WATCHDOG=1' "$CASE/said"
point $? "it goes on: so does the watchdog" "$CASE/said"
kill -HUP "$AGENT"
soon grep -q '^RELOADING=1' "$CASE/said" && soon grep -q '^READY=1' "$CASE/said"
point $? "a reload is told, and its end" "$CASE/said"
echo "hold: 5m" >>"$CASE/agent.yaml"
kill -HUP "$AGENT"
soon again collector "$collector"
point $? "other settings: all begin again with them" "$CASE/agent.err"
soon has_role watcher
soon watching
children=$(pgrep -P "$AGENT")
kill -9 "$AGENT"
gone() {
	local pid
	for pid in $children; do
		[ -d "/proc/$pid" ] && ! grep -q '^State:.[ZX]' "/proc/$pid/status" && return 1
	done
	return 0
}
soon gone
point $? "when the parent is killed, all end"
agent
point $? "and the next one finds its place" "$CASE/agent.err"
kill -TERM "$AGENT"
wait "$AGENT"
same "to end again in order" $? 0

done_testing
