#!/bin/bash
# Keys and values of the registry as people watch them: each change told once, with what it was and
# is; both views; names that need care; who is logged off; ten thousand keys beside `reg export`.
. tests/windows/lib.sh

TOP='HKLM\Software\InvarTest'
VIEW32='HKLM\Software\Wow6432Node\InvarTest'
AWAY='S-1-5-21-11-22-33-4711'
PROFILE="HKLM\\Software\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList\\$AWAY"

# told N: so many changes were found by the last command; drift that stands has no number.
told() {
	[ "$(jq -s '[.[] | select(.record == "change" and .seq)] | length' "$CASE/out")" = "$1" ]
}

# fields KEY FILTER: jq says so of the change of this key.
fields() {
	jq -e --arg key "$1" -s "any(.[]; .key == \$key and ($2))" "$CASE/out" >/dev/null
}

use values "{ id: values, severity: high, kind: registry-value, base: 'HKLM\\SOFTWARE\\InvarTest', view: both }" \
	"{ id: keys, kind: registry-key, base: 'HKEY_LOCAL_MACHINE\\software\\invartest' }"
registry add "$TOP\\k" /v a /d 1 /f
registry add "$TOP\\k" /v gone /d 1 /f
invar init
point $((RC != 0)) "init" "$CASE/err"
invar check
[ "$RC" = 0 ] && none
point $? "an idle registry is silent" "$CASE/out"
invar check
[ "$RC" = 0 ] && none
point $? "twice" "$CASE/out"

registry add "$TOP\\k" /v a /d 2 /f
registry add "$TOP\\k" /v 'b\c' /t REG_DWORD /d 7 /f
registry add "$TOP\\k" /ve /d default /f
registry add "$TOP\\日本" /v 名前 /d 値 /f
registry add "$TOP" /v narrow /d 1 /f /reg:32
registry add "$TOP\\k" /v password /d geheim /f
registry delete "$TOP\\k" /v gone /f
invar check --new
told 8
point $? "eight changes are eight" "$CASE/out"
change registry-value "$TOP\\k\\a" updated &&
	fields "$TOP\\k\\a" '.was.data == "1" and .is.data == "2" and .is.type == "REG_SZ" and .is.size == 4 and (.fields | index("sha256"))'
point $? "a value is told as it was and is" "$CASE/out"
sum=$(printf '2\0\0\0' | sha256sum | cut -d' ' -f1)
fields "$TOP\\k\\a" ".is.sha256 == \"$sum\""
point $? "its digest is that of the bytes as stored" "$CASE/out"
change registry-value "$TOP\\k\\b\\\\c" created &&
	fields "$TOP\\k\\b\\\\c" '.is.type == "REG_DWORD" and .is.data == "7"'
point $? "a backslash in its name is doubled" "$CASE/out"
change registry-value "$TOP\\k\\" created
point $? "the default value" "$CASE/out"
change registry-value "$TOP\\日本\\名前" created && change registry-key "$TOP\\日本" created &&
	fields "$TOP\\日本\\名前" '.is.data == "値"'
point $? "names in Japanese" "$CASE/out"
change registry-value "$VIEW32\\narrow" created
point $? "the view of 32-bit programs, by its physical name" "$CASE/out"
fields "$TOP\\k\\password" '.is.content == "secret" and (.is | has("data") | not)' &&
	! grep -q geheim "$CASE/out"
point $? "a secret is not told" "$CASE/out"
change registry-value "$TOP\\k\\gone" deleted
point $? "a value that is gone" "$CASE/out"
invar check --new
told 0
point $? "and nothing again" "$CASE/out"
invar check "$TOP\\k"
fields "$TOP\\k\\a" '.standing' && [ "$RC" != 0 ]
point $? "a key on the command line" "$CASE/err"
invar approve all --reason test
registry delete "$TOP\\k" /f
invar check --new
change registry-key "$TOP\\k" deleted && change registry-value "$TOP\\k\\a" deleted && told 5
point $? "a key that is gone, with what was in it" "$CASE/out"
run "$BUILD/console.exe" hide 'Software\InvarTest'
text check --new
grep -qF "registry-value $TOP\\a\\x00b " "$CASE/out"
point $? "a NUL in a name is seen" "$CASE/out"
text show registry-value "$TOP\\a\\x00b"
grep -q 'hidden_name *true' "$CASE/out" && text approve "$TOP\\a\\x00b" --reason test && [ "$RC" = 0 ]
point $? "and such a name can be typed" "$CASE/out"
text explain "$TOP"
grep -qF 'Kind registry-value, values in it: watched by values.' "$CASE/out"
point $? "explain of a key says what holds its values" "$CASE/out"
registry delete "$TOP" /f

