#!/bin/bash
# invar watch as people use it: what it prints, what it leaves out, how it goes on.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

use rt_watch
mkdir -p "$CASE/tree/cache"
echo one >"$CASE/tree/file"
cat >"$CASE/policy.yaml" <<E2
version: 1
rules:
  - { id: tree, severity: high, kind: file, base: $CASE/tree, exclude: ["cache/**"] }
E2
OPTIONS=(--policy "$CASE/policy.yaml" --state "$CASE/state")

# found TEXT CONDITION: a change r for which the Python condition holds is told.
found() {
	local i
	for i in $(seq 300); do
		/usr/bin/python3 - "$CASE/json" "$CASE/tree" "$2" <<'E2' && break
import json, sys
tree = sys.argv[2]
def holds(r):
    try: return eval(sys.argv[3])
    except KeyError: return False
for line in open(sys.argv[1]):
    try: r = json.loads(line)
    except ValueError: continue
    if r["record"] == "change" and eval(sys.argv[3]): sys.exit(0)
sys.exit(1)
E2
		sleep 0.1
	done
	[ "$i" -lt 300 ]
	point $? "$1" "$CASE/json"
}

# count CONDITION: how many changes were told for which it holds.
count() {
	/usr/bin/python3 - "$CASE/json" "$CASE/tree" "$1" <<'E2'
import json, sys
tree = sys.argv[2]
def holds(r):
    try: return eval(sys.argv[3])
    except KeyError: return False
print(sum(1 for l in open(sys.argv[1]) for r in [json.loads(l)] if r["record"] == "change" and holds(r)))
E2
}

timeout 60 "$INVAR" watch "${OPTIONS[@]}" >"$CASE/out" 2>"$CASE/err"
[ $? = 18 ] && grep -q 'no baseline .*invar init' "$CASE/err"
point $? "without a baseline it says how to make one" "$CASE/err"

"$INVAR" init "${OPTIONS[@]}" >/dev/null
echo while_away >"$CASE/tree/away"
"$INVAR" watch "${OPTIONS[@]}" --json >"$CASE/json" 2>"$CASE/err" &
WATCH=$!
PIDS+=("$WATCH")
"$INVAR" log "${OPTIONS[@]}" --follow --json >"$CASE/follow" 2>&1 &
PIDS+=($!)
found "what changed before it began is told as found at the start" \
	'r["key"] == tree + "/away" and r["observed"] == "startup"'

# as an editor saves; by one process, for a name that waits 300 ms for its rename
/usr/bin/python3 -c 'import os, sys
with open(sys.argv[1], "w") as f:
    f.write("two\n")
os.rename(sys.argv[1], sys.argv[2])' "$CASE/tree/.file.tmp" "$CASE/tree/file"
found "a save is an update, in real time, with who did it" \
	'r["key"] == tree + "/file" and r["change"] == "updated" and r["observed"] == "realtime" and "/python3" in r["who"]["exe"]'
sleep 1
[ "$(count 'r["key"] != tree and r["observed"] == "realtime"')" = 1 ]
point $? "and that one only" "$CASE/json"
found "that the folder's time moved is cosmetic" \
	'r["key"] == tree and r["verdict"]["state"] == "cosmetic"'
touch -d 2001-01-01 "$CASE/tree"
found "unless it was moved by itself" \
	'r["key"] == tree and r["verdict"]["state"] == "unexplained" and r["is"]["mtime"].startswith("2001")'
N=$(count True)
echo x >"$CASE/tree/cache/x"
sleep 1
[ "$(count 'r["key"].startswith(tree + "/cache")')" = 0 ]
point $? "what is excluded is not told" "$CASE/json"

pkill -KILL -P $WATCH -x invar-watcher
sleep 0.2
echo meanwhile >"$CASE/tree/meanwhile"
found "a watcher that is killed is begun again, and what changed meanwhile is told" \
	'r["key"] == tree + "/meanwhile"'
grep -q '"record":"loss"' "$CASE/json" && grep -q '"means":"watcher"' "$CASE/json"
point $? "the ledger says that there was nobody to hear of it" "$CASE/json"
for _ in $(seq 600); do
	[ "$(grep -c '"record":"repair"' "$CASE/json")" -ge 2 ] && break
	sleep 0.1
done
[ "$(grep -c '"record":"repair"' "$CASE/json")" -ge 2 ]
point $? "and that it was repaired" "$CASE/json"

"$INVAR" approve all --reason test "${OPTIONS[@]}" >"$CASE/out" 2>&1
point $? "a command may write to the state meanwhile" "$CASE/out"
for _ in $(seq 600); do
	grep -q '"what":"approve"' "$CASE/json" && break
	sleep 0.1
done
grep -q '"what":"approve"' "$CASE/json"
point $? "which is told as well" "$CASE/json"
for _ in $(seq 50); do # what is being looked at just now is settled soon
	"$INVAR" check "${OPTIONS[@]}" >"$CASE/out" 2>&1 && break
	"$INVAR" approve all --reason test "${OPTIONS[@]}" >/dev/null 2>&1
	sleep 0.2
done
"$INVAR" check "${OPTIONS[@]}" >"$CASE/out" 2>&1
point $? "and a check finds nothing more" "$CASE/out"
rm "$CASE/tree/file"
kill -0 $WATCH
point $? "it is still there" "$CASE/err"
found "watching goes on" 'r["key"] == tree + "/file" and r["change"] == "deleted"'
for _ in $(seq 600); do
	grep -q '"change":"deleted"' "$CASE/follow" && break
	sleep 0.1
done
grep -q '"change":"deleted"' "$CASE/follow"
point $? "log --follow tells it too" "$CASE/follow"

timeout 60 "$INVAR" watch "${OPTIONS[@]}" >"$CASE/out" 2>"$CASE/second"
[ $? = 21 ] && grep -q "$WATCH" "$CASE/second"
point $? "a second one for the same state is refused, naming the first" "$CASE/second"

kill -INT $WATCH
wait $WATCH
point $? "an interrupt ends it well" "$CASE/err"
pgrep -P $WATCH >"$CASE/left"
[ ! -s "$CASE/left" ] && [ ! -s "$CASE/err" ]
point $? "leaving nobody behind" "$CASE/err"
echo "control: $CASE/control.sock" >"$CASE/agent.yaml"
# leaks are not looked for where no process may trace another
ASAN_OPTIONS=$ASAN_OPTIONS:detect_leaks=0 "$INVAR" agent "${OPTIONS[@]}" --config "$CASE/agent.yaml" >"$CASE/agent" 2>&1 &
AGENT=$!
PIDS+=("$AGENT")
for _ in $(seq 600); do
	"$INVAR" status "${OPTIONS[@]}" 2>/dev/null | grep -q 'file by fanotify' && break
	sleep 0.1
done
"$INVAR" watch "${OPTIONS[@]}" --json >"$CASE/json" 2>"$CASE/err" &
PIDS+=($!)
for _ in $(seq 300); do # until it follows the agent
	echo "$RANDOM" >"$CASE/tree/begin"
	grep -q '"record":"change"' "$CASE/json" && break
	sleep 0.2
done
echo beside >"$CASE/tree/beside"
found "beside an agent it shows what that records" 'r["key"] == tree + "/beside"'
kill "$AGENT"
wait "$AGENT"
point $? "the agent ends well" "$CASE/agent"
"$INVAR" log --verify "${OPTIONS[@]}" >"$CASE/out" 2>&1
point $? "the ledger is whole" "$CASE/out"
[ "$N" -gt 0 ]
done_testing
