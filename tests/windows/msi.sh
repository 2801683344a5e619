#!/bin/bash
# The Windows package: it installs without a question, runs as a service with the shipped policy, is
# upgraded with its policy kept, and goes, but for policy and state.
. tests/windows/agent.bash
command -v wixl >/dev/null || { echo "1..0 # SKIP needs wixl"; exit 77; }
PROGRAM="C:\\Program Files\\Invar\\invar.exe"
INSTALLED=$DRIVE/'Program Files/Invar'
DATA=$DRIVE/ProgramData/Invar
invar_there() { run "$PROGRAM" "$@"; }

packed() { packaging/build-msi --program "$INVAR" --output "$WORK" --version "$1"; }
true_that "packed" packed 0.9.1
true_that "installed without a question" run msiexec /i "$WINDOWS\\invar-0.9.1.msi" /qn
[ -x "$INSTALLED/invar.exe" ] && [ "$(ls "$INSTALLED/rules")" = "$(cd rules/windows && ls ./*.yaml | sed 's|./||')" ]
point $? "the program and its rules are there"
[ "$(ls "$DATA/policy.d")" = "$(ls "$INSTALLED/rules")" ]
point $? "the policy is what was shipped"
true_that "which is a good one" invar_there policy check
answers() { [ "$(invar_there status --json | jq .agent_running)" = true ]; }
within 60 "its service runs" answers
true_that "and looks at services" invar_there explain service Invar

echo '# mine' >>"$DATA/policy.d/registry.yaml"
true_that "packed again" packed 0.9.2
chmod 666 "$DATA/policy.d/wmi.yaml"
run msiexec /i "$WINDOWS\\invar-0.9.2.msi" /qn >"$PLACE/said" 2>&1
point "$((!$?))" "a policy that others may write to is refused" "$PLACE/said"
true_that "before the running Invar is taken away" answers
chmod 644 "$DATA/policy.d/wmi.yaml"
true_that "upgraded" run msiexec /i "$WINDOWS\\invar-0.9.2.msi" /qn
! grep 'is not installed' "$PLACE/said"
point $? "without a word about a service that is not there"
grep -q '^# mine' "$DATA/policy.d/registry.yaml"
point $? "what was changed in the policy is kept"
within 60 "the service runs again" answers

true_that "removed" run msiexec /x "$WINDOWS\\invar-0.9.2.msi" /qn
[ ! -e "$INSTALLED/invar.exe" ]
point $? "the program is gone"
registry query 'HKLM\SYSTEM\CurrentControlSet\Services\Invar'
point "$((!$?))" "so is its service" "$PLACE/reg"
registry query 'HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\Invar'
point "$((!$?))" "and the event log's source" "$PLACE/reg"
[ -d "$DATA/policy.d" ] && [ -d "$DATA/state" ]
point $? "policy and state are still there"
done_testing
