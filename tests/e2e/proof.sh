#!/bin/bash
# What a package manager wrote is explained when it is what the package delivered, and only then. A
# real dpkg installs, upgrades and removes small packages below a root of our own.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
command -v dpkg-deb >/dev/null || skip_all "needs dpkg"

use proof
ROOT=$CASE/root
BASE=/
mkdir -p "$ROOT"/{etc,usr/bin,usr/lib,usr/share,tmp,var/lib/dpkg/{info,updates}}
touch "$ROOT/var/lib/dpkg/"{status,available}
touch "$ROOT/usr/"{bin,lib,share}/of_nobody # keeps the folders when the package goes
printf 'root:x:0:0:root:/root:/bin/sh\n' >"$ROOT/etc/passwd"
printf 'root:x:0:\n' >"$ROOT/etc/group"

cat >"$CASE/policy.yaml" <<'E2'
version: 1
rules:
  - { id: system, severity: high, kind: file, base: [/usr, /etc, /var/lib/dpkg], exclude: ["info/format", "lock*", "updates", "triggers/Lock"], fields: [standard, package] }
  - { id: software, severity: low, kind: package }
  - { id: records, severity: critical, kind: package, fields: [manifest] }
E2

# deb VERSION FILE…: a package "tool" of what lies in CASE/deb now.
deb() {
	mkdir -p "$CASE/deb/DEBIAN"
	printf 'Package: tool\nVersion: %s\nArchitecture: all\nMaintainer: Test <t@example.org>\nDescription: test\n' \
		"$1" >"$CASE/deb/DEBIAN/control"
	echo /etc/tool.conf >"$CASE/deb/DEBIAN/conffiles"
	(cd "$CASE/deb" && find . -type f ! -path './DEBIAN/*' ! -path './etc/*' -printf '%P\0' |
		xargs -0 md5sum >DEBIAN/md5sums)
	dpkg-deb --root-owner-group --build "$CASE/deb" "$CASE/tool_$1.deb" >/dev/null
}

# content VERSION LIBRARY: what the package is made of.
content() {
	rm -rf "$CASE/deb"
	mkdir -p "$CASE/deb/"{etc,usr/bin,usr/lib,usr/share/tool}
	echo "tool $1" >"$CASE/deb/usr/bin/tool"
	chmod 755 "$CASE/deb/usr/bin/tool"
	echo "library $1" >"$CASE/deb/usr/lib/libtool.so.$2"
	ln -s "libtool.so.$2" "$CASE/deb/usr/lib/libtool.so.1"
	echo "data $1" >"$CASE/deb/usr/share/tool/data"
	echo "setting=${3:-1}" >"$CASE/deb/etc/tool.conf"
	deb "$1"
}
content 1 1.1
content 2 1.2
content 3 1.3
content 4 1.4
content 5 1.4 2

# manager WORD…: dpkg, of that root alone.
manager() {
	dpkg --root="$ROOT" --force-script-chrootless --force-confold "$@" >>"$CASE/dpkg.log" 2>&1
}

invar() {
	"$INVAR" "$@" --root "$ROOT" --policy "$CASE/policy.yaml" --state "$CASE/state" --json \
		>"$CASE/out" 2>"$CASE/err" </dev/null
	RC=$?
}

# verdicts: each change just found, with its verdict.
verdicts() {
	/usr/bin/python3 - "$CASE/out" <<'E2'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r.get("record") == "change" and not r.get("standing"):
        v = r["verdict"]
        print(r["change"], r["key"], v["state"], v.get("proof", {}).get("to", "-"))
E2
}

# finds TEXT LINE…: these are the changes just found.
finds() {
	local text=$1
	shift
	printf '%s\n' "$@" | LC_ALL=C sort >"$CASE/wanted"
	# dpkg's own records are explained, all of them
	verdicts | LC_ALL=C sort | grep -v '^[a-z]* /var/lib/dpkg.* explained ' | diff -u "$CASE/wanted" - >"$CASE/diff"
	point $? "$text" "$CASE/diff"
}

# stands TEXT KEY…: these and no others drift from what is approved.
stands() {
	local text=$1
	shift
	invar drift
	printf '%s\n' "$@" | sed '/^$/d' | LC_ALL=C sort >"$CASE/wanted"
	/usr/bin/python3 -c 'import json,sys
for l in sys.stdin:
    r = json.loads(l)
    if r["record"] == "change": print(r["key"])' <"$CASE/out" | LC_ALL=C sort |
		diff -u "$CASE/wanted" - >"$CASE/diff"
	point $? "$text" "$CASE/diff"
}

manager -i "$CASE/tool_1.deb"
point $? "dpkg installs below the root" "$CASE/dpkg.log"
invar init
point $RC "a baseline is made" "$CASE/err"

# ---- an upgrade ----

