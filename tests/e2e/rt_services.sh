#!/bin/bash
# Services in real time, in a booted Debian 12: what systemd says of its units becomes lines, a look
# does not cause the next one, and a service manager that starts anew is listened to again. And who did
# it, by real logins, sudo, su, units that are there for a moment, and control groups as container
# engines make them.
#
#   ROUNDS   how often each is done and undone (default 3)
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh
. tests/e2e/tap.sh
. tests/e2e/patient.sh

INVAR=$(realpath "${INVAR:-build/dev/invar}")
ROUNDS=${ROUNDS:-3}

need_root
container_make || skip_all "no container"
install -m 755 "$INVAR" "$CONTAINER_ROOT/usr/bin/invar" && container_libs "$INVAR" &&
	install -m 755 tests/e2e/rt_kinds.py "$CONTAINER_ROOT/usr/bin/rt_kinds.py" || exit 1
container_boot || skip_all "the container does not boot"
W=/var/tmp/rt
container_run mkdir -p $W/mnt

container_run timeout 200 python3 /usr/bin/rt_kinds.py /usr/bin/invar $W "$ROUNDS" \
	service unit-file >"$CONTAINER_WORK/times" 2>"$CONTAINER_WORK/times.err"
while read -r name p50 p99 max missed who; do
	[ "$missed" = 0 ] && [ "$p50" -le "$(patient 1000)" ]
	point $? "$name: p50 $p50 ms, p99 $p99 ms, max $max ms, missed $missed, with who $who" \
		"$CONTAINER_WORK/times.err"
done < <(grep -v '^#' "$CONTAINER_WORK/times")
[ "$(grep -vc '^#' "$CONTAINER_WORK/times")" = 2 ]
point $? "both were measured" "$CONTAINER_WORK/times.err"

# ---- a manager that starts anew ----

cat >"$CONTAINER_ROOT$W/p.yaml" <<'E2'
version: 1
rules:
  - { id: s, severity: low, kind: service, include: ["*"], fields: [standard] }
E2
OUT=$CONTAINER_ROOT$W/out
container_run sh -c "invar init --policy $W/p.yaml --state $W/s >/dev/null 2>&1
	exec setsid invar watch --json --policy $W/p.yaml --state $W/s >$W/out 2>$W/err" &

# said KEY CHANGE-TEXT SECONDS: a line of this key holds the text.
said() {
	for _ in $(seq $(($3 * 10))); do
		grep "\"key\":\"$1\"" "$OUT" 2>/dev/null | grep -q "$2" && return 0
		sleep 0.1
	done
	return 1
}
for _ in $(seq 300); do
	grep -q '"record":"coverage"' "$OUT" 2>/dev/null && break
	sleep 0.1
done
sleep 1
container_run systemctl daemon-reexec
sleep 2
container_run systemctl stop cron.service
said cron.service '"state":"stopped"' 20
point $? "after a daemon-reexec, that a service stopped is heard" "$OUT"
container_run sh -c 'kill -SEGV $(systemctl show -P MainPID ssh.service)'
said ssh.service 'SEGV' 20
point $? "a daemon that dies is told with its signal" "$OUT"

# ---- nothing goes round in circles ----

looks() { # messages that systemd got from us show as its own processor time; ours as ours
	local ticks=0 pid
	for pid in $(container_run pgrep -f 'invar watch'); do
		ticks=$((ticks + $(container_run awk '{ print $14 + $15 + $16 + $17 }' "/proc/$pid/stat")))
	done
	echo $ticks
}
sleep 3
before=$(looks)
sleep 10
after=$(looks)
[ $((after - before)) -le 20 ]
point $? "idle, $(((after - before) * 10)) ms of processor time in 10 s" "$OUT"

container_run pkill -TERM -f 'invar watch'

# ---- who did it: this systemd as if it were the host's own, watched with the host's numbers ----

WHO=$CONTAINER_ROOT$W/who
cat >"$CONTAINER_ROOT$W/w.yaml" <<E2
version: 1
rules:
  - { id: t, severity: low, kind: file, base: $W/tree }
E2
cat >"$CONTAINER_ROOT$W/watch.sh" <<E2
mount -t proc proc /proc || exit 1
invar init --policy $W/w.yaml --state $W/ws >/dev/null
exec invar watch --json --policy $W/w.yaml --state $W/ws >$W/who 2>$W/who.err </dev/null
E2
container_run sh -e >"$CONTAINER_WORK/setup" 2>&1 <<E2
mkdir -m 777 $W/tree
chmod 755 $W
useradd -m -s /bin/bash alice
useradd -m -s /bin/bash bob
echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/alice
echo "127.0.1.1 \$(hostname)" >/etc/hosts
mkdir -p /root/.ssh
ssh-keygen -q -t ed25519 -N '' -f /root/.ssh/id
install -d -o alice -m 700 /home/alice/.ssh
install -o alice -m 600 /root/.ssh/id.pub /home/alice/.ssh/authorized_keys
install -d -o alice /home/alice/.config /home/alice/.config/systemd /home/alice/.config/systemd/user
printf '[Service]\nType=oneshot\nExecStart=touch $W/tree/user-unit\n' >/home/alice/.config/systemd/user/mine.service
systemctl restart ssh.service # it was killed above
E2
point $? "accounts are made" "$CONTAINER_WORK/setup"
nsenter --target "$CONTAINER_LEADER" --mount --cgroup --root --wd -- unshare --mount \
	--propagation private sh "$W/watch.sh" &
