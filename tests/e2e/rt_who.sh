#!/bin/bash
# Who did it, as invar watch tells it: for each file the very process that wrote it, gone or not.
# shellcheck disable=SC2154 # lib.sh sets CASE
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

FILES=2000
USER_NAME=invarwho$$
use rt_who
TREE=$CASE/tree
cat >"$CASE/policy.yaml" <<E2
version: 1
rules:
  - { id: tree, severity: high, kind: file, base: $TREE }
E2
chmod 755 "$WORK" "$CASE"
OPTIONS=(--policy "$CASE/policy.yaml" --state "$CASE/state")
"$INVAR" init "${OPTIONS[@]}" >/dev/null || point 1 "a baseline is made"

"$INVAR" watch "${OPTIONS[@]}" --json >"$CASE/json" 2>"$CASE/err" &
WATCH=$!
PIDS+=("$WATCH")

# told TEXT SECONDS PYTHON: the lines of PYTHON end without complaint, with the changes by file name
# in `by`; until then again and again.
told() {
	local end=$((SECONDS + $2))
	until /usr/bin/python3 - "$CASE/json" "$TREE" "$FILES" >"$CASE/said" 2>&1 <<E2; do
import json, os, sys
path, tree, n = sys.argv[1], sys.argv[2], int(sys.argv[3])
by = {}
for line in open(path):
    try: r = json.loads(line)
    except ValueError: continue
    if r["record"] == "change" and r["kind"] == "file" and r["change"] != "deleted":
        by[os.path.relpath(r["key"], tree)] = r
$3
E2
		[ "$SECONDS" -lt "$end" ] || break
		sleep 0.3
	done
	! grep -q 'Error' "$CASE/said"
	point $? "$1" "$CASE/said"
}

for i in $(seq 600); do # until it watches
	echo "$i" >"$TREE/begin"
	grep -q '"observed":"realtime"' "$CASE/json" && break
	sleep 0.2
done

# ---- many processes, each there for a moment ----

for ((i = 0; i < FILES; i++)); do
	/bin/cp /etc/hostname "$TREE/f$i"
done
means=$(grep -oEm1 '"means":"(bpf|connector|proc)"' "$CASE/json" | cut -d'"' -f4)
told "$FILES files by $FILES short processes: each by the one that wrote it (by $means)" 60 "
right = sum(1 for i in range(n) if by.get('f%d' % i, {}).get('who', {}).get('argv', [])[-1:] == [tree + '/f%d' % i])
pids = len({by['f%d' % i]['who']['pid'] for i in range(n) if 'who' in by.get('f%d' % i, {})})
print(right, 'right,', pids, 'processes,', len(by), 'told')
assert (right == n and pids == n) or ('$means' != 'bpf' and len(by) >= n), right
"

# ---- where it came from ----

sh -c "sh -c 'echo x >\"$TREE/nested\"; :'; :"
(setsid sh -c "(sleep 0.3; echo x >'$TREE/orphan') &" &)
told "a shell in a shell, and one whose parent is gone: from there up to us" 20 "
for name in 'nested', 'orphan':
    who = by[name]['who']
    pids = [a['pid'] for a in who['ancestry']]
    assert $$ in pids, (name, who)
assert by['nested']['who']['argv'][-1].startswith('echo x'), by['nested']['who']
assert len(by['nested']['who']['sha256']) == 64
"

# ---- who else it may have been ----

echo 1 >"$TREE/chain"
echo 1 >"$TREE/both"
told "two files before the tricks" 20 "
assert 'chain' in by and 'both' in by
"
sleep 2
cp /bin/bash "$CASE/evil"
"$CASE/evil" -c "echo by evil >>'$TREE/chain'; exec sh -c 'exec rm -f \"$CASE/nothing\"'"
sh -c "echo by sh >>'$TREE/both'"
touch "$TREE/both"
if [ "$means" = bpf ]; then
	told "one that writes and then becomes something innocent is told as all it was" 20 "
who = by['chain']['who']
ran = [who] + [a for a in who.get('also', []) if a['pid'] == who['pid'] and a['relation'] == 'before']
evil = [x for x in ran if x['exe'] == '$CASE/evil']
assert evil, who
assert 'by evil' in evil[0]['argv'][-1], who
assert len(evil[0]['sha256']) == 64, who
assert who.get('others', 0) == 0, who
"
	told "two that touch one file are both told, in one record or in two" 20 "
exes = set()
for line in open(path):
    try: r = json.loads(line)
    except ValueError: continue
    if r['record'] == 'change' and r['key'] == tree + '/both' and r['change'] == 'updated':
        who = r['who']
        exes |= {os.path.basename(x['exe']) for x in [who] + who.get('also', [])}
        assert who.get('others', 0) == len({a['pid'] for a in who.get('also', []) if a['pid'] != who['pid']}), who
assert 'touch' in exes and exes & {'sh', 'dash', 'bash'}, exes
"
else
	skip "who else it may have been" "by $means not all that ran is known"
fi

# ---- who did not do it ----

head -c 4096 /dev/zero >"$TREE/map"
head -c 4096 /dev/zero >"$TREE/given"
told "two files before they are mapped" 20 "
assert 'map' in by and 'given' in by
"
sleep 0.5
sh -c "mkdir '$TREE/made'; echo x >'$TREE/made/x'"
cat >"$CASE/map.py" <<E2
import mmap, os, sys
f = os.open(sys.argv[1], os.O_RDWR)
m = mmap.mmap(f, 0)
if len(sys.argv) > 2:
    os.set_inheritable(f, True)
    if os.fork() == 0:
        os.execl("/bin/sleep", "sleep", "0.5")