manager -i "$CASE/tool_2.deb"
mkdir "$ROOT/etc/alternatives"
ln -s /usr/bin/tool "$ROOT/etc/alternatives/tool" # as update-alternatives does
ln -s /etc/alternatives/tool "$ROOT/usr/bin/command"
ln -s /usr/bin/of_nobody "$ROOT/etc/alternatives/other"
invar check
finds "an upgrade is explained, file by file; that it was made is told" \
	"updated /etc explained 2" \
	"created /etc/alternatives unexplained -" \
	"created /etc/alternatives/tool unexplained -" \
	"created /etc/alternatives/other unexplained -" \
	"created /usr/bin/command unexplained -" \
	"updated /usr/bin explained 2" \
	"updated /usr/bin/tool explained 2" \
	"updated /usr/lib explained 2" \
	"deleted /usr/lib/libtool.so.1.1 explained 2" \
	"created /usr/lib/libtool.so.1.2 explained 2" \
	"updated /usr/lib/libtool.so.1 explained 2" \
	"updated /usr/share/tool explained 2" \
	"updated /usr/share/tool/data explained 2" \
	"updated dpkg:tool:all unexplained -"
stands "of an upgrade only the package drifts, and what it did not bring" dpkg:tool:all \
	/etc/alternatives /etc/alternatives/tool /etc/alternatives/other /usr/bin/command
invar log --verify
point $RC "the ledger holds the proofs" "$CASE/err"
"$INVAR" log --root "$ROOT" --policy "$CASE/policy.yaml" --state "$CASE/state" >"$CASE/text"
grep -q 'explained by package dpkg:tool:all' "$CASE/text"
point $? "and tells them" "$CASE/text"
invar approve all --reason "the upgrade"

# ---- what hides in an upgrade ----

manager -i "$CASE/tool_3.deb"
echo backdoor >>"$ROOT/usr/bin/tool"
chmod 4644 "$ROOT/usr/share/tool/data"
echo new >"$ROOT/usr/lib/libevil.so"
ln -sfn /tmp/evil "$ROOT/usr/lib/libtool.so.1"
touch "$ROOT/tmp/evil"
invar check
finds "what is not as delivered is not explained by an upgrade" \
	"updated /etc explained 3" \
	"updated /usr/bin explained 3" \
	"updated /usr/bin/tool unexplained -" \
	"updated /usr/lib explained 3" \
	"created /usr/lib/libevil.so unexplained -" \
	"deleted /usr/lib/libtool.so.1.2 explained 3" \
	"created /usr/lib/libtool.so.1.3 explained 3" \
	"updated /usr/lib/libtool.so.1 unexplained -" \
	"updated /usr/share/tool explained 3" \
	"updated /usr/share/tool/data unexplained -" \
	"updated dpkg:tool:all unexplained -"
stands "and drifts" dpkg:tool:all /usr/bin/tool /usr/lib/libevil.so /usr/lib/libtool.so.1 \
	/usr/share/tool/data

# ---- records that were edited ----

invar approve all --reason test
MD5=$(echo trojan | tee "$ROOT/usr/bin/tool" | md5sum | cut -d' ' -f1)
sed -i "s#^[0-9a-f]*  usr/bin/tool#$MD5  usr/bin/tool#" "$ROOT/var/lib/dpkg/info/tool.md5sums"
invar check
finds "edited records are no transaction and explain nothing" \
	"updated /usr/bin/tool unexplained -" \
	"updated /var/lib/dpkg/info cosmetic -" \
	"updated /var/lib/dpkg/info/tool.md5sums unexplained -" \
	"updated dpkg:tool:all unexplained -"
grep '"key":"dpkg:tool:all"' "$CASE/out" | grep -q '"rule":"records"'
point $? "and are told as what they are" "$CASE/out"
printf '#!/bin/sh\nid\n' >"$ROOT/var/lib/dpkg/info/tool.postrm"
invar check
finds "a script of a package is a record, too" \
	"updated /var/lib/dpkg/info cosmetic -" \
	"created /var/lib/dpkg/info/tool.postrm unexplained -" \
	"updated dpkg:tool:all unexplained -"
rm "$ROOT/var/lib/dpkg/info/tool.postrm"
manager -i "$CASE/tool_2.deb" # the other direction, so that 3 is an upgrade again
manager -i "$CASE/tool_3.deb"
printf '#!/bin/sh\nid\n' >"$ROOT/var/lib/dpkg/info/tool.postrm"
invar check
grep '"/var/lib/dpkg/info/tool.postrm"' "$CASE/out" | grep -q '"state":"unexplained"'
point $? "a script put beside an upgrade is not explained by it" "$CASE/out"
rm "$ROOT/var/lib/dpkg/info/tool.postrm"
invar check
invar approve all --reason test
echo backdoor >>"$ROOT/usr/bin/tool"
invar check
invar approve all --reason test

# ---- the right content outside a transaction ----

echo "tool 3" >"$ROOT/usr/bin/tool"
invar check
finds "the right content without a transaction is not explained" \
	"updated /usr/bin/tool unexplained -"

# ---- drift that stood before is not approved by an upgrade beside it ----

invar approve all --reason test
chmod 0700 "$ROOT/usr/bin"
rm "$ROOT/usr/lib/libevil.so"
invar check
manager -i "$CASE/tool_4.deb"
invar check
stands "a folder's rights that were not approved still are not" dpkg:tool:all /usr/bin \
	/usr/lib/libevil.so