# A user whose hive was there, and is not any more.
use away "{ id: users, kind: registry-value, base: 'HKU\\{users}\\Software\\InvarTest' }" \
	"{ id: classes, kind: registry-value, base: 'HKU\\{users}_Classes\\CLSID' }"
registry add "$PROFILE" /v ProfileImagePath /d 'C:\users\away' /f
registry add "HKU\\$AWAY\\Software\\InvarTest" /v a /d 1 /f
invar init
text log
grep -qF ". registry-value HKU\\${AWAY}_Classes and everything below: away, this hive of the user is not loaded" "$CASE/out"
point $? "of who is logged on a hive that is not loaded is said to be that, and nothing went" "$CASE/out"
registry delete "HKU\\$AWAY" /f
invar check
none && [ "$RC" = 0 ] && grep -q 'logged off: not evaluated' "$CASE/out"
point $? "who is logged off is away, and lost nothing" "$CASE/out"
registry delete "$PROFILE" /f
invar check --new
change registry-value "HKU\\$AWAY\\Software\\InvarTest\\a" deleted
point $? "whose profile is gone lost it" "$CASE/out"

# What starts by itself is watched by the shipped rules, and not only in the hives of people.
# KEY|VALUE|DATA|RULE
autoruns() {
	local system='HKEY_USERS\.DEFAULT\Software' machine='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Control'
	local services='HKEY_LOCAL_MACHINE\SYSTEM\CurrentControlSet\Services' soft='HKEY_LOCAL_MACHINE\SOFTWARE\Microsoft'
	local nt="$soft\\Windows NT\\CurrentVersion" defender="$soft\\Windows Defender"
	cat <<-END
		$machine\\Session Manager|SetupExecute|hex(7):65,00,00,00,00,00|windows-registry-session-manager
		$machine\\Session Manager|BootExecute|hex(7):65,00,00,00,00,00|windows-registry-session-manager
		$system\\Microsoft\\Windows\\CurrentVersion\\Run|invar|"e"|windows-registry-run
		$system\\Microsoft\\Windows NT\\CurrentVersion\\Winlogon|Shell|"e"|windows-registry-winlogon
		$system\\Classes\\CLSID\\{6E1B79A2-0000-0000-0000-000000000001}\\InprocServer32|invar|"e"|windows-registry-com-user
		HKEY_USERS\\.DEFAULT\\Environment|COR_PROFILER_PATH|"e"|windows-registry-environment
		HKEY_USERS\\.DEFAULT\\Control Panel\\Desktop|SCRNSAVE.EXE|"e"|windows-registry-screensaver-system
		$machine\\Session Manager\\AppCertDlls|HeapSegmentX|"e"|windows-registry-session-manager-libraries
		$machine\\Session Manager\\KnownDLLs|GlobalFlagX|"e"|windows-registry-session-manager-libraries
		$machine\\Session Manager|ProtectionMode|dword:00000007|windows-registry-session-manager
		$soft\\NetSh|SpecialPollX|"e"|windows-registry-helpers
		$defender\\Exclusions\\Paths|evilTime|dword:00000000|windows-registry-defender-exclusions
		HKEY_LOCAL_MACHINE\\SYSTEM\\Setup|CmdLine|"e"|windows-registry-setup
		$nt\\AeDebug|Debugger|"e"|windows-registry-crash
		$soft\\Windows\\Windows Error Reporting\\RuntimeExceptionHelperModules|crash.dll|dword:00000000|windows-registry-crash-helpers
		$services\\WinSock2\\Parameters|AutodialDLL|"e"|windows-registry-services-libraries
		$services\\InvarTest\\Performance|Library|"e"|windows-registry-services-libraries
		$services\\InvarTest|Environment|hex(7):65,00,00,00,00,00|windows-registry-services-libraries
		$machine\\Class\\{4D36E96B-E325-11CE-BFC1-08002BE10318}|UpperFilters|hex(7):65,00,00,00,00,00|windows-registry-class-filters
		$machine|ServiceControlManagerExtension|"e"|windows-registry-control
		$machine\\MPRServices\\InvarTest|DLLName|"e"|windows-registry-router
		$nt\\AppCompatFlags\\Custom\\e.exe|{0}.sdb|"e"|windows-registry-shim
		$nt\\Accessibility\\ATs\\e|StartExe|"e"|windows-registry-accessibility
		$nt\\Drivers32|wave9|"e"|windows-registry-multimedia
		$nt\\Winlogon\\SpecialAccounts\\UserList|intruder|dword:00000000|windows-registry-hidden-account
		HKEY_LOCAL_MACHINE\\BCD00000000\\Objects\\{0}\\Elements\\16000049|Element|hex:01|windows-registry-boot-store
		$soft\\Windows\\CurrentVersion\\WINEVT\\Channels\\Microsoft-Windows-Sysmon/Operational|Enabled|dword:00000000|windows-registry-event-channels
		$services\\EventLog\\Security|File|"e"|windows-registry-event-logs
		$machine\\WMI\\Autologger\\EventLog-Security|Start|dword:00000000|windows-registry-traces
		$machine\\CI\\Config|VulnerableDriverBlocklistEnable|dword:00000000|windows-registry-code-integrity
		HKEY_LOCAL_MACHINE\\SOFTWARE\\Classes\\PROTOCOLS\\Filter\\text/evil|CLSID|"e"|windows-registry-protocols
	END
}