m[0:4] = b"EVIL"
os._exit(0)
E2
/usr/bin/python3 "$CASE/map.py" "$TREE/map"
/usr/bin/python3 "$CASE/map.py" "$TREE/given" away
told "who closed last what was written through a mapping is told as no more than that" 20 "
for name in 'map', 'given':
    r = by[name]
    assert r['change'] == 'updated', r
    assert r['who'].get('closed'), r
assert 'closed' not in by['made/x']['who'], by['made/x']
"
told "a folder is put down to who made it, not to who put something in" 20 "
assert by['made']['who']['argv'][0] == 'mkdir', by['made']
"
mkdir "$TREE/point"
echo below >"$TREE/point/below"
told "a file below what will be a mount" 20 "
assert 'point/below' in by
"
sleep 0.5
mount -t tmpfs invar-e2e "$TREE/point" && touch "$TREE/point/after"
gone() {
	/usr/bin/python3 - "$CASE/json" "$TREE/point/below" <<E2
import json, sys
for line in open(sys.argv[1]):
    try: r = json.loads(line)
    except ValueError: continue
    if r["record"] == "change" and r["change"] == "deleted" and r["key"] == sys.argv[2]:
        print(r)
        sys.exit(0 if r.get("who", {}).get("exe", "mount").endswith("mount") else 2)
sys.exit(1)
E2
}
for i in $(seq 100); do
	gone >"$CASE/said"
	rc=$?
	[ $rc = 1 ] || break
	sleep 0.2
done
point $rc "what a mount hides is not put down to who touched something there" "$CASE/said"
told "a file made on a mount that is fresh is not put down to who mounted" 20 "
r = by['point/after']
assert r['who']['exe'].endswith('/touch') if 'who' in r else r['who_unknown'], r
"
umount "$TREE/point"

# ---- as whom ----

uid=$(id -u nobody)
if sh -c "echo $uid >/proc/self/loginuid" 2>/dev/null; then
	sh -c "echo $uid >/proc/self/loginuid; echo x >'$TREE/login'; exec /bin/cp /etc/hostname '$TREE/login2'"
	told "who logged in is told beside who it became" 20 "
for name in 'login', 'login2':
    who = by[name]['who']
    assert who['login'] == 'nobody' and who['login_uid'] == $uid and who['user'] == 'root', who
    assert who['session'].isdigit(), who
"
else
	skip "who logged in is told beside who it became" "this kernel does not let us set a login"
fi

if useradd -M -N -s /bin/sh "$USER_NAME" 2>"$CASE/useradd"; then
	mkdir -m 777 "$TREE/open"
	told "the folder for it" 20 "
assert 'open' in by
"
	setpriv --reuid "$USER_NAME" --clear-groups sh -c "echo x >'$TREE/open/new'; exec sleep 1"
	userdel "$USER_NAME" 2>/dev/null
	told "a user made a moment ago has a name" 20 "
who = by['open/new']['who']
assert who['user'] == '$USER_NAME', who
"
else
	skip "a user made a moment ago has a name" "no useradd here"
fi

# ---- by what it is not ----

mkdir -m 777 "$TREE/masked"
cp /bin/bash "$CASE/masked"
chmod 755 "$CASE/masked"
told "the folder for it" 20 "
assert 'masked' in by
"
if [ "$means" = bpf ] && setpriv --reuid nobody --clear-groups unshare -Urm \
	mount --bind "$CASE/masked" /usr/bin/env 2>/dev/null; then
	# shellcheck disable=SC2016 # the inner shell expands them
	setpriv --reuid nobody --clear-groups unshare -Urm bash -c \
		'mount --bind "$0" /usr/bin/env && /usr/bin/env -c "echo x >\"$1/self\"" &&
		/usr/bin/env -c "/bin/cp /etc/hostname \"$1/child\"; :"' "$CASE/masked" "$TREE/masked"
	told "a program that anybody mounted over one of the host's is not told as that" 20 "
def lie(x): return x['exe'] == '/usr/bin/env' and x['replaced'] and x['namespaces'] == ['mnt']
who = by['masked/self']['who']
assert lie(who), who
assert who.get('sha256') or who['sha256_unknown'], who
who = by['masked/child']['who']
assert lie(who['ancestry'][0]) and 'replaced' not in who and who['namespaces'] == ['mnt'], who
"
else
	skip "a program mounted over one of the host's" "nobody may have no mounts of his own here"
fi

# ---- secrets ----

sh -c "echo x >'$TREE/secret'; :" sh --password=hunter2
told "a secret of the command line is not told" 20 "
who = by['secret']['who']
assert who['argv'][-1] == '--password=***', who
assert 'hunter2' not in open(path).read()
"

kill -INT "$WATCH"
wait "$WATCH"
"$INVAR" log "${OPTIONS[@]}" >"$CASE/log" 2>&1
grep -q "by /.*cp /etc/hostname" "$CASE/log"
point $? "and for people below the change" "$CASE/log"
if grep -q '"replaced"' "$CASE/json"; then
	grep -q "by /usr/bin/env .*, not the host's file of that name" "$CASE/log"
	point $? "and what is not the host's" "$CASE/log"
fi
done_testing
