#!/bin/bash
# A package manager at work is silent and a hand beside it is loud, in real time: what dpkg writes is
# looked at when it is done, and explained; what anybody else writes meanwhile is told at once.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
command -v dpkg-deb >/dev/null && [ -f /var/lib/dpkg/status ] || skip_all "needs a host of dpkg"

use rt_proof
PLACE=/usr/lib/invar-rt-proof
NAME=invar-rt-proof
cat >"$CASE/policy.yaml" <<E2
version: 1
rules:
  - { id: programs, severity: high, kind: file, base: $PLACE, fields: [standard, package] }
  - { id: software, severity: low, kind: package, include: ["dpkg:$NAME*"] }
E2

# deb VERSION: some files, and a script that is at work until it may go on.
deb() {
	rm -rf "$CASE/deb"
	mkdir -p "$CASE/deb/DEBIAN" "$CASE/deb$PLACE/data"
	printf 'Package: %s\nVersion: %s\nArchitecture: all\nMaintainer: Test <t@example.org>\nDescription: test\n' \
		"$NAME" "$1" >"$CASE/deb/DEBIAN/control"
	for i in $(seq 20); do echo "file $i of $1" >"$CASE/deb$PLACE/data/$i"; done
	printf '#!/bin/sh\necho %s\n' "$1" >"$CASE/deb$PLACE/tool"
	chmod 755 "$CASE/deb$PLACE/tool"
	printf '#!/bin/sh\n: >%s/at_work; until [ -e %s/go_on ]; do sleep 0.1; done\n' "$CASE" "$CASE" \
		>"$CASE/deb/DEBIAN/postinst"
	chmod 755 "$CASE/deb/DEBIAN/postinst"
	(cd "$CASE/deb" && find . -type f ! -path './DEBIAN/*' -printf '%P\0' |
		xargs -0 md5sum >DEBIAN/md5sums)
	dpkg-deb --root-owner-group --build "$CASE/deb" "$CASE/$1.deb" >/dev/null
}
deb 1
deb 2

clean() {
	dpkg --force-all -P "$NAME" >/dev/null 2>&1
	rm -rf "$PLACE"
}
trap 'clean; finish' EXIT
clean
mkdir -p "$PLACE"
echo own >"$PLACE/of_nobody"

"$INVAR" init --policy "$CASE/policy.yaml" --state "$CASE/state" >/dev/null
"$INVAR" watch --policy "$CASE/policy.yaml" --state "$CASE/state" --json >"$CASE/out" 2>"$CASE/err" &
PIDS+=($!)

# told KEY STATE [SECONDS]: a change of this entity with this verdict is told in time.
told() {
	local i
	for i in $(seq $((${3:-60} * 10))); do
		/usr/bin/python3 - "$CASE/out" "$1" "$2" <<'E2' && return 0
import json, sys
for line in open(sys.argv[1]):
    try: r = json.loads(line)
    except ValueError: continue
    if r.get("record") == "change" and r["key"] == sys.argv[2] and r["verdict"]["state"] == sys.argv[3]:
        sys.exit(0)
sys.exit(1)
E2
		sleep 0.1
	done
	return 1
}
for _ in $(seq 600); do
	grep -q '"record":"coverage"' "$CASE/out" && break
	sleep 0.1
done

dpkg -i "$CASE/1.deb" >"$CASE/dpkg.log" 2>&1 &
until [ -e "$CASE/at_work" ] || ! kill -0 $!; do sleep 0.1; done
sleep 1 # who does not wait has told it by then
grep -q "$PLACE/tool" "$CASE/out"
point $((!$?)) "what dpkg is at work on is not told yet" "$CASE/out"
echo evil >"$PLACE/evil"
told "$PLACE/evil" unexplained && ! grep -q "$PLACE/tool" "$CASE/out"
point $? "a hand beside it is told meanwhile" "$CASE/out"
: >"$CASE/go_on"
wait $!
told "$PLACE/tool" explained && told "$PLACE/data/20" explained
point $? "an installation is explained once it is done" "$CASE/out"
told "dpkg:$NAME:all" unexplained
point $? "that there is a new package is told" "$CASE/out"

dpkg -i "$CASE/2.deb" >>"$CASE/dpkg.log" 2>&1
for _ in $(seq 600); do
	grep -c '"change":"updated".*data/.*"state":"explained"' "$CASE/out" | grep -q '^20$' && break
	sleep 0.1
done
point $? "an upgrade is explained, all of it" "$CASE/out"

echo more >>"$PLACE/tool"
told "$PLACE/tool" unexplained
point $? "a packaged file changed by hand is not" "$CASE/out"

/usr/bin/python3 - "$CASE/out" "$PLACE" >"$CASE/loud" <<'E2'
import json, sys
for line in open(sys.argv[1]):
    r = json.loads(line)
    if r.get("record") == "change" and r["kind"] == "file" and r["verdict"]["state"] == "unexplained" \
            and r["key"] not in (sys.argv[2] + "/evil", sys.argv[2] + "/tool", sys.argv[2]):
        print(r["key"], r["change"], r["fields"], r["observed"], r["time"], (r.get("who") or {}).get("exe"), (r.get("who") or {}).get("pid"), r.get("who_unknown"))
E2
[ ! -s "$CASE/loud" ]
point $? "nothing else was loud" "$CASE/loud"
done_testing
