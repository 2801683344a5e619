#!/bin/bash
# Settings and policy that are changed while the agent runs: what comes, what goes, what status says.
# And what members of the group invar see, who may not look into the state. All of it as a service
# has it, at the usual places, in a mount namespace of its own.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

if [ -z "${RT_RELOAD_INSIDE:-}" ]; then
	unshare -m --propagation private true 2>/dev/null || exit 77
	RT_RELOAD_INSIDE=1 exec unshare -m --propagation private "$0"
fi

soon() {
	local i
	for ((i = 0; i < 300; i++)); do
		"$@" 2>/dev/null && return 0
		sleep 0.1
	done
	return 1
}
role() {
	pgrep -P "$AGENT" -f . | while read -r pid; do
		[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = "invar-$1" ] && echo "$pid"
	done
}
has_role() {
	[ -n "$(role "$1")" ]
}
has_not() {
	[ -z "$(role "$1")" ]
}
again() {
	local now
	now=$(role "$1")
	[ -n "$now" ] && [ "$now" != "$2" ]
}
plain() {
	timeout 60 "$INVAR" "$@" --policy "$CASE/policy.yaml" >"$CASE/plain" 2>&1 </dev/null
	RC=$?
}
# member COMMAND…: as a member of the group, who is not root.
member() {
	timeout 60 setpriv --reuid 65534 --regid 65534 --groups 64999 "$INVAR" "$@" \
		--policy "$CASE/policy.yaml" >"$CASE/plain" 2>&1 </dev/null
	RC=$?
}
watching() {
	plain status --json
	grep -q '"watching":true' "$CASE/plain"
}
# json EXPRESSION: of the last output, as d.
json() {
	/usr/bin/python3 -c 'import json, sys
d = json.load(open(sys.argv[1]))
sys.exit(not ('"$1"'))' "$CASE/plain"
}
rules() {
	printf 'version: 1\nrules:\n'
	printf '  - { id: r, title: %s, severity: high, kind: file, base: "%s", fields: [sha256] }\n' \
		"$1" "$BASE"
}
settings() {
	printf 'link_user: nobody\n%s\n' "$1" >"$CASE/agent.yaml"
}
# reload: with other settings; until all began again.
reload() {
	old=$(role collector)
	: >"$CASE/agent.err"
	kill -HUP "$AGENT"
	soon again collector "$old" && soon watching
}

use reload
BASE=$CASE/tree
mkdir -p "$BASE" "$CASE/routed"
echo 1 >"$BASE/f"
chmod 755 "$WORK" "$CASE"
chown 65534 "$CASE/routed"
rules x >"$CASE/policy.yaml"
settings ""
grep -v '^invar:' /etc/group >"$CASE/group"
echo 'invar:x:64999:' >>"$CASE/group"
mount --bind "$CASE/group" /etc/group && mount -t tmpfs tmpfs /run &&
	mount -t tmpfs -o size=24m tmpfs /var/lib || exit 77

"$INVAR" agent --policy "$CASE/policy.yaml" --config "$CASE/agent.yaml" \
	>"$CASE/agent.out" 2>>"$CASE/agent.err" </dev/null &
AGENT=$!
PIDS+=("$AGENT")
soon grep -q 'heard of now' "$CASE/agent.err" && soon watching
point $? "an agent at the usual places" "$CASE/agent.err"

# ---- members ----

member status
[ "$RC" = 0 ] && grep -q '^agent .*watcher [0-9]' "$CASE/plain" &&
	grep -q 'file by fanotify' "$CASE/plain"
point $? "a member sees how the agent is" "$CASE/plain"
grep -q '^state .*for root' "$CASE/plain"
point $? "and that the rest is root's" "$CASE/plain"
member status --json
[ "$RC" = 0 ] && json 'd["state_denied"] and d["agent"]["watching"] and "drift" not in d'
point $? "in JSON, too" "$CASE/plain"
member log --follow
[ "$RC" = 18 ] && grep -q 'Permission denied.*invar watch' "$CASE/plain"
point $? "to a member log says what to use instead" "$CASE/plain"
setpriv --reuid 65534 --regid 65534 --groups 64999 "$INVAR" watch --json \
	--policy "$CASE/policy.yaml" >"$CASE/followed" 2>"$CASE/diff" </dev/null &
PIDS+=($!)
touched() {
	echo "$RANDOM" >>"$BASE/f"
	sleep 0.3
	grep -q '"record":"change"' "$CASE/followed"
}
soon touched
point $? "which shows what is recorded" "$CASE/diff"
setpriv --reuid 65534 --regid 65534 --clear-groups "$INVAR" status \
	--policy "$CASE/policy.yaml" >"$CASE/plain" 2>&1
[ $? = 18 ]
point $? "who is no member sees nothing" "$CASE/plain"

