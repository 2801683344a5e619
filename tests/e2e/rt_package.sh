#!/bin/bash
# The Debian package in a booted Debian 12: it installs, runs as its unit with the host's own view,
# comes back when it is killed or stopped, reloads, is upgraded without losing a change, is removed,
# and purged without a trace. What happens while nobody watches is found afterwards.
#
# INVAR is the program that is packed (default build/dev/invar). Needs root; prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh
. tests/e2e/tap.sh
. tests/e2e/patient.sh

INVAR=$(realpath "${INVAR:-build/dev/invar}")

need_root
command -v dh >/dev/null || skip_all "needs debhelper"
if ldd "$INVAR" | grep -q 'lib[atu]san'; then
	skip_all "the sanitizers' libraries are no package's dependency"
fi

ms() {
	echo $(($(date +%s%N) / 1000000))
}

# wait_for SECONDS COMMAND…: until it succeeds; TOOK is how many ms that was. The limit is one of a
# machine that is not loaded.
wait_for() {
	local from limit
	from=$(ms)
	limit=$((from + $(patient $(($1 * 1000)))))
	shift
	while ! "$@" >/dev/null 2>&1; do
		TOOK=$(($(ms) - from))
		[ "$(ms)" -lt $limit ] || return 1
		sleep 0.05
	done
	TOOK=$(($(ms) - from))
}

inside() {
	container_run "$@" </dev/null
}

# ledger PYTHON-CONDITION: records r of the ledger for which it holds, a line each.
ledger() {
	inside invar log --json >"$LOG" 2>"$LOG.err"
	/usr/bin/python3 - "$LOG" "$1" <<-'END'
		import json, sys
		for line in open(sys.argv[1], encoding="utf-8"):
		    r = json.loads(line)
		    k, c = r.get("key"), r.get("record") == "change"
		    if eval(sys.argv[2]):
		        print(json.dumps(r))
	END
}

# has PYTHON-CONDITION
has() {
	[ -n "$(ledger "$1")" ]
}

# Of the main process; never 0, which would be all of us to kill(1).
main_pid() {
	local pid
	pid=$(inside systemctl show -P MainPID invar.service)
	[ "${pid:-0}" -gt 1 ] && echo "$pid" || echo none
}

# A main process other than $1, which says that it is ready.
is_back() {
	local pid
	pid=$(main_pid)
	[ "$pid" != none ] && [ "$pid" != "$1" ] && inside systemctl is-active -q invar.service
}

# edit PATH: a process that is gone at once does it.
edit() {
	inside sh -c "echo \$\$ >>$1"
}

# ---- the packages ----

export DEB_BUILD_OPTIONS=noautodbgsym
OUT=$(mktemp -d /var/tmp/invar-package.XXXXXX)
trap 'rm -rf "$OUT"; container_drop' EXIT
LOG=$OUT/log
OLD=$OUT/old NEW=$OUT/new
for step in "0.9.0 $OLD" "0.9.1 $NEW" "0.9.0 $OUT/again"; do
	read -r version folder <<<"$step"
	if ! packaging/build-deb --program "$INVAR" --version "$version" --output "$folder" \
		>"$OUT/build" 2>&1; then
		point 1 "the package is built" "$OUT/build"
		echo "1..$POINTS"
		exit 1
	fi
