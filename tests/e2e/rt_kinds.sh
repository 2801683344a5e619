#!/bin/bash
# Every kind but files: from the act to the line that `invar watch` prints. Files of the host are
# changed in copies that only this test sees; services in a container with a real systemd.
#
#   ROUNDS   how often each is done and undone (default 3)
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
ROUNDS=${ROUNDS:-3}
RT=/usr/bin/python3\ $PWD/tests/e2e/rt_kinds.py
mkdir -p "$WORK/mnt" "$WORK/deb/DEBIAN"

# judge FILE: a point for each line "NAME P50 P99 MAX MISSED WHO", times in ms. The median counts,
# and that nothing is missed. What nothing tells of is polled.
judge() {
	local name p50 p99 max missed who half most
	grep '^#' "$1"
	while read -r name p50 p99 max missed who; do
		half=$(patient 1000)
		most=$((half * 8))
		case $name in
		port-unix | port-abstract) half=$((half + 11000)) most=$((half + 11000)) ;;
		esac
		[ "$missed" = 0 ] && [ "$p50" -le "$half" ] && [ "$max" -le "$most" ]
		point $? "$name: p50 $p50 ms, p99 $p99 ms, missed $missed, with who $who"
	done < <(grep -v '^#' "$1")
}

# measure NAME COMMAND… -- ACT…: all of these acts were measured.
measure() {
	local name=$1 command=()
	shift
	while [ "$1" != -- ]; do
		command+=("$1")
		shift
	done
	shift
	# shellcheck disable=SC2086 # RT is a command and its argument
	timeout 300 "${command[@]}" $RT "$INVAR" "$WORK" "$ROUNDS" "$@" >"$WORK/$name" 2>"$WORK/$name.err"
	[ "$(grep -vc '^#' "$WORK/$name")" = $# ]
	point $? "$name: all were done" "$WORK/$name.err"
	judge "$WORK/$name"
}

# ---- of the running host ----

acts=(mount port-tcp port-tcp6 port-udp port-owners port-unix port-abstract)
[ -w /proc/sys/net/ipv4/conf/lo/log_martians ] && acts+=(sysctl)
command -v nft >/dev/null && nft list tables >/dev/null 2>&1 && acts+=(firewall)
measure host env -- "${acts[@]}"
measure programs env -- process # alone: whatever else this host starts is looked at as well

# ---- of files, in copies ----

printf 'Package: invar-kinds\nVersion: 1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: t\n' \
	>"$WORK/deb/DEBIAN/control"
acts=(user group cron sudo-rule ssh-key pam-rule sysctl-conf certificate unit-file)
if command -v dpkg-deb >/dev/null && [ -f /var/lib/dpkg/status ]; then
	dpkg-deb --root-owner-group --build "$WORK/deb" "$WORK/kn.deb" >/dev/null && acts+=(package)
fi
cat >"$WORK/copies" <<'E2'
set -e
for d in /etc /var/lib/dpkg /home; do
	[ -d $d ] || continue
	mkdir -p "$WORK/copy"
	mount -t tmpfs -o mode=755 kinds "$WORK/copy"
	cp -a $d/. "$WORK/copy" 2>/dev/null || :
	mount --move "$WORK/copy" $d
done
mkdir -p /home/kn/.ssh /etc/sudoers.d /etc/cron.d /etc/pam.d /etc/sysctl.d /etc/apt/sources.list.d \
	/etc/systemd/system
printf 'kn:x:60000:60000::/home/kn:/bin/sh\n' >>/etc/passwd
[ -f /etc/sudoers ] || printf '@includedir /etc/sudoers.d\n' >/etc/sudoers
[ -f /etc/ssh/sshd_config ] || { mkdir -p /etc/ssh; : >/etc/ssh/sshd_config; }
exec "$@"
E2
export WORK
measure files unshare --mount --propagation private bash "$WORK/copies" -- "${acts[@]}"

done_testing
