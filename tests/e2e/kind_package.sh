#!/bin/bash
# Packages as they come and go in a Debian 12: what dpkg and apt do, edits of the records behind
# their back, and databases that are broken. And what rpm itself has made.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
. tests/e2e/container.sh
need_root
container_make || skip_all "cannot make a Debian"
trap 'container_drop; finish' EXIT
trap 'exit 143' TERM INT

chrooted() {
	chroot "$CONTAINER_ROOT" env DEBIAN_FRONTEND=noninteractive LC_ALL=C \
		PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@" >"$CASE/inside" 2>&1 </dev/null
}

# rule FIELDS: packages, and only these fields of them.
rule() {
	printf 'version: 1\nrules:\n  - id: p\n    kind: package\n    fields: [%s]\n' "$1" \
		>"$CASE/policy.yaml"
}

# look: what a check of the tree finds, all before it approved.
look() {
	invar approve all --reason test
	invar check --root "$CONTAINER_ROOT"
}

# debian VERSION [POSTINST]: a package "invar-tiny" with a program and a configuration.
debian() {
	local tree=$CASE/deb.$1
	mkdir -p "$tree/DEBIAN" "$tree/usr/bin" "$tree/etc"
	printf 'Package: invar-tiny\nVersion: %s\nArchitecture: all\nMaintainer: A <a@example.org>\n' \
		"$1" >"$tree/DEBIAN/control"
	echo "Description: a test" >>"$tree/DEBIAN/control"
	echo /etc/invar-tiny.conf >"$tree/DEBIAN/conffiles"
	echo "version $1" >"$tree/usr/bin/invar-tiny"
	echo conf >"$tree/etc/invar-tiny.conf"
	(cd "$tree" && md5sum usr/bin/invar-tiny >DEBIAN/md5sums)
	if [ $# -gt 1 ]; then
		printf '#!/bin/sh\n%s\n' "$2" >"$tree/DEBIAN/postinst"
		chmod 0755 "$tree/DEBIAN/postinst"
	fi
	dpkg-deb --root-owner-group --build "$tree" "$CONTAINER_ROOT/root/invar-tiny_$1.deb" \
		>"$CASE/build" 2>&1
}

# ---- the baseline is what dpkg says ----

use dpkg
rule standard
invar init --root "$CONTAINER_ROOT"
invar baseline show
/usr/bin/python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    if r["key"].startswith("dpkg:"):
        a = r["approved"]
        print(r["key"][5:], a["version"], a["want"], a["state"])
' <"$CASE/out" | sort >"$CASE/ours"
# shellcheck disable=SC2016 # dpkg-query expands these
chroot "$CONTAINER_ROOT" dpkg-query -W -f \
	'${Package}:${Architecture} ${Version} ${db:Status-Want} ${db:Status-Status}\n' | sort >"$CASE/theirs"
[ -s "$CASE/ours" ] && diff "$CASE/theirs" "$CASE/ours" >"$CASE/diff"
point $? "all packages, versions and states are dpkg's ($(wc -l <"$CASE/ours"))" "$CASE/diff"
look
expect "nothing changes by itself" 0

# ---- dpkg and apt at work ----

debian 1.0
debian 2.0
debian 3.0 "exit 1"
chrooted dpkg -i /root/invar-tiny_1.0.deb
look
expect "an installation" 1 "created dpkg:invar-tiny:all"
same "is what was installed" "$(field dpkg:invar-tiny:all version) $(field dpkg:invar-tiny:all files)" "1.0 5"
chrooted dpkg -i /root/invar-tiny_2.0.deb
look
expect "an upgrade" 4 "updated dpkg:invar-tiny:all version"
chrooted dpkg -i /root/invar-tiny_3.0.deb
look
expect "an upgrade that failed" 4 "updated dpkg:invar-tiny:all version,state"
same "stays half-configured" "$(field dpkg:invar-tiny:all state)" half-configured
chrooted dpkg -i /root/invar-tiny_2.0.deb
look
chrooted apt-mark hold invar-tiny
look
expect "a hold" 4 "updated dpkg:invar-tiny:all want"
same "is one" "$(field dpkg:invar-tiny:all want)" hold
chrooted dpkg --remove --force-hold invar-tiny
look
expect "a removal leaves the configuration" 4 "updated dpkg:invar-tiny:all state,want,files"
same "and says so" "$(field dpkg:invar-tiny:all state)" config-files
chrooted dpkg --purge invar-tiny
look
expect "a purge leaves nothing" 2 "deleted dpkg:invar-tiny:all"
chrooted apt-get -y --purge remove mlocate
look
found
grep -q '^deleted dpkg:mlocate:' "$CASE/found"
point $? "apt-get remove" "$CASE/inside"

# ---- behind their back ----

info=$CONTAINER_ROOT/var/lib/dpkg/info
sed -i 's/^................................  bin\/ls$/00000000000000000000000000000000  bin\/ls/' \
	"$info/coreutils.md5sums"
look
expect "a forged digest" 4 "updated dpkg:coreutils:amd64 manifest"
echo /usr/bin/evil >>"$info/coreutils.list"
look
expect "a forged owner" 4 "updated dpkg:coreutils:amd64 files,manifest"
mv "$info/sudo.list" "$CASE/"
look
expect "a list that is gone" 36 "updated dpkg:sudo:amd64 files" "gap dpkg:sudo:amd64 format"
mv "$CASE/sudo.list" "$info/"
look
mkdir -p "$CONTAINER_ROOT/usr/local/lib/python3.11/dist-packages/evil-1.0.dist-info"
printf 'Name: evil\nVersion: 1.0\n' \
	>"$CONTAINER_ROOT/usr/local/lib/python3.11/dist-packages/evil-1.0.dist-info/METADATA"
look
expect "what pip put there" 1 "created pip:evil"

# ---- broken ----

status=$CONTAINER_ROOT/var/lib/dpkg/status
cp "$status" "$CASE/status"
head -c 20000 "$CASE/status" >"$status"
look
expect "a status that was cut off is a gap, and nothing is deleted" 32 "gap dpkg:/** format" "gap pip:/** format"
head -c 100000 /dev/urandom >"$status"
look
expect "so is one of junk" 32 "gap dpkg:/** format" "gap pip:/** format"
truncate -s 1G "$status"
look
expect "and one without an end" 32 "gap dpkg:/** limit" "gap pip:/** format"
cp "$CASE/status" "$status"
look
expect "whole again, all is as before" 0

# ---- rpm ----

if command -v rpm >/dev/null && command -v rpmbuild >/dev/null; then
	use rpm
	rule standard
	cat >"$CASE/tiny.spec" <<-'SPEC'
		Name: invar-tiny
		Version: 1.0
		Release: 1
		Summary: a test
		License: MIT
		BuildArch: noarch
		%description
		a test
		%install
		mkdir -p %{buildroot}/usr/bin
		echo tiny >%{buildroot}/usr/bin/invar-tiny
		%files
		/usr/bin/invar-tiny
	SPEC
	sed 's/^Version: 1.0/Version: 2.0/; s/echo tiny/echo tiny2/' "$CASE/tiny.spec" >"$CASE/tiny2.spec"
	for spec in tiny tiny2; do
		rpmbuild -bb -D "_topdir $CASE/top" -D "_rpmdir $CASE" \
			-D '_build_name_fmt %%{NAME}-%%{VERSION}.rpm' "$CASE/$spec.spec" >"$CASE/build" 2>&1
	done
	mkdir -p "$BASE/var/lib/rpm"
	rpms() {
		rpm --root "$BASE" --dbpath /var/lib/rpm "$@" >"$CASE/rpm" 2>&1
	}
	invar init --root "$BASE"
	rpms -i "$CASE/invar-tiny-1.0.rpm"
	find "$BASE/var/lib/rpm" -printf '%P %s %T@\n' | sort >"$CASE/before"
	invar approve all --reason test
	invar check --root "$BASE"
	expect "rpm -i" 1 "created rpm:invar-tiny:noarch"
	same "is what was installed" "$(field rpm:invar-tiny:noarch version)" 1.0-1
	find "$BASE/var/lib/rpm" -printf '%P %s %T@\n' | sort | diff "$CASE/before" - >"$CASE/diff"
	point $? "nothing is written beside rpm's database" "$CASE/diff"
	rpms -U "$CASE/invar-tiny-2.0.rpm"
	invar approve all --reason test
	invar check --root "$BASE"
	expect "rpm -U" 4 "updated rpm:invar-tiny:noarch version"
	rpms -e invar-tiny
	invar approve all --reason test
	invar check --root "$BASE"
	expect "rpm -e" 2 "deleted rpm:invar-tiny:noarch"
else
	skip "rpm" "no rpm here"
fi

done_testing
