#!/bin/bash
# invar doctor: what it plants is seen, with the right who, and is gone afterwards; what is wrong with an
# installation is found, and said with what to do.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

# finds TEXT PYTHON-CONDITION: some finding f holds it.
finds() {
	/usr/bin/python3 - "$CASE/out" "$2" >"$CASE/diff" 2>&1 <<-'END'
		import json, sys
		found = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
		if not any(eval(sys.argv[2], {"f": f}) for f in found):
		    print(*found, sep="\n")
		    sys.exit(1)
	END
	point $? "$1" "$CASE/diff"
}

use doctor
echo 1 >"$BASE/file"
invar init
LIMIT=100 invar doctor
finds "it says whether all is well" '"healthy" in f'
/usr/bin/python3 tests/e2e/valid.py "$CASE/out" doctor >"$CASE/diff" 2>&1
point $? "each line follows the schema" "$CASE/diff"
for act in created written mode renamed deleted; do
	finds "a file $act on the root's file system is seen" \
		"f.get('kind') == 'file' and f.get('scope') == '/' and '$act ' in f['text'] and f['seen']"
done
finds "who did it is known, and right" \
	'f.get("kind") == "file" and f.get("scope") == "/" and f.get("who") == "right"'
finds "a program that is run is seen" 'f.get("kind") == "process" and f.get("seen")'
finds "a port that is opened is seen" 'f.get("kind") == "port" and f.get("seen")'
finds "a mount is seen" 'f.get("kind") == "mount" and (f.get("seen") or not f["planted"])'
finds "other kinds are read" 'f.get("check") == "user" and f["state"] == "ok" and " read" in f["text"]'
finds "policy, state and ledger are sound" 'f.get("check") == "ledger" and f["state"] == "ok"'
find / -xdev -name '*invar-doctor*' >"$CASE/left" 2>/dev/null
ls -d /run/invar-doctor* /dev/shm/.invar-doctor* >>"$CASE/left" 2>/dev/null
grep invar-doctor /proc/self/mountinfo >>"$CASE/left"
! [ -s "$CASE/left" ]
point $? "nothing of it is left" "$CASE/left"

# ---- what is wrong ----

echo 'nonsense: 1' >"$CASE/policy.yaml"
invar doctor --look-only
/usr/bin/python3 tests/e2e/valid.py "$CASE/out" doctor >"$CASE/diff" 2>&1
point $? "so does what is wrong" "$CASE/diff"
same "a fault is the exit status" "$RC" 1
finds "a policy that cannot be loaded is a fault" \
	'f.get("check") == "policy" and f["state"] == "fault" and f["advice"]'
policy
chmod 777 "$CASE/state"
invar doctor --look-only
finds "so is a state that others may write to" \
	'f.get("check") == "state" and f["state"] == "fault" and f["advice"]'
chmod 700 "$CASE/state"
/usr/bin/python3 - "$CASE/state/state.db" <<-'END'
	import sqlite3, sys
	db = sqlite3.connect(sys.argv[1])
	db.execute("UPDATE ledger SET data = substr(data, 1, length(data) - 1) || x'00' WHERE seq = 1")
	db.commit()
END
invar doctor --look-only
finds "and one that was tampered with" \
	'f.get("check") in ("state", "ledger") and f["state"] == "fault"'
rm -rf "$CASE/state"
invar doctor --look-only
finds "and one that is not there" \
	'f.get("check") == "state" and f["state"] == "fault" and "init" in f["advice"]'

chmod 755 "$WORK" "$CASE"
AS="setpriv --reuid 65534 --regid 65534 --clear-groups" invar doctor
finds "for others than root it says what it cannot do" \
	'f.get("check") == "canaries" and f["state"] == "note"'

done_testing
