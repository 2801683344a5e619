#!/bin/bash
# Services and drivers: installed, changed, started, stopped, dying, deleted; each told once, with
# what it is about.
set -u
. tests/windows/lib.sh

use services '{ id: s, severity: high, kind: service, fields: [standard, "-sha256"] }'
cp "$BUILD/victim.exe" "$WORK/victim.exe"
victim() {
	run "$WINDOWS\\victim.exe" "$@" >"$CASE/victim" 2>&1
}
NAME=InvarVictim

# told CHANGE FIELDS JQ TEXT: of this check's changes one is of the victim, with these fields and
# this to be said of it; nothing else changed.
told() {
	invar check --new
	jq -e --arg name "$NAME" --arg change "$1" --argjson fields "$2" -s \
		'[.[] | select(.record == "change" and (.standing | not))] | length == 1 and (.[0] | .kind == "service" and
		.key == $name and .change == $change and ((.fields // []) | sort) == $fields and
		('"$3"'))' "$CASE/out" >/dev/null
	point $? "$4" "$CASE/out"
}

invar init
point "$RC" 'init' "$CASE/err"
invar check
none && [ "$RC" = 0 ]
point $? 'scanned twice: nothing changed' "$CASE/out"

victim install $NAME auto
told created '[]' '.is.enabled == "automatic" and .is.state == "stopped" and .is.user == "LocalSystem"
	and .is.program == "C:\\invar-test\\victim.exe" and .is.unquoted == false and .severity == "high"' \
	'a service is installed'
victim config $NAME demand
told updated '["enabled"]' '.was.enabled == "automatic" and .is.enabled == "manual"' \
	'its start type is another one'
victim start $NAME
told updated '["state"]' '.is.state == "running" and .is.main_pid > 0' 'it is started'
victim stop $NAME
told updated '["state"]' '.is.state == "stopped"' 'it is stopped'
victim start $NAME
victim fail $NAME
told updated '["exit","result","state"]' \
	'.is.state == "failed" and .is.exit == "exit code 42 (service-specific)"' \
	'it fails, and says by which code'
victim start $NAME
victim crash $NAME
told updated '["exit","result"]' '.is.state == "failed" and .is.result == "crash"' \
	'its process is killed'
victim delete $NAME
told deleted '[]' '.was.program == "C:\\invar-test\\victim.exe"' 'it is deleted'
NAME=InvarDriver
victim driver $NAME 'System32\drivers\mountmgr.sys'
told created '[]' '.is.type == "kernel-driver" and .is.state == "on-demand"' 'a driver is registered'

# Who did it nobody says; what it is about is one card, by whatever rule and kind.
use thing '{ id: s, kind: service, include: [InvarThing] }' \
	"{ id: v, kind: registry-value, base: 'HKLM\\SYSTEM\\CurrentControlSet\\Services', include: [InvarThing] }" \
	"{ id: k, kind: registry-key, base: 'HKLM\\SYSTEM\\CurrentControlSet\\Services', include: [InvarThing] }"
invar init
victim install InvarThing auto
invar check --new
jq -e -s 'map(select(.record == "change" and .seq)) | (map(.kind) | unique | length) == 3 and
	(map(.card) | unique | length) == 1' "$CASE/out" >/dev/null
point $? 'a service, its key and its values are one card' "$CASE/out"
victim delete InvarThing

# A key that is called like the copy of a service for a user, which Windows does not know as one.
use copies
{
	sed '/^rules:/q' rules/windows/registry.yaml
	sed -n '/- id: windows-registry-services\(-start\|-access\|\)$/,/tags:/p' rules/windows/registry.yaml
} >"$CASE/policy.yaml"
invar init
services='HKLM\System\CurrentControlSet\Services'
for name in WpnUserService WpnUserService_3f2a1; do
	registry add "$services\\$name" /v ImagePath /d 'C:\evil.exe' /f
	registry add "$services\\$name" /v Start /t REG_DWORD /d 2 /f
done
invar check --new
key="$services\\WpnUserService_3f2a1"
change registry-value "$key\\ImagePath" created && change registry-value "$key\\Start" created &&
	change registry-key "$key" created
point $? 'what only bears the name of a copy is told' "$CASE/out"
done_testing