invar approve all --reason test

# ---- without a baseline: against what was delivered ----

# packages: what check --packages says, a line each.
packages() {
	invar check --packages
	/usr/bin/python3 -c 'import json,sys
for l in sys.stdin:
    r = json.loads(l)
    if r["record"] == "change": print(r["change"], r["key"], ",".join(r["fields"]), r["rule"])' \
		<"$CASE/out" | LC_ALL=C sort >"$CASE/is"
}

packages
printf 'created /usr/%s/of_nobody  unpackaged-file\n' bin lib share >"$CASE/wanted"
diff -u "$CASE/wanted" "$CASE/is" >"$CASE/diff"
point $? "what packages delivered is as they delivered it; the rest is nobody's" "$CASE/diff"
[ "$RC" = 1 ]
point $? "and the exit status says which"

echo backdoor >>"$ROOT/usr/bin/tool"
rm "$ROOT/usr/share/tool/data"
echo setting=2 >"$ROOT/etc/tool.conf"
mkdir -p "$ROOT/usr/lib/tool/deep"
touch "$ROOT/usr/lib/tool/"{a,b,deep/c}
ln -s /etc/alternatives/tool "$ROOT/usr/bin/alternative"
packages
cat >>"$CASE/wanted" <<'E2'
created /usr/lib/tool  unpackaged-file
deleted /usr/share/tool/data  packaged-file
updated /etc/tool.conf md5 packaged-config
updated /usr/bin/tool md5 packaged-file
E2
LC_ALL=C sort "$CASE/wanted" | diff -u - "$CASE/is" >"$CASE/diff"
point $? "changed, missing and foreign files are named, a foreign folder once" "$CASE/diff"
[ "$RC" = 7 ]
point $? "and count"
grep '"/usr/lib/tool"' "$CASE/out" | grep -q '"subtree": \?4'
point $? "with what is below the folder" "$CASE/out"
"$INVAR" check --packages --root "$ROOT" --policy "$CASE/policy.yaml" --state "$CASE/state" \
	>"$CASE/text" 2>&1
grep -q '2 differ, 1 is missing, 4 belong to no package' "$CASE/text"
point $? "as text, too" "$CASE/text"
"$INVAR" check --packages /usr/bin --root "$ROOT" --policy "$CASE/policy.yaml" \
	--state "$CASE/state" >"$CASE/text" 2>&1
grep -q '1 differs, none is missing, 1 belongs to no package' "$CASE/text"
point $? "and for one folder" "$CASE/text"
rm -r "$ROOT/usr/lib/tool" "$ROOT/usr/bin/alternative"
manager -i "$CASE/tool_4.deb"
invar check
invar approve all --reason test

# ---- a check in the middle ----

manager --unpack "$CASE/tool_5.deb"
invar check
! grep -q '"rule":"records"' "$CASE/out"
point $? "a package that is only unpacked has no edited records" "$CASE/out"
invar approve all --reason test
manager --configure tool
invar check
verdicts >"$CASE/is"
! grep -q '"rule":"records"' "$CASE/out" && ! grep '/etc/' "$CASE/is" | grep -q unexplained
point $? "nor has it once it is configured, and its settings are explained" "$CASE/is"
invar approve all --reason test

# a version that is only written into the records
echo trojan2 >"$ROOT/usr/bin/tool"
MD5=$(md5sum <"$ROOT/usr/bin/tool" | cut -d' ' -f1)
sed -i "s#^[0-9a-f]*  usr/bin/tool#$MD5  usr/bin/tool#" "$ROOT/var/lib/dpkg/info/tool.md5sums"
sed -i 's/^Version: 5/Version: 6/' "$ROOT/var/lib/dpkg/status"
invar check
verdicts | grep -q '^updated /usr/bin/tool unexplained'
point $? "a version nobody installed explains nothing" "$CASE/out"
manager -i "$CASE/tool_5.deb"
invar check
invar approve all --reason test

# ---- removal ----

manager -r tool
rm "$ROOT/etc/alternatives/tool" "$ROOT/usr/bin/command"
invar check
finds "a removal is explained" \
	"updated /etc/alternatives explained -" \
	"deleted /etc/alternatives/tool explained -" \
	"deleted /usr/bin/command explained -" \
	"updated /usr/bin explained -" \
	"deleted /usr/bin/tool explained -" \
	"updated /usr/lib explained -" \
	"deleted /usr/lib/libtool.so.1.4 explained -" \
	"deleted /usr/lib/libtool.so.1 explained -" \
	"updated /usr/share explained -" \
	"deleted /usr/share/tool explained -" \
	"deleted /usr/share/tool/data explained -" \
	"updated dpkg:tool:all unexplained -"

# ---- coming and going is no edit of records ----

invar approve all --reason test
manager -P tool
invar check
grep '"change":"deleted"' "$CASE/out" | grep '"key":"dpkg:tool:all"' | grep -q '"rule":"software"'
point $? "that a package went is told by the rule about software" "$CASE/out"

done_testing
