#!/bin/bash
# Services in real time, in a booted Debian 12: what systemd says of its units becomes lines, a look
# does not cause the next one, and a service manager that starts anew is listened to again.
#
#   ROUNDS   how often each is done and undone (default 3)
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh

INVAR=$(realpath "${INVAR:-build/dev/invar}")
ROUNDS=${ROUNDS:-3}
POINTS=0
FAILED=0

point() {
	POINTS=$((POINTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $POINTS - $2"
		return 0
	fi
	echo "not ok $POINTS - $2"
	[ -s "${3:-/dev/null}" ] && tail -n 20 "$3" | cut -c1-300 | sed 's/^/# /'
	FAILED=$((FAILED + 1))
}

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP needs root"
	exit 77
fi
if ! container_make; then
	echo "1..0 # SKIP no container"
	exit 77
fi
install -m 755 "$INVAR" "$CONTAINER_ROOT/usr/bin/invar" && container_libs "$INVAR" &&
	install -m 755 tests/e2e/rt_kinds.py "$CONTAINER_ROOT/usr/bin/rt_kinds.py" || exit 1
if ! container_boot; then
	echo "1..0 # SKIP the container does not boot"
	exit 77
fi
W=/var/tmp/rt
container_run mkdir -p $W/mnt

container_run timeout 200 python3 /usr/bin/rt_kinds.py /usr/bin/invar $W "$ROUNDS" \
	service unit-file >"$CONTAINER_WORK/times" 2>"$CONTAINER_WORK/times.err"
while read -r name p50 p99 max missed who; do
	[ "$missed" = 0 ] && [ "$p50" -le "$(awk -v n="$(nproc)" '{ print int(1000 * (1 + $1 / n)) }' /proc/loadavg)" ]
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
echo "1..$POINTS"
exit $((FAILED > 0))
