#!/bin/bash
# invar agent as a service: installed, started, asked, killed, started again, "rebooted", removed;
# what changed while it was dead is told once at the next start.
. "$(dirname "$0")/agent.bash"

values=${VALUES:-10000}
write_policy
invar agent install | tee "$work/install"
grep -q 'is installed' "$work/install"
run reg query 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Invar' /v EventMessageFile |
	grep -qi 'invar\.exe' || fail "the event log's source is not registered"
invar agent start

answers() { invar status --json | grep -q '"agent_running":true'; }
until_true 10 answers
invar init >/dev/null 2>&1 && fail "init beside the agent replaced its baseline"
started() { invar status --json | grep -q '"name":"startup"'; }
until_true 20 started
recorded() { invar log --json --kind "$1" | grep -F -- "$2" | grep -q '"record":"change"'; }
run reg add 'HKLM\SOFTWARE\InvarTest' /v live /t REG_SZ /d 2 /f >/dev/null
until_true 5 recorded registry-value 'live"'

# beside the agent: check and approve write to the same ledger
status=0
invar check >/dev/null || status=$?
[ "$status" = 1 ] || fail "check beside the agent: status $status"
invar approve all --reason "the test did it" >/dev/null
invar check >/dev/null || fail "approved, and still drift"

# a policy with an error stays out, a good one comes in
printf 'version: 1\nrules:\n  - { id: wrong, kind: nothing }\n' >"$c/policy/wrong.yaml"
status=0
invar policy apply >"$work/apply" 2>&1 || status=$?
[ "$status" = 17 ] || fail "a wrong policy: status $status"
printf 'version: 1\nrules:\n  - { id: more, title: More, severity: low, kind: file, base: "C:\\\\more" }\n' \
	>"$c/policy/wrong.yaml"
mkdir -p "$c/more"
invar policy apply | grep -q 'in force' || fail "the policy was not applied"

# killed; 10,000 values appear meanwhile
pid=$(invar status --json | grep -o '"agent_pid":[0-9]*' | grep -o '[0-9]*$' || true)
run "$BUILD/console.exe" kill-agent "C:\\state\\agent.lock"
until_true 10 sh -c '! '"$(declare -f answers | tail -n +1 >/dev/null)"'timeout 20 wine "$0" status --json --policy "C:\policy" --state "C:\state" | grep -q "\"agent_running\":true"' "$INVAR"
{
	printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\InvarTest\\many]\r\n'
	for ((i = 0; i < values; i++)); do printf '"v%d"="%d"\r\n' "$i" "$i"; done
} >"$c/many.reg"
run regedit /S 'C:\many.reg'
before=$(invar log --json | wc -l)
invar agent start
many() { [ "$(invar log --json --kind registry-value | grep -c 'InvarTest\\\\many\\\\v')" -ge "$values" ]; }
until_true 40 many
until_true 20 sh -c 'timeout 20 wine "$0" log --json --policy "C:\policy" --state "C:\state" | tail -n +'"$before"' | grep -q "\"record\":\"repair\""' "$INVAR"
told=$(invar log --json --kind registry-value | grep -c 'InvarTest\\\\many\\\\v')
[ "$told" = "$values" ] || fail "$told changes of $values values"
invar log --json | grep '"record":"loss"' | grep -q 'killed, or the host went down' || fail "no loss"
invar log --json --kind registry-value | grep 'many' | grep -v '"observed":"startup"' | grep . &&
	fail "not told as found at the start"

# the machine starts again
timeout 20 wineserver -k
timeout 20 wineserver -p
until_true 60 answers

invar agent stop
answers && fail "it still answers"
invar log --json | tail -n1 | grep -q '"what":"agent-stop"' || fail "it did not say that it ended"
invar agent uninstall
run sc query Invar >/dev/null 2>&1 && fail "the service is still there"
run reg query 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Invar' >/dev/null 2>&1 &&
	fail "the event log's source is still there"
invar log --verify >/dev/null || fail "the ledger does not hold"