mkfifo "$CASE/hold"
setpriv --reuid 65534 --regid 65534 --groups 64999 /usr/bin/python3 tests/e2e/rt_socket.py \
	/run/invar/control.sock members <"$CASE/hold" >"$CASE/members" 2>&1 &
exec 9>"$CASE/hold"
soon grep -q there "$CASE/members"
plain status --json
[ "$RC" = 0 ] && json 'd["agent"]["watching"]'
point $? "however many members ask, root is answered" "$CASE/plain"
exec 9>&-

# ---- a policy that is edited ----

plain status --json
json 'd["policy_edited"] is False and d["policy"] == d["agent"]["policy"]'
point $? "status: the policy is the one in force" "$CASE/plain"
rules y >"$CASE/policy.yaml"
plain status
grep -q '^policy .*edited since.*policy apply' "$CASE/plain"
point $? "status: it was edited, and what to do" "$CASE/plain"
plain status --json
json 'd["policy_edited"] and d["policy"] != d["agent"]["policy"]'
point $? "in JSON, too" "$CASE/plain"
member status
grep -q '^policy .*edited since' "$CASE/plain"
point $? "a member sees it as well" "$CASE/plain"
plain policy apply
plain status --json
json 'd["policy_edited"] is False'
point $? "it is applied: no word of it" "$CASE/plain"
for i in {1..12}; do echo "  - { id: bad$i, kind: nothing }"; done >>"$CASE/policy.yaml"
plain status
[ "$RC" = 17 ] && grep -q '^policy .*which is broken; in force is still' "$CASE/plain" &&
	grep -q 'policy.yaml:[0-9]*:[0-9]*: error: .*nothing' "$CASE/plain"
point $? "status: it is broken, and where" "$CASE/plain"
grep -q '^drift' "$CASE/plain" && grep -q '^agent .*watch' "$CASE/plain"
point $? "and all else is told" "$CASE/plain"
plain status --json
sed -i '/^{/!d' "$CASE/plain" # the errors are beside it
json '"12 errors" in d["policy_error"] and d["policy"] == d["agent"]["policy"] and d["approved"]'
point $? "in JSON, too" "$CASE/plain"
member status
[ "$RC" = 17 ] && grep -q '^policy .*which is broken' "$CASE/plain" && grep -q '^agent .*watch' "$CASE/plain"
point $? "to a member as well" "$CASE/plain"
kill -HUP "$AGENT"
refused() { plain log --json && grep -q '"policy-refused".*policy.yaml:[0-9]*:[0-9]*: .*; and 4 more"' "$CASE/plain"; }
soon refused
point $? "told to load it, the agent refuses it in one line" "$CASE/plain"
grep -q 'not loaded.*policy.yaml:[0-9]*:' "$CASE/agent.err"
point $? "also where it says what happens" "$CASE/agent.err"
rules y >"$CASE/policy.yaml"
old=$(role collector)
kill -9 "$old"
soon again collector "$old" && soon watching
plain status --json
json 'd["policy_edited"] is False'
point $? "nor when a collector ended" "$CASE/plain"

# What a policy begins to watch may change between the look at it and its being heard of: here the
# watcher takes its time.
mkdir -p "$CASE/late" && echo 1 >"$CASE/late/f"
rules z >"$CASE/policy.yaml"
sed -n '$p' "$CASE/policy.yaml" | sed "s/id: r/id: s/; s|$BASE|$CASE/late|" >>"$CASE/policy.yaml"
kill -STOP "$(role watcher)"
plain policy apply
echo 2 >"$CASE/late/f"
kill -CONT "$(role watcher)"
changed_late() {
	plain log --record change --rule s
	grep -q late/f "$CASE/plain"
}
soon changed_late
point $? "what changed before a new policy was heard by is found" "$CASE/plain"

# ---- routes come and go ----