done
cmp "$OLD"/invar_0.9.0_*.deb "$OUT/again"/invar_0.9.0_*.deb >"$OUT/cmp" 2>&1
point $? "the package is built, the same bytes twice" "$OUT/cmp"
if command -v lintian >/dev/null; then
	lintian --allow-root --fail-on error,warning "$OLD"/*.changes >"$OUT/lintian" 2>&1
	point $? "lintian has nothing to say" "$OUT/lintian"
fi

# ---- install ----

container_make || { echo "Bail out! no container"; exit 1; }
trap 'rm -rf "$OUT"; container_drop' EXIT
cp "$OLD"/invar_0.9.0_*.deb "$CONTAINER_ROOT/root/old.deb"
cp "$NEW"/invar_0.9.1_*.deb "$CONTAINER_ROOT/root/new.deb"
# What a monitor needs is refused to containers otherwise.
container_boot --capability=all \
	--system-call-filter='fanotify_init fanotify_mark bpf perf_event_open open_by_handle_at' || { echo "Bail out! no boot"; exit 1; }

inside dpkg -i /root/old.deb >"$OUT/install" 2>&1
point $? "it installs, with what the base system has" "$OUT/install"
wait_for 60 inside systemctl is-active -q invar.service
RC=$?
inside journalctl -b -o cat -u invar.service >"$OUT/journal" 2>&1
point $RC "it is started, and says that it is ready (after $TOOK ms)" "$OUT/journal"
[ $RC = 0 ] || { echo "1..$POINTS"; exit 1; }
inside systemctl is-enabled -q invar.service
point $? "and at every boot"
inside journalctl -b -p warning -o cat -u invar.service >"$OUT/journal" 2>&1
! grep -v '^-- \|made one of' "$OUT/journal" | grep -q .
point $? "with nothing to complain of" "$OUT/journal"
inside sh -c 'stat -c "%n %a %U %G" /var/lib/invar /run/invar /run/invar/control.sock \
	/etc/invar/agent.yaml' >"$OUT/modes" 2>&1
diff - "$OUT/modes" >"$OUT/diff" <<-'END'
	/var/lib/invar 700 root root
	/run/invar 750 root invar
	/run/invar/control.sock 660 root invar
	/etc/invar/agent.yaml 640 root root
END
point $? "state, socket and settings are closed to others" "$OUT/diff"

# ---- its view ----

PID=$(main_pid)
cat >"$CONTAINER_ROOT/root/view" <<-'END'
	for pid in $(pgrep "^invar"); do
		for ns in cgroup ipc mnt net pid user uts; do
			[ "$(readlink /proc/$pid/ns/$ns)" = "$(readlink /proc/1/ns/$ns)" ] ||
				echo "$pid: another $ns"
		done >/root/seen 2>&1
		[ "$(readlink /proc/$pid/root)" = / ] || echo "$pid: another root" >>/root/seen
		diff /proc/1/mountinfo /proc/$pid/mountinfo >>/root/seen 2>&1
		for folder in tmp home dev proc root; do
			[ "$(stat -c %d:%i /proc/$pid/root/$folder)" = "$(stat -c %d:%i /$folder)" ] ||
				echo "$pid: another /$folder"
		done >>/root/seen 2>&1
		# some are there for one scan only
		[ -e /proc/$pid/root/ ] && cat /root/seen
	done
END
inside sh /root/view >"$OUT/view" 2>&1
! [ -s "$OUT/view" ]
point $? "each of its processes sees what the host sees: /tmp /home /dev /proc, mounts, namespaces" "$OUT/view"
[ "$(inside pgrep -c "^invar")" -ge 3 ]
point $? "it is several processes"

# ---- real time ----

inside invar status --json >"$OUT/status" 2>&1
grep -q '"fanotify"' "$OUT/status"
point $? "status shows the means in force" "$OUT/status"
# In a container there is no BPF that knows every process: who is asked must still be there.
inside sh -c 'echo >>/etc/hosts; until [ -e /root/told ]; do sleep 0.1; done' &
TELLER=$!
wait_for 10 has 'c and k == "/etc/hosts" and r["observed"] == "realtime"'
point $? "a change of a watched file is in the ledger" "$LOG"
inside touch /root/told
wait $TELLER
ledger 'c and k == "/etc/hosts"' >"$OUT/record"
/usr/bin/python3 - "$OUT/record" "$(patient 2000)" >"$OUT/why" <<-'END'
	import datetime, json, sys
	r = json.loads(open(sys.argv[1]).readline())
	when = lambda t: datetime.datetime.fromisoformat(t[:26])
	late = (when(r["time"]) - when(r["is"]["mtime"])).total_seconds()
	who = r.get("who", {})
	print(late, "s;", who or r.get("who_unknown"))
	sys.exit(not (late <= 1 + int(sys.argv[2]) / 1000 and who.get("exe", "").endswith(("/dash", "/sh"))))
END
point $? "within a second, with who: $(cut -c1-100 "$OUT/why")" "$OUT/why"

# ---- killed, stopped ----

# Scans that give way to others would take as long as the others like.
cat >>"$CONTAINER_ROOT/etc/invar/agent.yaml" <<-'END'
	metrics: /run/invar/invar.prom
	limit: { cpu: none, pressure: never }
END
inside kill -9 "$PID"
edit /etc/issue
wait_for 20 is_back "$PID"
[ "$TOOK" -le "$(patient 5000)" ]
point $? "killed, it is back (after $TOOK ms)"
wait_for 60 has 'c and k == "/etc/issue"'
point $? "what changed between is found" "$LOG"
wait_for 30 has 'r["record"] == "loss" and r["means"] == "agent" and "killed" in r["text"]' &&
	wait_for 30 has 'r["record"] == "repair" and r["changes"] > 0'
point $? "that nobody watched is in the ledger, and that it was repaired" "$LOG"

PID=$(main_pid)
inside kill -STOP "$PID"
wait_for 40 is_back "$PID"
point $? "when it hangs, the watchdog starts it again (after $TOOK ms)"

# ---- reload ----

inside mkdir /srv/watched
cat >"$CONTAINER_ROOT/etc/invar/policy.d/90-local.yaml" <<-'END'
	version: 1
	rules:
	  - { id: local, severity: high, kind: file, base: /srv/watched }
END
PID=$(main_pid)
inside systemctl reload invar.service
point $? "it reloads"
wait_for 30 has 'r["record"] == "note" and r["what"] == "policy-changed"'
point $? "the ledger says that the policy changed" "$LOG"
edit /srv/watched/new
wait_for 20 has 'c and k == "/srv/watched/new" and r["rule"] == "local"'
point $? "what it newly watches is seen" "$LOG"
[ "$PID" = "$(main_pid)" ]
point $? "by the same process"

# ---- upgrade ----

inside sh -c 'echo "# by the administrator" >>/etc/invar/policy.d/70-web.yaml'
inside sh -c 'i=0; while [ ! -e /root/upgraded ]; do i=$((i + 1)); echo >/etc/during-$i; sleep 0.05; done; echo $i >/root/count' &
WRITER=$!
PID=$(main_pid)
inside dpkg -i --force-confold /root/new.deb >"$OUT/upgrade" 2>&1
point $? "it is upgraded" "$OUT/upgrade"
wait_for 30 is_back "$PID"
point $? "and runs again" "$OUT/journal"
inside touch /root/upgraded
wait $WRITER
COUNT=$(inside cat /root/count)
every() {
	[ "$(ledger 'c and r["change"] == "created" and k.startswith("/etc/during-")' | sort -u | wc -l)" = "$COUNT" ]
}
wait_for 60 every
point $? "each of $COUNT files made before, during and after it is in the ledger, once" "$LOG"
# The loss itself may begin earlier: with a time before that no scan had made good yet.
ledger 'r["record"] == "note" and r["what"] in ("agent-stop", "agent-start")' >"$OUT/gap"
/usr/bin/python3 - "$OUT/gap" "$(patient 4000)" >"$OUT/why" <<-'END'
	import datetime, json, sys
	notes = [json.loads(l) for l in open(sys.argv[1])]
	when = lambda r: datetime.datetime.fromisoformat(r["time"][:26])
	stop = max(i for i, r in enumerate(notes) if r["what"] == "agent-stop")
	gap = (when(notes[stop + 1]) - when(notes[stop])).total_seconds()
	print(gap, "s")
	sys.exit(gap > int(sys.argv[2]) / 1000)
END
point $? "nobody watched for $(cat "$OUT/why")" "$OUT/gap"
inside grep -q administrator /etc/invar/policy.d/70-web.yaml &&
	inside grep -q '^metrics:' /etc/invar/agent.yaml &&
	[ "$(inside dpkg-query -W -f '${Version}' invar)" = 0.9.1 ]
point $? "what the administrator wrote is kept"
ledger 'c and r["verdict"]["state"] == "unexplained" and k.startswith(("/usr/bin/invar", "/usr/share/invar"))' >"$OUT/own"
! [ -s "$OUT/own" ]
point $? "its own files are proven to be the package's" "$OUT/own"
inside invar doctor --plain >"$OUT/doctor" 2>&1
point $? "the doctor finds it healthy" "$OUT/doctor"

wait_for 40 inside grep -q '^invar_detection_latency_seconds_count{kind="file"}' /run/invar/invar.prom
RC=$?
cp "$CONTAINER_ROOT/run/invar/invar.prom" "$OUT/metrics" 2>/dev/null ||
	inside cat /run/invar/invar.prom >"$OUT/metrics" 2>&1
point $RC "numbers are written for Prometheus" "$OUT/metrics"
if command -v promtool >/dev/null; then
	promtool check metrics <"$OUT/metrics" >"$OUT/promtool" 2>&1
	point $? "promtool has nothing to say" "$OUT/promtool"
fi

# ---- remove, purge ----

inside dpkg -r invar >"$OUT/remove" 2>&1
RC=$?
inside systemctl is-active -q invar.service && RC=1
inside test -e /var/lib/invar/state.db -a -e /etc/invar/policy.d/90-local.yaml || RC=1
inside pgrep -l invar >>"$OUT/remove" && RC=1
point $RC "removed, it is stopped; state and settings stay" "$OUT/remove"
inside dpkg -P invar >"$OUT/purge" 2>&1
RC=$?
inside find / -xdev -iname '*invar*' -not -path '/proc/*' -not -path '/var/log/*' \
	-not -path '/sys/*' -not -name INVARIANT.gz >"$OUT/left" 2>&1
inside systemctl list-unit-files 'invar*' --no-legend >>"$OUT/left" 2>&1
cat "$OUT/left" >>"$OUT/purge"
[ $RC = 0 ] && ! [ -s "$OUT/left" ]
point $? "purged, nothing is left" "$OUT/purge"

echo "1..$POINTS"
exit $((FAILED > 0))
