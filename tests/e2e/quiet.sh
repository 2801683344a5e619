#!/bin/bash
# The shipped rules on a booted Debian 12: silent while its timers, cron jobs and a reboot do what
# they do by themselves, loud about what an intruder does. And silent on this host.
#
# INVAR is the program (default build/dev/invar). Needs root; prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh

INVAR=$(realpath "${INVAR:-build/dev/invar}")
POINTS=0
FAILED=0

# point STATUS TEXT [FILE]: one TAP line; the file explains a failure.
point() {
	POINTS=$((POINTS + 1))
	if [ "$1" = 0 ]; then
		echo "ok $POINTS - $2"
		return 0
	fi
	echo "not ok $POINTS - $2"
	[ -s "${3:-/dev/null}" ] && head -n 40 "$3" | cut -c1-600 | sed 's/^/# /'
	FAILED=$((FAILED + 1))
}

bail() {
	echo "Bail out! $1"
	exit 1
}

# found FILE: the changes and gaps in the output of `check --json`, one a line:
# change, key, rule, severity, fields. A change that stands is there twice, as found and as drift.
found() {
	python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    r = json.loads(line)
    if r.get("record") == "gap":
        print("gap", line.strip())
    elif r.get("record", "change") == "change":
        print(r["change"], r["key"], r["rule"], r["severity"], ",".join(r.get("fields", [])))
' "$1" | sort -u
}

# check_silent TEXT: a check inside finds nothing.
check_silent() {
	local out=$CONTAINER_WORK/check.json rc
	container_run invar check --json >"$out" 2>"$out.err"
	rc=$?
	found "$out" >"$out.found" 2>>"$out.err"
	cat "$out.err" >>"$out.found"
	[ $rc = 0 ] && [ ! -s "$out.found" ]
	point $? "$1: no change, no gap, exit status $rc" "$out.found"
}

# ---- a host to watch ----

