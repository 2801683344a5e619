#!/bin/bash
# The program on Windows as people use it: a baseline, what changed since, who approved it; names that
# are hard to write; what is wrong on the command line; a state that others cannot touch.
# shellcheck source=tests/windows/lib.sh
. tests/windows/lib.sh

run "$INVAR" --version >"$PLACE/out"
grep -qx "invar [0-9.]*" "$PLACE/out"
point $? "says its version" "$PLACE/out"

# ---- libraries that somebody laid beside it ----

mkdir "$WORK/planted"
cp "$INVAR" "$WORK/planted/invar.exe"
for name in cmake/delayed/*.def; do
	echo 'no library' >"$WORK/planted/$(basename "$name" .def).dll"
done
planted=$(basename -s .def -a cmake/delayed/*.def | grep -v netapi32 | paste -sd,)
WINEDLLOVERRIDES="$WINEDLLOVERRIDES;$planted=n,b" run "$WORK/planted/invar.exe" doctor \
	>"$PLACE/out" 2>&1
grep -q '^works    cryptography' "$PLACE/out" && grep -q '^works    HTTP' "$PLACE/out" &&
	grep -q '^works    port owner' "$PLACE/out"
point $? "takes no library from its own folder" "$PLACE/out"
x86_64-w64-mingw32-objdump -p "$INVAR" | sed -n 's/.*DLL Name: //p' | tr 'A-Z' 'a-z' |
	grep -vxE '(advapi32|kernel32|msvcrt|ntdll|ole32|oleaut32|shell32|user32|ws2_32)\.dll' >"$PLACE/out"
point "$((!$?))" "names none itself but those that Windows knows (KnownDLLs)" "$PLACE/out"
rm -r "$WORK/planted"

# ---- a baseline and a change ----

use files
mkdir -p "$BASE/日本語/deep"
echo one >"$BASE/日本語/😀.txt"
echo two >"$BASE/plain.txt"
echo three >"$BASE/日本語/deep/blank at the end "
invar check
point $((RC != 17 && RC != 18)) "without a baseline it says so" "$CASE/err"
invar init
point "$RC" "makes a baseline" "$CASE/err"
invar check
point "$RC" "nothing has changed" "$CASE/out"
echo more >>"$BASE/日本語/😀.txt"
rm "$BASE/plain.txt"
echo new >"$BASE/日本語/deep/新しい"
invar check
[ "$RC" = 7 ]
point $? "created, deleted and updated: 1 + 2 + 4" "$CASE/out"
change file "$(windows "$BASE/日本語/😀.txt")" updated
point $? "a name with a pictograph" "$CASE/out"
change file "$(windows "$BASE/plain.txt")" deleted
point $? "what went" "$CASE/out"
change file "$(windows "$BASE/日本語/deep/新しい")" created
point $? "what came" "$CASE/out"
text drift
grep -qF "$(windows "$BASE/日本語/😀.txt")" "$CASE/out"
point $? "paths are shown as Windows writes them" "$CASE/out"
text show file "$(windows "$BASE/日本語/😀.txt" | tr 'A-Z' 'a-z')"
grep -q sha256 "$CASE/out"
point $? "one entity, typed in another case" "$CASE/out"
text explain "$(windows "$BASE/日本語/😀.txt")"
grep -q "watches it" "$CASE/out"
point $? "explains what watches it" "$CASE/out"
! grep -qwE 'mode|uid|acl|caps|rdev' "$CASE/out" && grep -qw dacl "$CASE/out"
point $? "with the fields that Windows has" "$CASE/out"
text status
point "$RC" "says how it stands" "$CASE/err"
grep -qF "state      $WINDOWS" "$CASE/out" && ! grep -qF '\x5c' "$CASE/out"
point $? "its folders as they are typed" "$CASE/out"

# ---- approving ----

invar approve "$(windows "$BASE/日本語/😀.txt")" --reason 'edited by hand'
point "$RC" "approves one change" "$CASE/err"
invar check
[ "$RC" = 7 ] && ! change file "$(windows "$BASE/日本語/😀.txt")" updated
point $? "the others stand" "$CASE/out"
invar approve all --reason 'the rest'
point "$RC" "approves the rest" "$CASE/err"
invar check
point "$RC" "nothing stands any more" "$CASE/out"
text log --verify
point "$RC" "the ledger is whole" "$CASE/err"
text log
grep -q 'S-1-5-' "$CASE/out"
point $? "who approved it has a SID" "$CASE/out"
grep -qE ', by [^ ]*\\' "$CASE/out" && ! grep -qE ', by [^ ]*x5c' "$CASE/out"
point $? "and a name with one backslash" "$CASE/out"

# ---- a baseline elsewhere ----

invar baseline export "$(windows "$CASE/host.baseline")"
point "$RC" "exports the baseline" "$CASE/err"
text baseline verify "$(windows "$CASE/host.baseline")"
point "$RC" "its signature holds" "$CASE/err"
LINUX=${LINUX:-build/dev/invar}
if [ -x "$LINUX" ]; then
	"$LINUX" baseline verify "$CASE/host.baseline" >"$PLACE/out" 2>&1
	point $? "its signature holds on Linux" "$PLACE/out"
	printf 'version: 1\nrules:\n  - { id: r, kind: user }\n' >"$PLACE/policy.yaml"
	"$LINUX" init --policy "$PLACE/policy.yaml" --state "$PLACE/state" >/dev/null 2>&1
	"$LINUX" baseline export "$CASE/linux.baseline" --state "$PLACE/state" >/dev/null 2>&1
	text baseline verify "$(windows "$CASE/linux.baseline")"
	point "$RC" "a signature from Linux holds here" "$CASE/err"
	text baseline show "$(windows "$CASE/linux.baseline")"
	grep -q '^user root  ' "$CASE/out"
	point $? "and what is in it is shown" "$CASE/out"
	printf 'X' | dd of="$CASE/linux.baseline" bs=1 seek=200 conv=notrunc status=none
	text baseline verify "$(windows "$CASE/linux.baseline")"
	[ "$RC" = 24 ]
	point $? "one that was changed does not" "$CASE/out"
else
	skip "signatures of both platforms" "there is no program for Linux"
fi

# ---- a state that others cannot touch ----

printf 'X' | dd of="$CASE/state/seal.key" bs=1 seek=3 conv=notrunc status=none
invar check
[ "$RC" = 24 ]
point $? "another key is damage" "$CASE/err"
invar init --replace >/dev/null
rm -rf "$CASE/state"
mkdir -m 777 "$CASE/state"
invar init
[ "$RC" = 18 ] && grep -q 'others may write' "$CASE/err"
point $? "a folder that others may write to is refused" "$CASE/err"

# ---- long names, bad input ----

use names '{ id: r, kind: service }'
invar init
text show service EVENTLOG
grep -qx 'service Eventlog' "$CASE/out"
point $? "a service is found by its name in another case" "$CASE/out"
text explain service eventlog
grep -qx 'service Eventlog is watched: .*' "$CASE/out"
point $? "and explained" "$CASE/out"

use long
deep=$BASE
for i in $(seq 12); do
	deep=$deep/a-folder-with-a-rather-long-name-$i
done
mkdir -p "$deep"
echo x >"$deep/file"
invar init
echo y >>"$deep/file"
invar check
change file "$(windows "$deep/file")" updated
point $? "a path of more than 260 characters" "$CASE/out"

use bad '{ id: x, kind: nothing }'
invar policy check
[ "$RC" = 17 ]
point $? "a policy that is wrong" "$CASE/out"
run "$INVAR" policy check --policy 'C:\no\such\file' >"$PLACE/out" 2>&1
[ $? = 17 ] && grep -qF 'C:\no\such\file' "$PLACE/out"
point $? "a policy that is not there, named as typed" "$PLACE/out"
run "$INVAR" status --policy 'C:\no\such\file' >"$PLACE/out" 2>&1
[ $? = 17 ] && grep -qF "'C:\no\such\file'" "$PLACE/out"
point $? "nor by status" "$PLACE/out"
run "$INVAR" check --no-such-option >"$PLACE/out" 2>&1
[ $? = 15 ]
point $? "usage" "$PLACE/out"
run "$INVAR" explain '😀' --policy "$(windows "$CASE")\\policy.yaml" --state 'C:\none' >"$PLACE/out" 2>&1
[ $? = 17 ]
point $? "arguments are not garbled" "$PLACE/out"
run "$INVAR" help >"$PLACE/out"
grep -q ProgramData "$PLACE/out"
point $? "help names the folders of Windows" "$PLACE/out"
grep -q -e --root "$PLACE/out"
point "$((!$?))" "and no option that is not for Windows" "$PLACE/out"
run "$INVAR" help kind file >"$PLACE/out"
! grep -q '^  mode ' "$PLACE/out" && grep -q '^  dacl ' "$PLACE/out"
point $? "help of a kind has the fields of Windows" "$PLACE/out"

# ---- what tells of changes ----

use heard "{ id: v, kind: registry-value, base: 'HKLM\\SOFTWARE\\InvarTest' }" \
	"{ id: k, kind: registry-key, base: 'HKLM\\SOFTWARE\\InvarTest' }" \
	"{ id: s, kind: service }" "{ id: u, kind: user }" "{ id: p, kind: process }" \
	"{ id: m, kind: module }" "{ id: w, kind: wmi, query: SELECT Name FROM Win32_Share }"
# heard KIND KEY TEXT: what tells of its changes.
heard() {
	text explain "$1" "$2"
	grep -F 'In real time' "$CASE/out" | grep -qF -- "$3"
	point $? "$1: by $3" "$CASE/out"
}
heard registry-key 'HKLM\SOFTWARE\InvarTest' RegNotifyChangeKeyValue
heard registry-value 'HKLM\SOFTWARE\InvarTest\x' RegNotifyChangeKeyValue
heard service Invar 'service control manager'
heard user root 'every 10 s'
heard process 'C:\x.exe' 'every second'
heard module x.sys 'every 10 s'
heard wmi 'w:x' schedule

done_testing
