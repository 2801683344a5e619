#!/bin/bash
# What listens: the shipped rules against a backdoor, in every protocol and in another network
# namespace; what comes and goes by itself is no change; many sockets.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

space=invar-e2e-$$
# Not in WORK: its name is random, and sockets with such names are left out.
door=/run/invar-e2e-door
sharer=/run/invar-e2e-sharer # for somebody else to run
rm -f $door
trap 'ip netns del $space 2>/dev/null; rm -f $door $sharer; finish' EXIT
python=$(realpath /usr/bin/python3)

# listener PROGRAM SCRIPT: a Python that does so, says "ready" and waits. PID is its own.
listener() {
	start "$1" -c "import signal, socket as s
$2
print('ready', flush=True)
signal.pause()"
}

# told TEXT RULE CHANGE KEY [FIELD VALUE]…: the last command told of it; its fields are these.
told() {
	/usr/bin/python3 - "$CASE/out" "${@:2}" <<-'E'
		import json, sys
		out, rule, change, key, *fields = sys.argv[1:]
		for line in open(out, errors="replace"):
		    r = json.loads(line)
		    if (r.get("rule"), r.get("change"), r.get("key")) == (rule, change, key):
		        x = r.get("is") or r["was"]
		        for name, value in zip(fields[::2], fields[1::2]):
		            if str(x.get(name)) != value:
		                sys.exit(f"{name} is {x.get(name)}, not {value}")
		        sys.exit(0)
		sys.exit(f"no {change} {key} by {rule}")
	E
	point $? "$1" "$CASE/out"
}

# quiet TEXT PART: the last command ended as it should and said nothing of it.
quiet() {
	! grep '"record":"change"' "$CASE/out" | grep -v '"standing":true' | grep -qF -- "$2" &&
		[ $((RC & 31)) -lt 8 ]
	point $? "$1" "$CASE/out"
}

use shipped
cp rules/56-port.yaml "$CASE/policy.yaml"
invar init
[ $((RC & 31)) = 0 ]
point $? "the baseline is made" "$CASE/err"

# ---- a backdoor ----

listener "$python" "
a = s.socket(); a.bind(('0.0.0.0', 4444)); a.listen()
b = s.socket(s.AF_INET, s.SOCK_DGRAM); b.bind(('0.0.0.0', 45997))
c = s.socket(s.AF_INET, s.SOCK_DGRAM); c.bind(('127.0.0.1', 4445))
d = s.socket(s.AF_INET, s.SOCK_RAW, 253)
e = s.socket(s.AF_PACKET, s.SOCK_RAW, s.htons(0x88b5))
f = s.socket(s.AF_UNIX); f.bind('$door'); f.listen()
g = s.socket(s.AF_UNIX); g.bind('\0invar-e2e-door'); g.listen()"
invar check
told "a listener" port-network created tcp/0.0.0.0/4444 \
	exe "['$python']" state listening reach any user "['root']" packaged True unowned False
told "a UDP server" port-network created udp/127.0.0.1/4445 state bound reach loopback
told "an interpreter is heard on any port" port-general created udp/0.0.0.0/45997 general True
told "a raw socket" port-raw created raw/0.0.0.0/253 exe "['$python']"
told "a packet socket" port-raw created 'packet/*/0x88b5' type raw
told "a unix socket in the file system" port-local created "unix/$door" \
	type stream mode 0755 file_owner root:root
told "an abstract one" port-local created unix/@invar-e2e-door type stream
chmod 777 "$door"
invar check
told "its mode is watched" port-local updated "unix/$door" mode 0777
invar check
quiet "what stays is no change" tcp/0.0.0.0/4444
stop >/dev/null
invar check
told "a listener that is gone" port-network deleted tcp/0.0.0.0/4444
told "and its sockets" port-local deleted unix/@invar-e2e-door

# ---- another program behind the same address ----

listener "$python" "a = s.socket(); a.bind(('127.0.0.1', 4446)); a.listen()"
invar check
stop >/dev/null
cp "$python" "$CASE/evil"
PYTHONHOME=/usr listener "$CASE/evil" "
a = s.socket(); a.bind(('127.0.0.1', 4446)); a.listen()
b = s.socket(s.AF_INET, s.SOCK_DGRAM); b.bind(('0.0.0.0', 45998))"
invar check
told "another program takes its place" port-network updated tcp/127.0.0.1/4446 \
	exe "['$CASE/evil']" packaged False
grep -q udp/0.0.0.0/45998 "$CASE/out"
point $? "a program without a package is heard on any port" "$CASE/out"
rm "$CASE/evil"
invar check
quiet "a deleted file is no other program" '"fields":["exe'
stop >/dev/null

