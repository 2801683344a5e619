#!/bin/bash
# Files of Windows: what is recorded of them and what counts as a change; names that Windows' own
# functions cannot spell; a folder with thousands; scans that agree.
# shellcheck source=tests/windows/lib.sh
. tests/windows/lib.sh

# field KEY CHANGE FIELD: did this field differ in a change of the last output?
field() {
	jq -e --arg key "$1" --arg change "$2" --arg field "$3" -s \
		'any(.[]; .key == $key and .change == $change and (.fields | index($field)))' \
		"$CASE/out" >/dev/null
}

# ---- each kind of change, and what it is called ----

use changes
mkdir "$BASE/sub"
for name in edited deleted renamed restricted hidden touched; do
	echo "$name" >"$BASE/$name.txt"
done
invar init
point "$RC" "makes a baseline" "$CASE/err"
sum=$(sha256sum <"$BASE/edited.txt")
invar show file "$(windows "$BASE/edited.txt")"
grep -q "${sum%% *}" "$CASE/out" && grep -q '"owner_sid":"S-1-' "$CASE/out" &&
	grep -q '"dacl":"' "$CASE/out" && grep -q '"inode":' "$CASE/out" &&
	! grep -q '"mode"' "$CASE/out"
point $? "digest as sha256sum prints it; owner and rights by their numbers; no mode" "$CASE/out"

echo more >>"$BASE/edited.txt"
rm "$BASE/deleted.txt"
mv "$BASE/renamed.txt" "$BASE/sub/Renamed again.txt"
chmod 600 "$BASE/restricted.txt"
run attrib +h "$(windows "$BASE/hidden.txt")" >"$PLACE/attrib" 2>&1
touch -d '2020-01-01' "$BASE/touched.txt"
invar check
[ "$RC" = 6 ]
point $? "2 deleted, 4 updated or renamed" "$CASE/out"
field "$(windows "$BASE/edited.txt")" updated sha256
point $? "content" "$CASE/out"
change file "$(windows "$BASE/deleted.txt")" deleted
point $? "what went" "$CASE/out"
change file "$(windows "$BASE/sub/Renamed again.txt")" renamed
point $? "what moved is one change" "$CASE/out"
field "$(windows "$BASE/restricted.txt")" updated dacl
point $? "rights" "$CASE/out"
field "$(windows "$BASE/hidden.txt")" updated attributes
point $? "attributes" "$CASE/out"
field "$(windows "$BASE/touched.txt")" updated mtime
point $? "times" "$CASE/out"
invar approve all --reason 'all of it'
invar check
[ "$RC" = 0 ] && none
point $? "nothing stands any more" "$CASE/out"

# ---- names ----

use names
long=$BASE
for i in 1 2 3 4 5 6 7 8; do
	long="$long/a folder whose name takes some forty letters $i"
done
mkdir -p "$long"
names=("$long/end of a long way" "$BASE/trailing dot." "$BASE/trailing blank " "$BASE/CON" "$BASE/aux.txt"
	"$BASE/日本語.txt" "$BASE/😀.txt")
for name in "${names[@]}"; do echo one >"$name"; done
invar init
for name in "${names[@]}"; do echo two >"$name"; done
invar check
found=0
for name in "${names[@]}"; do
	field "$(windows "$name")" updated sha256 || found=1
done
point $found "long paths, trailing dots and blanks, CON, Japanese, a pictograph" "$CASE/out"
mv "$BASE/日本語.txt" "$BASE/x" && mv "$BASE/CON" "$BASE/con" && echo three >>"$BASE/con"
invar check
field "$(windows "$BASE/con")" renamed sha256
point $? "a name in another case is another name of the same file, also when it was written to" "$CASE/out"

# ---- the shipped rules: a program below System32, under whatever name ----

use shipped
{
	printf "version: 1\nvariables: { system32: '%s', syswow64: '%s' }\nrules:\n" \
		"$(windows "$BASE")" "$(windows "$CASE/none")"
	sed -n '/- id: windows-system-programs$/,/pci/p' rules/windows/files.yaml
} >"$CASE/policy.yaml"
mkdir -p "$BASE/WindowsPowerShell/v1.0" "$BASE/spool/drivers/3" "$BASE/spool/PRINTERS" \
	"$BASE/config" "$BASE/drivers/etc" "$BASE/DriverStore/FileRepository/a.inf_1"
invar init
program=$DRIVE/windows/system32/attrib.exe
programs=("$BASE/WindowsPowerShell/v1.0/powershell.exe" "$BASE/spool/drivers/3/printer.dll"
	"$BASE/DriverStore/FileRepository/a.inf_1/a.sys"
	"$BASE/svchost.exe." "$BASE/lsass.exe " "$BASE/winspool.drv" "$BASE/evil.dat")
others=("$BASE/plain.dat" "$BASE/spool/PRINTERS/job.exe" "$BASE/config/SYSTEM.LOG1" "$BASE/a.log"
	"$BASE/DriverStore/FileRepository/a.inf_1/a.pnf")
for name in "${programs[@]}"; do cp "$program" "$name"; done
for name in "${others[@]}"; do echo text >"$name"; done
invar check
found=0
for name in "${programs[@]}"; do change file "$(windows "$name")" created || found=1; done
point $found "programs in every folder by their endings, dots and blanks behind them, too; by what they are in its own" "$CASE/out"
[ "$(jq -s 'map(select(.record == "change").key) | unique | length' "$CASE/out")" = ${#programs[@]} ]
point $? "and none of what Windows writes there itself" "$CASE/out"

# ---- thousands ----

use many
for folder in $(seq 50); do
	mkdir "$BASE/$folder"
	for file in $(seq 100); do echo "$folder $file"; done |
		(cd "$BASE/$folder" && split -l 1 -a 3 - f)
done
invar init
point "$RC" "5,000 files in $MS ms" "$CASE/err"
[ "$MS" -lt 20000 ]
point $? "which is less than 20 s" "$CASE/err"
invar check
first=$MS
[ "$RC" = 0 ] && none
point $? "a second scan agrees ($first ms)" "$CASE/out"
invar check --quick
[ "$RC" = 0 ] && none
point $? "a quick one, too ($MS ms)" "$CASE/out"
text check --quick
grep -q '0 bytes read' "$CASE/out"
point $? "and it read nothing" "$CASE/out"
echo other >"$BASE/7/faab"
invar check --quick
field "$(windows "$BASE/7/faab")" updated sha256
point $? "but what has other times" "$CASE/out"
invar check "$(windows "$BASE/7")"
change file "$(windows "$BASE/7/faab")" updated || [ "$RC" = 4 ]
point $? "one folder alone" "$CASE/out"

# ---- in real time ----

# heard TEXT: does the watching program say it?
heard() {
	for _ in $(seq 600); do
		grep -qF "$1" "$CASE/watch" && return 0
		sleep 0.1
	done
	return 1
}

use heard
invar init
: >"$CASE/watch"
LIMIT=40 run "$INVAR" watch --policy "$(windows "$CASE")\\policy.yaml" \
	--state "$(windows "$CASE")\\state" --plain >"$CASE/watch" 2>&1 &
WATCHER=$!
heard 'scan stamps of everything'
point $? "watches" "$CASE/watch"
mkdir "$BASE/later"
sleep 1
echo new >"$BASE/later/heard.txt"
heard 'tree\later\heard.txt'
point $? "a file in a folder that came is heard of" "$CASE/watch"
kill "$WATCHER"
wait "$WATCHER" 2>/dev/null

done_testing
