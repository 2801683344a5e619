#!/bin/bash
# invar watch: what changes is printed as soon as its means tells of it; Ctrl-C ends it in order.
. tests/windows/agent.bash

true_that "a baseline" ask init
LIMIT=$(($(patient 100000) / 1000)) run "$BUILD/console.exe" "$PLACE/stop" "$INVAR" watch --json --policy "$WINDOWS\\policy" \
	--state "$WINDOWS\\state" >"$PLACE/out" 2>"$PLACE/err" &
watch=$!
within 20 "the time nobody watched is made good" grep -q '"record":"repair"' "$PLACE/out"

seen() {
	grep -F '"record":"change"' "$PLACE/out" | grep -F '"observed":"realtime"' |
		grep -F -- "\"change\":\"$1\",\"kind\":\"$2\"" | grep -qF -- "$3\""
}
echo two >"$WORK/watched/two"
within 3 "a file made" seen created file two
echo three >>"$WORK/watched/two"
within 3 "a file written to" seen updated file two
rm "$WORK/watched/two"
within 3 "a file removed" seen deleted file two
run "$BUILD/console.exe" hold "$WINDOWS\\watched\\one" 'more of it' "$PLACE/let-go" >/dev/null &
held() { grep -F '"record":"gap"' "$PLACE/out" | grep -qF 'watched\\one"'; }
within 3 "a file nobody may read while it is written to is a gap" held
touch "$PLACE/let-go"
registry add 'HKLM\SOFTWARE\InvarTest\below' /v second /t REG_SZ /d 2 /f
within 3 "a value made" seen created registry-value second
registry delete 'HKLM\SOFTWARE\InvarTest' /v first /f
within 3 "a value removed" seen deleted registry-value first
digested() {
	grep -F '"record":"change"' "$PLACE/out" | grep -F 'watched\\one"' | tail -n 1 |
		jq -e '.is.sha256 != .was.sha256'
}
within 9 "and is looked at again when it is let go" digested
run "$BUILD/victim.exe" install InvarVictim demand >/dev/null
within 4 "a service made" seen created service InvarVictim
run "$BUILD/victim.exe" start InvarVictim >/dev/null
within 4 "a service started" seen updated service InvarVictim
stopped() { [ "$(grep -c '"change":"updated","kind":"service"' "$PLACE/out")" -ge 2 ]; }
run "$BUILD/victim.exe" stop InvarVictim >/dev/null
within 4 "and stopped" stopped
run "$BUILD/victim.exe" delete InvarVictim >/dev/null # stays in Wine's list while it was ever watched
mkfifo "$PLACE/hold"
timeout 60 wine "$BUILD/victim.exe" listen tcp 45871 <"$PLACE/hold" >/dev/null 2>&1 &
exec 9>"$PLACE/hold"
within 4 "a listener" seen created port tcp/127.0.0.1/45871
exec 9>&-
within 4 "a listener gone" seen deleted port tcp/127.0.0.1/45871
truncate -s 40G "$WORK/watched/huge"
sleep 1
registry add 'HKLM\SOFTWARE\InvarTest\below' /v third /t REG_SZ /d 3 /f
within 12 "a value, beside a file that takes long to read" seen created registry-value third
seen created file huge
point $? "and that file" "$PLACE/out"

touch "$PLACE/stop"
over() { ! kill -0 "$watch" 2>/dev/null; }
within 10 "Ctrl-C ends it" over
wait "$watch"
point $? "with status 0" "$PLACE/err"
tail -n 1 "$PLACE/out" | grep -q '"what":"agent-stop"'
point $? "the ledger says that it ended" "$PLACE/out"
true_that "the ledger holds" ask log --verify
done_testing
