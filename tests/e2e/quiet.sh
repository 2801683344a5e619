#!/bin/bash
# The shipped rules on a booted Debian 12: silent while its timers, cron jobs, logins and a reboot do
# what they do by themselves, loud about what an intruder does.
#
# INVAR is the program (default build/dev/invar), INVAR_RULES another policy. INVAR_QUIET_MINUTES=60
# stays that long, forcing every timer six times and looking twice as often. Needs root; prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh
. tests/e2e/tap.sh
. tests/e2e/intruder.sh

INVAR=$(realpath "${INVAR:-build/dev/invar}")
RULES=${INVAR_RULES:-rules}

# found FILE [-v]: what `check --json` reported, one a line (changes.py).
found() {
	python3 tests/e2e/changes.py "$@"
}

# check_silent TEXT: a check inside finds nothing.
check_silent() {
	local out=$CONTAINER_WORK/check.json rc
	container_run invar check --json >"$out" 2>"$out.err"
	rc=$?
	found "$out" -v >"$out.found" 2>>"$out.err"
	cat "$out.err" >>"$out.found"
	[ $rc = 0 ] && [ ! -s "$out.found" ]
	point $? "$1: no change, no gap, exit status $rc" "$out.found"
}

# ---- a host to watch ----

prepare() {
	install -D -m 0755 "$INVAR" "$CONTAINER_ROOT/usr/bin/invar" &&
		container_libs "$INVAR" && chroot "$CONTAINER_ROOT" ldconfig &&
		install -d -m 0755 "$CONTAINER_ROOT/etc/invar/policy.d" &&
		install -m 0644 "$RULES"/*.yaml "$CONTAINER_ROOT/etc/invar/policy.d/" &&
		echo 'Acquire::Retries "0";' >"$CONTAINER_ROOT/etc/apt/apt.conf.d/99no-network"
}

# What a server has beyond the packages of the base: a user with a key, a site, an application, a
# crontab, a kernel module.
furnish() {
	container_run bash -eu <<-'END'
		useradd -m -s /bin/bash alice
		install -d -m 0700 -o alice -g alice /home/alice/.ssh
		install -d -m 0700 /root/.login
		ssh-keygen -q -t ed25519 -N '' -C alice -f /root/.login/id
		cp /root/.login/id.pub /home/alice/.ssh/authorized_keys
		install -d /var/www/html/uploads /var/www/html/cache /opt/app/bin /opt/app/logs
		echo '<?php echo 1;' >/var/www/html/index.php
		printf '#!/bin/sh\nexit 0\n' >/opt/app/bin/app
		chmod 0755 /opt/app/bin/app
		install -d /usr/lib/modules/6.1.0-1-amd64/kernel/net
		echo module >/usr/lib/modules/6.1.0-1-amd64/kernel/net/good.ko
		echo '17 3 * * * true' | crontab -u alice -
		echo '127.0.0.1 localhost' >/etc/hosts
	END
}

# ---- what happens by itself ----

# Every timer and cron job at once, and what else rewrites files behind the administrator's back.
# apt has no network here; its jobs fail as they do on a host that is cut off.
force_timers() {
	container_run bash -u <<-'END'
		systemctl list-timers --all --no-legend --plain |
			grep -o '[^ ]*\.service' | sort -u |
			while read -r unit; do timeout 100 systemctl start "$unit"; done
		systemctl list-timers --all --no-legend --plain | grep -c '\.service' >&3
		for when in hourly daily weekly monthly; do run-parts "/etc/cron.$when"; done
		su alice -s /bin/sh -c true
		echo 'host ssh-ed25519 AAAA' >>/home/alice/.ssh/known_hosts
		echo ls >>/home/alice/.bash_history
		for folder in /tmp /var/tmp /var/cache /home/alice; do
			(cd "$folder" && seq -f busy-%g 2000 | xargs touch && rm busy-*)
		done
		python3 -c 'import json, sqlite3, email.mime.text, http.client'
		echo '<?php // compiled page' >/var/www/html/cache/page.php
		echo request >>/opt/app/logs/app.log
		systemctl daemon-reload
		systemd-tmpfiles --clean
		systemd-tmpfiles --create
		systemd-sysusers
		logrotate -f /etc/logrotate.conf
		mandb -q
		ldconfig
		update-ca-certificates
		systemctl restart cron rsyslog ssh systemd-journald systemd-logind
		systemd-run --quiet --wait true
	END
}

# Somebody comes in by ssh and goes: a session, a manager of the user and its sockets, a mount.
login() {
	container_run ssh -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -i /root/.login/id \
		-o BatchMode=yes alice@127.0.0.1 "$@"
}

# matching CHANGE KEY: the lines of this change; KEY may have wildcards.
matching() {
	local change key rest
	while read -r change key rest; do
		# shellcheck disable=SC2053 # a pattern
		[[ $change = "$1" && $key = $2 ]] && echo "$change $key $rest"
	done
}

# is_watched KEY: there is a rule for its kind.
is_watched() {
	[[ $1 = /* ]] || grep -qx "    kind: ${1%%:*}" "$RULES"/*.yaml
}

# expected KEY: some line speaks of it.
expected() {
	local key
	while read -r _ key _; do
		# shellcheck disable=SC2053 # a pattern
		[[ -n $key && $1 = $key ]] && return 0
	done <<<"$EXPECTED$EXPECTED_LIVE$ALONG"
	return 1
}

check_loud() {
	local out=$CONTAINER_WORK/loud.json rc change key rule fields line
	container_run invar check --json >"$out" 2>"$out.err"
	rc=$?
	[ $rc = 7 ]
	point $? "created, deleted and updated: exit status $rc is 7" "$out.err"
	found "$out" >"$out.found"
	while read -r change key rule fields; do
		[ -n "$change" ] || continue
		is_watched "$key" || continue
		matching "$change" "$key" <"$out.found" >"$out.line"
		[ "$fields" = - ] && fields='.*'
		[[ $(cat "$out.line") =~ ^[^[:cntrl:]]+\ ($rule)\ (high|critical)\ ?($fields)$ ]]
		point $? "$key is $change under ${rule//|/ or }" "$out.line"
	done <<<"$EXPECTED$EXPECTED_LIVE"
	while read -r change key rule; do
		expected "$key" || echo "$change $key $rule"
	done <"$out.found" >"$out.others"
	[ ! -s "$out.others" ]
	point $? "nothing else is reported" "$out.others"
}

# As long as it is asked for: what comes late, and what comes again.
stay() {
	local minutes=${INVAR_QUIET_MINUTES:-0} round
	[ "$minutes" -gt 0 ] || return
	for round in 1 2 3 4 5 6; do
		sleep $((minutes * 5))
		check_silent "after $((minutes * (2 * round - 1) / 12)) minutes"
		sleep $((minutes * 5))
		force_timers >/dev/null 2>&1 3>&1
		login true >/dev/null 2>&1
		sleep 5
		check_silent "after $((minutes * round / 6)) minutes and all timers again"
	done
}

need_root
[ -x "$INVAR" ] || bail "no program $INVAR"
command -v python3 >/dev/null || bail "python3 is needed"
if ! container_make || ! prepare; then
	bail "no container"
fi
container_boot --quiet || bail "the container does not boot"
furnish || bail "the container could not be furnished"

container_run invar policy check >"$CONTAINER_WORK/policy" 2>&1
point $? "invar policy check finds no fault" "$CONTAINER_WORK/policy"
container_run invar init >"$CONTAINER_WORK/init" 2>&1
point $? "invar init" "$CONTAINER_WORK/init"
check_silent "right after init"
timers=$(force_timers 3>&1 >"$CONTAINER_WORK/forced" 2>&1)
[ "${timers:-0}" -ge 8 ]
point $? "$timers timers and all cron jobs were forced" "$CONTAINER_WORK/forced"
sleep 2
check_silent "after timers and cron jobs"
login 'id -un; systemctl --user is-system-running --wait' >"$CONTAINER_WORK/login" 2>&1
grep -qx alice "$CONTAINER_WORK/login"
point $? "alice was here" "$CONTAINER_WORK/login"
login 'sleep 1000' >/dev/null 2>&1 &
sleep 3
check_silent "while alice is logged in"
container_run pkill -u alice sleep
wait $!
check_silent "after alice left"
stay
container_halt
container_boot --quiet || bail "the container does not boot again"
check_silent "after a reboot"
intrude 2>"$CONTAINER_WORK/intrude"
point $? "an intruder was here" "$CONTAINER_WORK/intrude"
intrude_live 2>"$CONTAINER_WORK/intrude_live"
point $? "and is at work" "$CONTAINER_WORK/intrude_live"
check_loud
container_drop

echo "1..$POINTS"
[ $FAILED = 0 ]
