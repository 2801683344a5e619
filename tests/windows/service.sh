#!/bin/bash
# invar agent as a service: installed, started, asked, killed, started again, after a reboot, removed.
# What changed while it was dead is told at the next start, each change once.
. tests/windows/agent.bash
VALUES=${VALUES:-1000} # CI has less time than we do: 10000 is worth a try
SOURCE='HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Invar'

# done_to COMMAND: ends well, and says so as the schema has it.
done_to() { ask agent "$1" --json >"$PLACE/json" && python3 tests/e2e/valid.py "$PLACE/json" service; }
chmod 777 "$WORK/policy"
status_is 18 "not with a policy that others may write to" ask agent install
chmod 755 "$WORK/policy"
chmod 777 "$WORK"
status_is 18 "nor where others may put another one in its place" ask agent install
status_is 18 "nor is a state made there" ask init
chmod 755 "$WORK"
# Before it is installed: on a busy machine Wine has not begun yet what starts by itself, and then begins
# it as well.
mv "$WORK/policy/try.yaml" "$WORK/try.yaml"
printf 'version: 1\nrules:\n  - { id: wrong, kind: nothing }\n' >"$WORK/policy/wrong.yaml"
true_that "installed" done_to install
registry query "$SOURCE" /v EventMessageFile
grep -qi 'invar\.exe' "$PLACE/reg"
point $? "the event log's source is registered" "$PLACE/reg"
status_is 17 "it does not start with a wrong policy" ask agent start
[ "$(grep -c unknown-kind "$PLACE/said")" = 1 ] && grep -q 'ended at once: the policy has 1 error' "$PLACE/said"
point $? "and what is wrong is said, once" "$PLACE/said"
rm "$WORK/policy/wrong.yaml"
mv "$WORK/try.yaml" "$WORK/policy/try.yaml"
true_that "started" done_to start
{ # Wine takes ten seconds to say that it is not the service
	ask agent >"$PLACE/another" 2>&1
	echo $? >>"$PLACE/another"
} &
another=$!

answers() { ask status --json | jq -e .agent_running; }
within 10 "it answers through its pipe" answers
began() { ask status --json | jq -e '.agent.scans[] | select(.name == "startup")'; }
within 20 "it has looked at everything" began
ask log --json >"$PLACE/log"
grep -c '"record":"loss"' "$PLACE/log" >"$PLACE/said"
point "$((!$?))" "nothing was lost before the baseline it made" "$PLACE/log"
recorded() { ask log --json | jq -s -e --arg kind "$1" --arg key "$2" \
	'any(.[]; .record == "change" and .kind == $kind and (.key | endswith($key)))'; }
registry add 'HKLM\SOFTWARE\InvarTest' /v live /t REG_SZ /d 2 /f
within 4 "a change is recorded" recorded registry-value live

status_is 1 "check works beside it" ask check
true_that "approve works beside it" ask approve all --reason test
status_is 0 "approved" ask check

printf 'version: 1\nrules:\n  - { id: wrong, kind: nothing }\n' >"$WORK/policy/wrong.yaml"
status_is 17 "a wrong policy is refused" ask policy apply
printf "version: 1\nrules:\n  - { id: more, title: M, severity: low, kind: file, base: '%s' }\n" \
	"$WINDOWS\\watched\\below" >"$WORK/policy/wrong.yaml"
true_that "a good one is loaded" ask policy apply
echo x >"$WORK/watched/below/x"

wait "$another"
tail -n 1 "$PLACE/another" | grep -qx 21
point $? "another agent is refused" "$PLACE/another"

true_that "killed" run "$BUILD/console.exe" kill-agent "$WINDOWS\\state\\agent.lock"
gone() { ask status --json | jq -e '.agent_running == false'; }
within 10 "nobody answers" gone
{
	printf 'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_LOCAL_MACHINE\\SOFTWARE\\InvarTest\\many]\r\n'
	for ((i = 0; i < VALUES; i++)); do printf '"v%d"="%d"\r\n' "$i" "$i"; done
} >"$WORK/many.reg"
run regedit /S "$WINDOWS\\many.reg"
true_that "started again" ask agent start
status_is 15 "not with another policy than it was installed with" run "$INVAR" agent start --policy 'C:\other'
true_that "stopped at once" ask agent stop # who does that must not hide the killing
true_that "started once more" ask agent start
repaired() { # a repair behind the loss
	sleep 0.3
	ask log --json >"$PLACE/log" &&
		sed '1,/killed, or the host went down/d' "$PLACE/log" | grep -q '"record":"repair"'
}
within 60 "what changed meanwhile is looked at" repaired
jq -c 'select(.record == "change" and .kind == "registry-value" and (.key | test("many")))' \
	"$PLACE/log" >"$PLACE/many"
point "$(($(wc -l <"$PLACE/many") != VALUES))" "$VALUES values made meanwhile are told, each once"
[ "$(jq -r .observed "$PLACE/many" | sort -u)" = startup ]
point $? "as found at the start"
grep '"record":"loss"' "$PLACE/log" | grep -q 'killed, or the host went down'
point $? "the time it was dead is a loss"

timeout 20 wineserver -k
timeout 60 wineserver -p </dev/null >/dev/null 2>&1
within 30 "after a reboot it runs" answers

true_that "stopped" ask agent stop
true_that "nobody answers" gone
ask log --json | tail -n 1 | grep -q '"what":"agent-stop"'
point $? "the ledger says that it ended"
true_that "the ledger holds" ask log --verify
true_that "uninstalled" done_to uninstall
run sc query Invar >"$PLACE/said" 2>&1
point "$((!$?))" "the service is gone" "$PLACE/said"
registry query "$SOURCE"
point "$((!$?))" "the event log's source is gone" "$PLACE/reg"

# What lies beside the program as in the sources: rules for Linux, and those of Windows in a folder.
mkdir -p "$WORK/beside/rules/windows"
cp "$INVAR" "$WORK/beside/invar.exe"
cp rules/10-boot.yaml "$WORK/beside/rules"
cp rules/windows/tasks.yaml "$WORK/beside/rules/windows"
true_that "installed from the folder of the sources" run "$WINDOWS\\beside\\invar.exe" agent install \
	--policy "$WINDOWS\\shipped\\policy" --state "$WINDOWS\\shipped\\state"
[ "$(ls "$WORK/shipped/policy")" = tasks.yaml ]
point $? "Windows' rules are taken, not those for Linux" "$PLACE/said"
true_that "and that is uninstalled" run "$WINDOWS\\beside\\invar.exe" agent uninstall
done_testing