prepare() {
	install -D -m 0755 "$INVAR" "$CONTAINER_ROOT/usr/bin/invar" &&
		container_libs "$INVAR" &&
		install -d -m 0755 "$CONTAINER_ROOT/etc/invar/policy.d" &&
		install -m 0644 rules/*.yaml "$CONTAINER_ROOT/etc/invar/policy.d/" &&
		echo 'Acquire::Retries "0";' >"$CONTAINER_ROOT/etc/apt/apt.conf.d/99no-network"
}

# What a server has beyond the packages of the base: a user with a key, a site, an application, a
# crontab, a kernel module.
furnish() {
	container_run bash -eu <<-'END'
		useradd -m -s /bin/bash alice
		install -d -m 0700 -o alice -g alice /home/alice/.ssh
		echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAlice alice' >/home/alice/.ssh/authorized_keys
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

# ---- what an intruder does ----

intrude() {
	container_run bash -eu <<-'END'
		printf '[Service]\nExecStart=/bin/true\n' >/etc/systemd/system/evil.service
		ln -s ../evil.service /etc/systemd/system/multi-user.target.wants/evil.service
		printf '[Timer]\nOnBootSec=1\n' >/usr/lib/systemd/system/evil.timer
		printf '[Service]\nExecStart=/bin/true\n' >/run/systemd/system/evil-run.service
		install -D -m 0644 /dev/null /home/alice/.config/systemd/user/evil.service
		echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEvil' >>/home/alice/.ssh/authorized_keys
		install -d -m 0700 /root/.ssh
		echo 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIEvil' >/root/.ssh/authorized_keys
		echo 'PermitRootLogin yes' >/etc/ssh/sshd_config.d/evil.conf
		echo 'alice ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/evil
		chmod u+s /usr/bin/find
		echo /lib/x86_64-linux-gnu/libm.so.6 >/etc/ld.so.preload
		echo lib >/usr/lib/x86_64-linux-gnu/libevil.so.1
		echo '* * * * * root /bin/true' >/etc/cron.d/evil
		echo '* * * * * /bin/true' >>/var/spool/cron/crontabs/alice
		cp -p /usr/bin/wc /tmp/wc.times
		printf X | dd of=/usr/bin/wc bs=1 seek=9000 conv=notrunc status=none
		touch -r /tmp/wc.times /usr/bin/wc
		chattr +i /usr/bin/nproc
		python3 -c 'import os; os.setxattr("/usr/bin/tac", "security.capability",
		    bytes.fromhex("0100000280000000000000000000000000000000"))'
		echo evil >/usr/lib/modules/6.1.0-1-amd64/kernel/net/evil.ko
		echo 'install dccp /bin/true' >/etc/modprobe.d/evil.conf
		echo 'toor:x:0:0::/root:/bin/bash' >>/etc/passwd
		echo 'auth sufficient pam_permit.so' >>/etc/pam.d/common-auth
		echo pam >/usr/lib/x86_64-linux-gnu/security/pam_evil.so
		echo 'true' >/etc/profile.d/evil.sh
		echo 'alias sudo=true' >>/root/.bashrc
		printf '#!/bin/sh\n' >/etc/update-motd.d/99-evil
		echo 'ACTION=="add", RUN+="/bin/true"' >/etc/udev/rules.d/99-evil.rules
		printf '#!/bin/sh\n' >/etc/init.d/evil
		echo 'DPkg::Post-Invoke {"true";};' >/etc/apt/apt.conf.d/99evil
		echo cert >/usr/local/share/ca-certificates/evil.crt
		echo '192.0.2.1 deb.debian.org' >>/etc/hosts
		echo 'import os' >/usr/lib/python3/dist-packages/evil.pth
		echo '<?php system($_GET[0]);' >/var/www/html/uploads/x.php
		echo data >/dev/.hidden
		rm /etc/logrotate.d/rsyslog
		echo 'x' >>/usr/bin/invar
		printf '#!/bin/sh\n' >/usr/local/bin/ls
	END
}

# change key rule fields ("-": any); severity must be high or critical.
EXPECTED='
created /etc/systemd/system/evil.service systemd -
created /etc/systemd/system/multi-user.target.wants/evil.service systemd -
created /usr/lib/systemd/system/evil.timer systemd|system-libraries -
created /run/systemd/system/evil-run.service systemd-runtime -
created /home/alice/.config/systemd/user/evil.service systemd-user -
updated /home/alice/.ssh/authorized_keys ssh-keys -
created /root/.ssh/authorized_keys ssh-keys -
created /etc/ssh/sshd_config.d/evil.conf ssh-server -
created /etc/sudoers.d/evil sudo -
updated /usr/bin/find system-executables mode
created /etc/ld.so.preload dynamic-linker-preload -
created /usr/lib/x86_64-linux-gnu/libevil.so.1 system-libraries -
created /etc/cron.d/evil cron -
updated /var/spool/cron/crontabs/alice cron -
updated /usr/bin/wc system-executables sha256
updated /usr/bin/nproc system-executables flags
updated /usr/bin/tac system-executables caps
created /usr/lib/modules/6.1.0-1-amd64/kernel/net/evil.ko kernel-modules|system-libraries -
created /etc/modprobe.d/evil.conf kernel-modules-config -
updated /etc/passwd accounts -
updated /etc/pam.d/common-auth pam -
created /usr/lib/x86_64-linux-gnu/security/pam_evil.so pam-modules -
created /etc/profile.d/evil.sh shell-start -
updated /root/.bashrc shell-start-user -
created /etc/update-motd.d/99-evil shell-start -
created /etc/udev/rules.d/99-evil.rules udev -
created /etc/init.d/evil init -
created /etc/apt/apt.conf.d/99evil package-manager -
created /usr/local/share/ca-certificates/evil.crt certificates|usr-local -
updated /etc/hosts name-resolution -
created /usr/lib/python3/dist-packages/evil.pth python-start|system-libraries -
created /var/www/html/uploads/x.php web-scripts -
created /dev/.hidden dev-files -
deleted /etc/logrotate.d/rsyslog defences -
updated /usr/bin/invar defences-own -
created /usr/local/bin/ls usr-local -
'
# Folders made on the way.
ALONG='
/home/alice/.config/systemd
/home/alice/.config/systemd/user
/root/.ssh
'

check_loud() {
	local out=$CONTAINER_WORK/loud.json rc change key rule fields line
	container_run invar check --json >"$out" 2>"$out.err"
	rc=$?
	[ $rc = 7 ]
	point $? "created, deleted and updated: exit status $rc is 7" "$out.err"
	found "$out" >"$out.found"
	while read -r change key rule fields; do
		[ -n "$change" ] || continue
		line=$(awk -v c="$change" -v k="$key" '$1 == c && $2 == k' "$out.found")
		echo "${line:-nothing}" >"$out.line"
		[ "$fields" = - ] && fields='.*'
		[[ $(cat "$out.line") =~ ^[^[:cntrl:]]+\ ($rule)\ (high|critical)\ ($fields)$ ]]
		point $? "$key is $change under ${rule//|/ or }" "$out.line"
	done <<<"$EXPECTED"
	awk '{ print $2 }' "$out.found" | grep -vxF "$(awk '{ print $2 }' <<<"$EXPECTED")" |
		grep -vxF "$ALONG" >"$out.others"
	[ ! -s "$out.others" ]
	point $? "nothing else is reported" "$out.others"
}

# ---- this host ----

host_silent() {
	local dir rc
	dir=$(mktemp -d /var/tmp/invar-quiet.XXXXXX) || bail "no folder for the state"
	"$INVAR" init --policy rules --state "$dir/state" >"$dir/init" 2>&1
	rc=$?
	[ $rc = 0 ] || [ $rc = 32 ]
	point $? "this host: init, exit status $rc" "$dir/init"
	"$INVAR" check --json --policy rules --state "$dir/state" >"$dir/check.json" 2>"$dir/err"
	rc=$?
	found "$dir/check.json" >"$dir/found" 2>>"$dir/err"
	cat "$dir/err" >>"$dir/found"
	[ $rc = 0 ] && [ ! -s "$dir/found" ]
	point $? "this host: no change, no gap, exit status $rc" "$dir/found"
	rm -rf "$dir"
}

if [ "$(id -u)" != 0 ]; then
	echo "1..0 # SKIP only root can boot a container"
	exit 77
fi
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
container_halt
container_boot --quiet || bail "the container does not boot again"
check_silent "after a reboot"
intrude 2>"$CONTAINER_WORK/intrude"
point $? "an intruder was here" "$CONTAINER_WORK/intrude"
check_loud
container_drop
host_silent

echo "1..$POINTS"
[ $FAILED = 0 ]
