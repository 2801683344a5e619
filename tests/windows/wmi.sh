#!/bin/bash
# Rows of WMI queries, by a fake locator whose rows are keys of the registry (fake/wmi.h): rows that
# come, change and go; an idle host; another order; a namespace that is not there and comes; answers
# that are not whole; a query that never returns; events.
# shellcheck source=tests/windows/lib.sh
. tests/windows/lib.sh

class='HKLM\Software\Classes\CLSID\{4590F811-1D3A-11D0-891F-00AA004B2E24}\InprocServer32'
root='HKLM\Software\InvarTest\Wmi'
thing="$root\\root/cimv2\\Test_Thing"
fake=$(realpath "$BUILD/fake_wmi.dll")

# option NAME VALUE: of the class Test_Thing.
option() { registry add "$thing" /v "$1" /t REG_DWORD /d "$2" /f; }
# updated KEY PROPERTY WAS IS: among the changes.
updated() {
	jq -e -s --arg key "$1" --arg name "$2" --arg was "$3" --arg is "$4" 'any(.[];
		.key == $key and .change == "updated" and .fields == ["properties"] and
		.was.properties[$name] == $was and .is.properties[$name] == $is)' "$CASE/out" >/dev/null
}
changes() { jq -s 'map(select(.record == "change" and .standing != true)) | length' "$CASE/out"; }
gap() {
	jq -e -s --arg key "$1" --arg reason "$2" \
		'any(.[]; .record == "gap" and .key == $key and .reason == $reason)' "$CASE/out" >/dev/null
}

# ---- the WMI of this system ----

use real "{ id: services, kind: wmi, key: [Name], query: 'SELECT Name, StartMode FROM Win32_Service' }"
invar init
invar check
point "$RC" "twice the same services" "$CASE/out"
text show wmi 'services:Win32_Service.Name="Winmgmt"'
grep -q StartMode "$CASE/out"
point $? "a service is a row" "$CASE/err"

# ---- rows ----

registry delete 'HKLM\Software\InvarTest' /f
registry add "$class" /ve /d "Z:${fake//\//\\}" /f
registry add "$thing\\one" /v 'Id*' /d one /f
registry add "$thing\\one" /v Name /d Alpha /f
registry add "$thing\\two" /v 'Id*' /d two /f
registry add "$thing\\two" /v Name /d Two /f
use rows "{ id: things, severity: critical, kind: wmi, query: 'SELECT Name, Big FROM Test_Thing', timeout: 1s, schedule: 1h, events: 5s }" \
	"{ id: later, kind: wmi, namespace: 'root\\later', query: SELECT Name FROM Test_Later, key: [Name] }"
sed -n '/- id: windows-wmi-services$/,/tags:/p' rules/windows/wmi.yaml >>"$CASE/policy.yaml"
invar init
point "$RC" "makes a baseline" "$CASE/err"
invar check
none && [ "$RC" = 0 ]
point $? "an idle host is silent" "$CASE/out"
option reverse 1
invar check
none
point $? "the order of the provider does not matter" "$CASE/out"

registry add "$thing\\one" /v Name /d Beta /f
registry add "$thing\\three" /v 'Id*' /d three /f
registry add "$thing\\three" /v Name /d Gamma /f
registry delete "$thing\\two" /f
invar check --new
updated 'things:Test_Thing.Id="one"' Name '"Alpha"' '"Beta"'
point $? "a changed property, by name" "$CASE/out"
change wmi 'things:Test_Thing.Id="three"' created
point $? "a new row" "$CASE/out"
change wmi 'things:Test_Thing.Id="two"' deleted
point $? "a row that went" "$CASE/out"
[ "$(changes)" = 3 ]
point $? "and nothing else" "$CASE/out"
invar check --new
[ "$(changes)" = 0 ]
point $? "told once" "$CASE/out"

# a service that is only called like a user's copy of one, by the shipped rule
registry add "$root\\root/cimv2\\Win32_Service\\evil" /v Name /d WpnUserService_3f2a1 /f
invar check --new
change wmi 'windows-wmi-services:Win32_Service.Name="WpnUserService_3f2a1"' created
point $? "what only bears the name of a user's copy of a service is a row" "$CASE/out"

# a column that all rows get is told once, by the query
registry add "$thing\\one" /v Big /t REG_QWORD /d 5 /f
registry add "$thing\\three" /v Big /t REG_QWORD /d 6 /f
invar check --new
[ "$(changes)" = 1 ] && change wmi things: updated
point $? "new columns are one change of the query" "$CASE/out"

# a class that has other keys than before: its rows are called otherwise, and the query says so
for row in one three; do
	registry delete "$thing\\$row" /v 'Id*' /f
	registry add "$thing\\$row" /v Id /d $row /f
done
invar check --new
jq -e -s 'any(.[]; .key == "things:" and .fields == ["identities"] and
	.was.identities.Test_Thing == "Id" and .is.identities.Test_Thing == "content")' "$CASE/out" >/dev/null
point $? "another identity of its rows is said by the query" "$CASE/out"
for row in one three; do
	registry delete "$thing\\$row" /v Id /f
	registry add "$thing\\$row" /v 'Id*' /d $row /f
done
invar check --new

# ---- what is not there, and what is not whole ----

registry add "$root\\root/later\\Test_Later\\x" /v Name /d y /f
invar check --new
jq -e -s 'any(.[]; .key == "later:" and .was.state == "not-present" and .is.state == "ok")' \
	"$CASE/out" >/dev/null && change wmi 'later:Test_Later.Name="y"' created
point $? "a namespace that comes" "$CASE/out"
option fail 0x80041001
invar check --new
gap things: io && [ "$(changes)" = 0 ] && [ $((RC & 32)) = 32 ]
point $? "half an answer is a gap, and nothing is deleted" "$CASE/out"
option fail 0x80041003
invar check --new
gap things: denied && [ "$(changes)" = 0 ]
point $? "what is denied is a gap" "$CASE/out"
option fail 0
option unqualified 0x80041001
invar check --new
gap things: io && [ "$(changes)" = 0 ]
point $? "keys of a class that cannot be asked for are a gap, and no row has another name" "$CASE/out"
option unqualified 0
option hang 1
registry add "$root\\root/later\\Test_Later\\x" /v Name /d z /f
invar check --new
gap things: timeout && change wmi 'later:Test_Later.Name="z"' created
point $? "a query that never returns costs its own rule" "$CASE/out"
option hang 0
registry delete "$root\\root/later" /f
invar check --new
change wmi later: updated && change wmi 'later:Test_Later.Name="z"' deleted && ! gap things: timeout
point $? "a namespace that goes" "$CASE/out"

# ---- events ----

run "$INVAR" watch --json --policy "$(windows "$CASE")\\policy.yaml" --state "$(windows "$CASE")\\state" \
	>"$CASE/live" 2>"$CASE/err" &
for _ in $(seq 600); do # the first survey is over
	grep -q '"record":"repair"' "$CASE/live" && break
	sleep 0.1
done
sleep 3 # the first hint of the subscription as well
registry add "$thing\\four" /v 'Id*' /d four /f
for _ in $(seq 300); do
	grep -q '"realtime".*Id=\\"four\\"' "$CASE/live" && break
	sleep 0.1
done
grep -q '"realtime".*Id=\\"four\\"' "$CASE/live"
point $? "an event hastens the query" "$CASE/live"
done_testing # which ends the prefix, and what runs in it