settings "routes: [{ name: lines, to: file, path: $CASE/routed/lines, from: start }]"
reload && soon has_role link
point $? "a reload with routes: there is a link" "$CASE/agent.err"
soon test -s "$CASE/routed/lines"
point $? "and records go out" "$CASE/agent.err"
routed() {
	plain status
	grep -q '^routes .*lines: ' "$CASE/plain"
}
soon routed
point $? "status says how far they are" "$CASE/plain"
stat -c '%U %a' /var/lib/invar/link >"$CASE/plain"
same "the spool is the link's" "$(cat "$CASE/plain")" "nobody 700"
! grep -q 'signal 9' "$CASE/agent.err"
point $? "nothing was killed for it" "$CASE/agent.err"
settings "routes: [{ name: lines, to: file, path: $CASE/routed/lines, from: start }]
link_user: daemon"
sed -i 1d "$CASE/agent.yaml"
chown daemon "$CASE/routed" "$CASE/routed/lines"
reload && soon has_role link
n=$(wc -l <"$CASE/routed/lines")
more() {
	echo "$RANDOM" >>"$BASE/f"
	[ "$(wc -l <"$CASE/routed/lines")" -gt "$n" ]
}
soon more && [ "$(stat -c %U /var/lib/invar/link)" = daemon ]
point $? "another user for it: it goes on as that" "$CASE/agent.err"
printf '#!/bin/sh\ncat >/dev/null\n' >"$CASE/private"
chmod 700 "$CASE/private"
settings "routes: [{ name: own, to: command, argv: [$CASE/private], from: start }]"
refused() {
	plain status
	grep -q "^routes .*cannot run '.*private': Permission denied" "$CASE/plain"
}
reload && soon refused
point $? "a program that the link's user may not run: status says so" "$CASE/plain"
settings ""
reload && soon has_not link
point $? "a reload without routes: there is no link" "$CASE/agent.err"
plain status
! grep -q 'not running\|^routes' "$CASE/plain" && grep -q 'collector [0-9]' "$CASE/plain"
point $? "and status misses none" "$CASE/plain"
! grep -q 'signal 9' "$CASE/agent.err"
point $? "again nothing was killed" "$CASE/agent.err"

# ---- a full disk ----

fill() {
	cat /dev/zero >/var/lib/invar/fill 2>/dev/null
	for i in $(seq 200); do
		echo "$RANDOM" >"$BASE/many$i"
	done
	grep -q 'cannot be recorded' "$CASE/agent.err"
}
soon fill
point $? "a full disk is said" "$CASE/agent.err"
still_full() { # what finds a last bit of room is recorded
	fill
	plain status
	grep -q '^recording .*cannot be recorded' "$CASE/plain"
}
soon still_full
point $? "by status, too" "$CASE/plain"
rm /var/lib/invar/fill
soon grep -q 'can be recorded again' "$CASE/agent.err"
point $? "and that it is over" "$CASE/agent.err"
untroubled() {
	plain status --json
	json '"trouble" not in d["agent"]'
}
soon untroubled
point $? "also in status" "$CASE/plain"

# ---- ended before it has looked ----

stop_agent() {
	kill "$1" "$AGENT"
	wait "$AGENT"
}
start_agent() {
	"$INVAR" agent --policy "$CASE/policy.yaml" --config "$CASE/agent.yaml" \
		>"$CASE/agent.out" 2>"$CASE/agent.err" </dev/null &
	AGENT=$!
	PIDS+=("$AGENT")
}
begun() {
	plain log --json --record note
	tail -n 1 "$CASE/plain" | grep -q '"what":"agent-start"'
}
# What it was told and has not looked at is looked at before it ends: who did it is lost with it.
collector=$(role collector)
kill -STOP "$collector"
"$BASH" -c 'echo last >>"$1"; sleep 0.1' told-at-the-end "$BASE/f"
sleep 2
(sleep 0.5; kill -CONT "$collector") &
stop_agent -TERM
same "it ends in order" $? 0
stopped=$(date +%s)
plain log --record change --limit 1
grep -q told-at-the-end "$CASE/plain"
point $? "what was heard of before the end has its who" "$CASE/plain"
sleep 2
for signal in -TERM -KILL; do
	start_agent
	watcher=
	until [ -n "$watcher" ]; do # the first child, before it is ready: none looks until it is
		read -r watcher _ <"/proc/$AGENT/task/$AGENT/children"
	done
	kill -STOP "$watcher"
	soon begun
	collector=$(role collector)
	stop_agent $signal
	kill -CONT "$watcher"
	ended() { ! kill -0 "$collector"; }
	soon ended
done 2>/dev/null
# Who asks whether one runs holds its lock for a moment.
flock -s /var/lib/invar/agent.lock sh -c 'touch "$0"; sleep 0.3' "$CASE/locked" &
soon test -e "$CASE/locked"
start_agent
repaired() {
	plain log --json --record repair
	[ "$(wc -l <"$CASE/plain")" -gt "$1" ]
}
plain log --json --record repair
soon repaired "$(wc -l <"$CASE/plain")"
plain log --json --record loss
STOPPED=$stopped /usr/bin/python3 - "$CASE/plain" <<'EOF'
import datetime, json, os, sys
def at(text):
    return datetime.datetime.fromisoformat(text[:19] + "+00:00").timestamp()
stopped = int(os.environ["STOPPED"])
losses = [json.loads(x) for x in open(sys.argv[1])]
sys.exit(not any(at(x["from"]) <= stopped + 1 and at(x["to"]) >= stopped + 2 for x in losses))
EOF
point $? "who ended before it looked: that time is a loss, too" "$CASE/plain"
stop_agent -TERM

done_testing
