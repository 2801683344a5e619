#!/bin/bash
# invar watch: what changes is printed within two seconds of what told of it; Ctrl-C ends it in order.
. "$(dirname "$0")/agent.bash"

write_policy
invar init >/dev/null
run "$BUILD/console.exe" "$work/stop" "$INVAR" watch --json --policy 'C:\policy' --state 'C:\state' \
	>"$work/out" 2>"$work/err" &
watch=$!
until_true 20 grep -q '"record":"repair"' "$work/out"

seen() { grep '"record":"change"' "$work/out" | grep -F -- "$1" | grep -q '"observed":"realtime"'; }

# Wine hears of folders made after it began to listen only; on Windows of all below.
mkdir "$c/watched/new"
echo two >"$c/watched/two"
until_true 5 seen 'two"'
echo three >"$c/watched/two"
until_true 5 seen '"change":"updated","kind":"file"'
run reg add 'HKLM\SOFTWARE\InvarTest' /v second /t REG_SZ /d 2 /f >/dev/null
until_true 5 seen '"kind":"registry-value"'
run reg delete 'HKLM\SOFTWARE\InvarTest' /v first /f >/dev/null
until_true 5 seen '"change":"deleted","kind":"registry-value"'
run "$BUILD/victim.exe" install InvarVictim demand >/dev/null
until_true 12 seen '"change":"created","kind":"service"'
run "$BUILD/victim.exe" start InvarVictim >/dev/null
until_true 5 seen '"change":"updated","kind":"service"'
run "$BUILD/victim.exe" stop InvarVictim >/dev/null
run "$BUILD/victim.exe" delete InvarVictim >/dev/null
until_true 12 seen '"change":"deleted","kind":"service"'
mkfifo "$work/hold"
run "$BUILD/victim.exe" listen tcp 45871 <"$work/hold" >/dev/null &
exec 9>"$work/hold"
until_true 5 seen 'tcp/127.0.0.1/45871'
exec 9>&-

# Ctrl-C
touch "$work/stop"
until_true 10 sh -c "! kill -0 $watch 2>/dev/null"
status=0
wait "$watch" || status=$?
[ "$status" = 0 ] || { cat "$work/err"; fail "ended with $status"; }
tail -n1 "$work/out" | grep -q '"what":"agent-stop"' || fail "it did not say that it ended"
invar log --verify >/dev/null || fail "the ledger does not hold"