use shipped
cp rules/windows/registry.yaml "$CASE/policy.yaml"
invar init
{
	printf 'Windows Registry Editor Version 5.00\r\n\r\n'
	autoruns | while IFS='|' read -r key value data _; do
		printf '[%s]\r\n"%s"=%s\r\n\r\n' "$key" "$value" "$data"
	done
} >"$CASE/autoruns.reg"
invar check
none && [ "$RC" = 0 ]
point $? "the shipped rules are silent on an idle system" "$CASE/out"
registry import "$(windows "$CASE")\\autoruns.reg"
registry add 'HKLM\SYSTEM\CurrentControlSet\Control\MiniNt' /f
invar check --new
while IFS='|' read -r _ value _ rule; do
	jq -e --arg value "\\$value" --arg rule "$rule" -s \
		'any(.[]; .record == "change" and (.key | endswith($value)) and .rule == $rule)' "$CASE/out" >/dev/null ||
		echo "$value is not told by $rule"
done < <(autoruns) >"$CASE/missing"
[ ! -s "$CASE/missing" ]
point $? "what the system's own settings run is told by the shipped rules" "$CASE/missing"
change registry-key 'HKLM\System\CurrentControlSet\Control\MiniNt' created
point $? "and the key that stops the log of security" "$CASE/out"
invar check --new
told 0
point $? "each once" "$CASE/out"

# Ten thousand keys, and what Wine's own tool needs for them in the same run.
use many "{ id: many, kind: registry-key, base: 'HKLM\\SOFTWARE\\InvarTest' }" \
	"{ id: many-values, kind: registry-value, base: 'HKLM\\SOFTWARE\\InvarTest' }"
{
	printf 'Windows Registry Editor Version 5.00\r\n\r\n'
	for ((i = 0; i < 10000; i++)); do
		printf '[HKEY_LOCAL_MACHINE\\Software\\InvarTest\\%d\\%d]\r\n"v"="%d"\r\n\r\n' $((i / 100)) $((i % 100)) "$i"
	done
} >"$CASE/many.reg"
registry import "$(windows "$CASE")\\many.reg"
invar init
from=$(date +%s%N)
registry export 'HKLM\Software\InvarTest' "$(windows "$CASE")\\out.reg" /y
peer=$((($(date +%s%N) - from) / 1000000))
invar check
[ "$RC" = 0 ] && none && jq -e -s 'any(.[]; .record == "coverage" and .entities >= 20000)' "$CASE/out" >/dev/null
point $? "10,000 keys and their values: $MS ms (reg export: $peer ms)" "$CASE/out"
# on an idle machine 3 s; beside other work what the peer needs for the same says how idle it is
[ "$MS" -lt $((5000 + 8 * peer)) ]
point $? "in time"
registry delete 'HKLM\Software\InvarTest' /f

done_testing