# ---- another network namespace ----

if ip netns add "$space" 2>/dev/null; then
	start ip netns exec "$space" "$python" -c "import signal, socket as s
a = s.socket(); a.bind(('0.0.0.0', 4447)); a.listen()
print('ready', flush=True)
signal.pause()"
	invar check
	told "a listener in a namespace of its own" port-network created \
		"tcp/0.0.0.0/4447@netns:$space" netns "$space" exe "['$python']"
	stop >/dev/null
	ip netns del "$space"
	invar check
	told "gone with it" port-network deleted "tcp/0.0.0.0/4447@netns:$space"
else
	skip "a listener in a namespace of its own" "ip netns does not work here"
fi

# ---- elsewhere ----

use offline
cp rules/56-port.yaml "$CASE/policy.yaml"
invar init --root "$BASE"
same "an offline tree has no sockets, and that is no gap" "$RC" 0

# ---- without BPF: in a process namespace of its own its numbers would mean nothing ----

use proc
cp rules/56-port.yaml "$CASE/policy.yaml"
cat >"$CASE/inside" <<-E
	$python -c "import signal, socket as s
	a = s.socket(); a.bind(('127.0.0.1', 4448)); a.listen()
	signal.pause()" &
	sleep 0.5
	"\$@"
E
AS="unshare --pid --fork --mount-proc --kill-child bash $CASE/inside" invar init
invar baseline show
grep -q "\"key\":\"tcp/127.0.0.1/4448\".*$python" "$CASE/out"
point $? "owners are found through /proc as well" "$CASE/out"
sed -i 's/sleep 0.5/sleep 0.5; mount -t tmpfs none \/proc\/$!/' "$CASE/inside"
AS="unshare --pid --fork --mount-proc --kill-child bash $CASE/inside" invar init --replace
invar baseline show
grep -q "\"key\":\"tcp/127.0.0.1/4448\".*$python" "$CASE/out"
point $? "also of a process that something is mounted over" "$CASE/out"

# ---- many ----

use many
cp rules/56-port.yaml "$CASE/policy.yaml"
start "$TOOLS/socket_maker" 200 4000 20000
invar init
within "4,000 listeners in reasonable time" 10000
invar baseline show
same "and they are all there" "$(grep -c '"key":"tcp/127.0.0.1/2[0-3]...".*socket_maker' "$CASE/out")" 4000
stop >/dev/null

# ---- somebody who has millions of files open blinds nobody ----

# shared TEXT: the first scan was in time; who has the other listener is known.
shared() {
	within "$1: in time" 25000
	! grep -q '"reason":"timeout"' "$CASE/out"
	point $? "$1: the kind is not lost" "$CASE/out"
	if [ -n "$NAMED" ]; then
		grep '"record":"gap"' "$CASE/out" | grep -q 'too many open files'
		point $? "$1: what could not be told is said" "$CASE/out"
	fi
	invar baseline show
	grep -q "\"key\":\"tcp/127.0.0.1/6666\".*$python" "$CASE/out"
	point $? "$1: the owner of another's listener is known" "$CASE/out"
	same "$1: every listener is told of" \
		"$(grep -c '"key":"tcp/127.0.0.1/2[0-3]...".*"creator":"nobody"' "$CASE/out")" 3200
	[ -n "$NAMED" ] || same "$1: with its owner" \
		"$(grep -c '"key":"tcp/127.0.0.1/2[0-3]...".*socket_sharer\|invar-e2e-sharer' "$CASE/out")" 3200
}

use sharers
cp rules/56-port.yaml "$CASE/policy.yaml"
cp "$TOOLS/socket_sharer" $sharer
nobody="setpriv --reuid 65534 --regid 65534 --clear-groups $sharer 4 199 800 20000"
cat >"$CASE/inside" <<-E
	mkfifo $CASE/ready
	$nobody \$NAMED >$CASE/ready &
	read -r line <$CASE/ready
	rm $CASE/ready
	$python -c "import signal, socket as s
	a = s.socket(); a.bind(('127.0.0.1', 6666)); a.listen()
	signal.pause()" &
	sleep 1
	"\$@"
E
for NAMED in "" named; do
	export NAMED
	AS="unshare --pid --fork --mount-proc --kill-child bash $CASE/inside" invar init --replace
	shared "by /proc, ${NAMED:-alike}"
	# shellcheck disable=SC2086 # words
	start $nobody $NAMED
	sharers=$PID
	listener "$python" "a = s.socket(); a.bind(('127.0.0.1', 6666)); a.listen()"
	invar init --replace
	stop >/dev/null
	kill "$sharers"
	shared "by BPF, ${NAMED:-alike}"
done

done_testing