for _ in $(seq 300); do
	grep -q '"record":"repair"\|"observed":"realtime"' "$WHO" 2>/dev/null && break
	date >"$CONTAINER_ROOT$W/tree/begin"
	sleep 0.1
done
login() { # [-tt] COMMAND: as alice, by ssh
	container_run ssh -o StrictHostKeyChecking=no -o BatchMode=yes -i /root/.ssh/id \
		"${@:1:$#-1}" alice@127.0.0.1 "${@: -1}" </dev/null >>"$CONTAINER_WORK/setup" 2>&1
}
login "touch $W/tree/ssh"
login -tt "touch $W/tree/tty"
login -tt "sudo touch $W/tree/sudo"
login "sudo su bob -c 'touch $W/tree/su'"
login "systemctl --user start mine.service"
container_run su - bob -c "touch $W/tree/su-alone"
container_run systemd-run --quiet --scope --unit=scoped touch "$W/tree/scope"
for i in $(seq 10); do # gone with its group before anybody can look
	container_run systemd-run --quiet --wait --unit="unit$i" -p User=alice \
		touch "$W/tree/unit$i" || break
done
groups=$(awk -F: '$1 == 0 { sub("/init.scope$", "", $3); print $3 }' \
	"/proc/$CONTAINER_LEADER/cgroup")
top=$(awk '$0 ~ / - cgroup2 / { print $5; exit }' /proc/self/mountinfo)$groups
id=$(printf '0123456789abcdef%.0s' 1 2 3 4)
contained() { # NAME GROUP
	mkdir -p "$top/$2" && sh -c "echo \$\$ >'$top/$2/cgroup.procs'; exec touch '$CONTAINER_ROOT$W/tree/$1'"
	rmdir "$top/$2"
}
contained docker "system.slice/docker-$id.scope" 2>>"$CONTAINER_WORK/setup"
contained podman "machine.slice/libpod-$id.scope" 2>>"$CONTAINER_WORK/setup"
contained machine machine.slice/machine-web.scope 2>>"$CONTAINER_WORK/setup"
cat >"$CONTAINER_WORK/who.py" <<'E2'
import json, os, re, sys
who, why = {}, {}
for line in open(sys.argv[1]):
    try: r = json.loads(line)
    except ValueError: continue
    if r["record"] == "change" and r["kind"] == "file" and r["change"] != "deleted":
        who[os.path.basename(r["key"])] = r.get("who") or {"exe": r.get("who_unknown")}
means = {w.get("means") for w in who.values()} - {None}
if means and means != {"bpf"}:
    print("by", means)
    sys.exit(77)
SESSION = r"session-\d+\.scope"
wanted = {
    "ssh": ("alice", "alice", SESSION, None, "sshd"),
    "tty": ("alice", "alice", SESSION, r"pts/\d+", "sshd"),
    "sudo": ("root", "alice", SESSION, r"pts/\d+", "sudo"),
    "su": ("bob", "alice", SESSION, None, "su"),
    "user-unit": ("alice", None, r"user@\d+\.service|mine\.service", None, "systemd"),
    "su-alone": ("bob", None, r"session-c\d+\.scope", None, "su"),
    "scope": ("root", None, r"scoped\.scope", None, None),
    **{f"unit{i}": ("alice", None, rf"unit{i}\.service", None, "systemd") for i in range(1, 11)},
}
bad = 0
def no(*what):
    global bad
    bad += 1
    print(*what)
for name, (user, login, unit, tty, parent) in wanted.items():
    w = who.get(name)
    if not w:
        no(name, "is not there")
        continue
    if not (w.get("exe") or "").endswith("/touch") or w.get("user") != user or w.get("container"):
        no(name, w)
    if login and (w.get("login") != login or not w.get("session")):
        no(name, "login", w.get("login"), w.get("session"))
    if not re.fullmatch(unit, w.get("unit") or "-"):
        no(name, "unit", w.get("unit"))
    if bool(tty) != bool(w.get("tty")) or tty and not re.fullmatch(tty, w["tty"]):
        no(name, "tty", w.get("tty"))
    above = [os.path.basename(a.get("exe") or "") for a in w.get("ancestry", [])]
    if parent and parent not in above[:2] or login and "sshd" not in above:
        no(name, "ancestry", above)
for name, container in ("docker", "docker:0123456789ab"), ("podman", "podman:0123456789ab"), ("machine", "machine:web"):
    if who.get(name, {}).get("container") != container:
        no(name, who.get(name))
sys.exit(bad > 0)
E2
for _ in $(seq 100); do
	/usr/bin/python3 "$CONTAINER_WORK/who.py" "$WHO" >"$CONTAINER_WORK/said" 2>&1
	rc=$?
	[ $rc = 1 ] || break
	sleep 0.2
done
text="who by ssh, sudo, su, a user's unit, units of a moment, containers: user, login, session, tty, unit"
if [ $rc = 77 ]; then
	skip "$text" "$(<"$CONTAINER_WORK/said")"
else
	point $rc "$text" "$CONTAINER_WORK/said"
fi
echo "1..$POINTS"
exit $((FAILED > 0))
