# shellcheck shell=bash
# A Debian 12 with systemd, booted from a pristine copy, for end-to-end tests. Source it; needs root.
#
#   container_base          build the cached base once (debootstrap; later calls return at once)
#   container_make          mount a copy of the base; sets CONTAINER_ROOT
#   container_libs PROGRAM  copy into CONTAINER_ROOT the shared libraries PROGRAM needs and it lacks
#   container_boot [ARG…]   boot CONTAINER_ROOT (ARGs go to systemd-nspawn) and wait until it is up
#   container_run CMD…      run a command inside, with its exit status
#   container_halt          shut down in order; the tree stays
#   container_drop          shut down and remove the tree; also the trap on exit
#
# The cache is $INVAR_TEST_CACHE (default /var/cache/invar-test). Trees of tests that were killed are
# removed by the next container_make.

CONTAINER_CACHE=${INVAR_TEST_CACHE:-/var/cache/invar-test}
CONTAINER_SUITE=bookworm
# A small server with what usually runs by itself: cron and its jobs, the timers of apt, dpkg, man-db,
# logrotate, e2scrub and systemd, a logger, sshd. The libraries are those of our own programs.
CONTAINER_PACKAGES=(systemd systemd-sysv libpam-systemd dbus udev kmod cron at anacron logrotate
	man-db rsyslog openssh-server sudo ca-certificates e2fsprogs procps iproute2 locales
	unattended-upgrades mlocate apt-utils python3-minimal python3
	libsqlite3-0 libyaml-0-2 libzstd1 libssl3 libcap2 libacl1 libevent-core-2.1-7
	libevent-extra-2.1-7 libevent-openssl-2.1-7 libjansson4
	libseccomp2 libcurl4)
CONTAINER_ROOT=
CONTAINER_WORK=
CONTAINER_NSPAWN= # pid of systemd-nspawn
CONTAINER_GROUP=
CONTAINER_LEADER= # pid, seen from here, of init inside

container_need() {
	if [ "$(id -u)" != 0 ]; then
		echo "container: must run as root" >&2
		return 1
	fi
	local missing=()
	command -v mkfs.ext4 >/dev/null || missing+=(e2fsprogs)
	command -v debootstrap >/dev/null || missing+=(debootstrap)
	command -v systemd-nspawn >/dev/null || missing+=(systemd-container)
	[ ${#missing[@]} = 0 ] && return 0
	DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 install -y -q \
		--no-install-recommends "${missing[@]}" >&2
}

# The mirror this host itself installs from.
container_mirror() {
	local found
	found=$(cat /etc/apt/sources.list /etc/apt/sources.list.d/* 2>/dev/null |
		grep -o -m1 -E '(https?|file):[^ ]+/debian/?([[:space:]]|$)' | head -n1)
	echo "${found:-http://deb.debian.org/debian}" | tr -d '[:space:]'
}

# The base is an image, so that a test's copy is made and removed in a second, and is ext4 wherever
# the tests run.
container_base() {
	container_need && mkdir -p "$CONTAINER_CACHE" || return 1
	local name
	name=image-$(echo "$CONTAINER_SUITE ${CONTAINER_PACKAGES[*]}" | sha256sum | cut -c1-12)
	CONTAINER_BASE=$CONTAINER_CACHE/$name.ext4
	[ -f "$CONTAINER_BASE" ] && return 0
	(
		flock 9 || exit 1
		[ -f "$CONTAINER_BASE" ] && exit 0
		umount "$CONTAINER_CACHE"/image-* 2>/dev/null
		rm -rf --one-file-system "$CONTAINER_CACHE"/image-*
		# dpkg syncs every file; in memory that costs nothing.
		mkdir "$CONTAINER_CACHE/$name" &&
			mount -t tmpfs -o size=2G,mode=755 invar-test "$CONTAINER_CACHE/$name" &&
			container_debootstrap "$CONTAINER_CACHE/$name" &&
			mkfs.ext4 -q -d "$CONTAINER_CACHE/$name" "$CONTAINER_BASE.part" 2G >&2 &&
			mv "$CONTAINER_BASE.part" "$CONTAINER_BASE"
		rc=$?
		umount "$CONTAINER_CACHE/$name"
		rmdir "$CONTAINER_CACHE/$name"
		exit $rc
	) 9>"$CONTAINER_CACHE/lock"
}

container_debootstrap() {
	local log=$CONTAINER_CACHE/debootstrap.log include
	include=$(IFS=,; echo "${CONTAINER_PACKAGES[*]}")
	if ! debootstrap --variant=minbase --include="$include" "$CONTAINER_SUITE" "$1" \
		"$(container_mirror)" >"$log" 2>&1; then
		tail -n 20 "$log" >&2
		return 1
	fi
	rm -f "$1"/var/cache/apt/archives/*.deb
	echo invar-test >"$1/etc/hostname"
}

# Remove what killed tests left: their name carries the pid of the test and its start time.
container_sweep() {
	local dir pid start pids
	for dir in "$CONTAINER_CACHE"/run.*; do
		[ -d "$dir" ] || continue
		IFS=. read -r _ pid start _ <<<"${dir##*/}"
		[ "$(container_start_time "$pid")" = "$start" ] && continue
		[ -s "$dir/pids" ] && read -r -a pids <"$dir/pids" && container_end "${pids[@]}"
		container_remove "$dir"
	done
}

container_remove() {
	if mountpoint -q "$1/root"; then
		umount "$1/root" || umount --lazy "$1/root"
	fi
	rm -rf --one-file-system "$1"
}

container_start_time() {
	# The command name may hold spaces and brackets: count from its closing bracket.
	sed -e 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# container_end [PID START]…: kill these processes, if they are still the ones that started then, in
# this order: init of the container, with which the kernel ends everything inside, then its
# systemd-nspawn, which killed alone would leave all of it running.
container_end() {
	while [ $# -ge 2 ]; do
		if [ "$(container_start_time "$1")" = "$2" ]; then
			kill -KILL "$1" 2>/dev/null
			for _ in $(seq 100); do
				[ "$(container_start_time "$1")" = "$2" ] || break
				sleep 0.1
			done
		fi
		shift 2
	done
}

container_make() {
	container_base || return 1
	container_sweep
	CONTAINER_WORK=$CONTAINER_CACHE/run.$$.$(container_start_time $$)
	CONTAINER_ROOT=$CONTAINER_WORK/root
	trap container_drop EXIT
	trap 'exit 130' INT TERM HUP
	mkdir -p "$CONTAINER_ROOT" &&
		cp --sparse=always --reflink=auto "$CONTAINER_BASE" "$CONTAINER_WORK/image" &&
		mount -o loop "$CONTAINER_WORK/image" "$CONTAINER_ROOT"
}

container_libs() {
	local lib
	ldd "$1" | grep -o '/[^ ]*' | while read -r lib; do
		[ -e "$CONTAINER_ROOT$lib" ] ||
			install -D -m 0644 "$lib" "$CONTAINER_ROOT$lib" || return 1
	done
}

# A control group of its own: in one that several containers use, what the last one left attached is
# seen by the next one, until systemd there removes it.
container_group() {
	local unified
	unified=$(awk '$3 == "cgroup2" { print $2; exit }' /proc/self/mounts)
	CONTAINER_GROUP=${unified:+$unified/${CONTAINER_WORK##*/}}
	[ -z "$CONTAINER_GROUP" ] || mkdir -p "$CONTAINER_GROUP" 2>/dev/null || CONTAINER_GROUP=
}

# in_container_group CMD…: where there may be none, where we are.
in_container_group() {
	[ -z "$CONTAINER_GROUP" ] || echo "$BASHPID" >"$CONTAINER_GROUP/cgroup.procs"
	exec "$@"
}

container_boot() {
	rm -f "$CONTAINER_WORK/pids"
	container_group
	in_container_group systemd-nspawn --register=no --keep-unit --private-network --link-journal=no \
		--resolv-conf=off --timezone=off --console=pipe -D "$CONTAINER_ROOT" "$@" --boot \
		</dev/null >"$CONTAINER_WORK/console" 2>&1 &
	CONTAINER_NSPAWN=$!
	CONTAINER_LEADER=
	for _ in $(seq 600); do
		kill -0 "$CONTAINER_NSPAWN" 2>/dev/null || break
		[ -n "$CONTAINER_LEADER" ] || container_find_leader
		if [ -n "$CONTAINER_LEADER" ] && container_up; then
			return 0
		fi
		sleep 0.1
	done
	echo "container: did not boot:" >&2
	tail -n 30 "$CONTAINER_WORK/console" >&2
	return 1
}

# systemd-nspawn has more children while it sets up; init's pid inside, the last number, is 1.
container_find_leader() {
	local children pid
	read -r -a children <"/proc/$CONTAINER_NSPAWN/task/$CONTAINER_NSPAWN/children"
	for pid in "${children[@]}"; do
		if grep -q '^NSpid:.*[[:space:]]1$' "/proc/$pid/status" 2>/dev/null &&
			[ "$(cat "/proc/$pid/comm" 2>/dev/null)" = systemd ]; then
			CONTAINER_LEADER=$pid
			echo "$pid $(container_start_time "$pid") $CONTAINER_NSPAWN" \
				"$(container_start_time "$CONTAINER_NSPAWN")" >"$CONTAINER_WORK/pids"
		fi
	done
}

container_up() {
	[ -S "/proc/$CONTAINER_LEADER/root/run/systemd/private" ] || return 1
	case $(container_run systemctl is-system-running 2>/dev/null) in
	running | degraded) return 0 ;;
	esac
	return 1
}

container_run() {
	nsenter --target "$CONTAINER_LEADER" --mount --uts --ipc --net --pid --root --wd -- \
		env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin \
		HOME=/root LANG=C.UTF-8 "$@"
}

container_halt() {
	[ -n "$CONTAINER_NSPAWN" ] || return 0
	# systemd.special(7): SIGRTMIN+4 starts poweroff.target.
	[ -n "$CONTAINER_LEADER" ] && kill -s RTMIN+4 "$CONTAINER_LEADER" 2>/dev/null
	for _ in $(seq 300); do
		kill -0 "$CONTAINER_NSPAWN" 2>/dev/null || break
		sleep 0.1
	done
	container_kill
}

container_kill() {
	local pids
	if [ -s "$CONTAINER_WORK/pids" ]; then
		read -r -a pids <"$CONTAINER_WORK/pids" && container_end "${pids[@]}"
	else
		kill -KILL "$CONTAINER_NSPAWN" 2>/dev/null # it never got as far as init
	fi
	wait "$CONTAINER_NSPAWN" 2>/dev/null
	[ -z "$CONTAINER_GROUP" ] || find "$CONTAINER_GROUP" -depth -type d -exec rmdir {} + 2>/dev/null
	CONTAINER_NSPAWN=
	CONTAINER_LEADER=
	rm -f "$CONTAINER_WORK/pids"
}

container_drop() {
	[ -n "$CONTAINER_WORK" ] || return 0
	[ -z "$CONTAINER_NSPAWN" ] || container_kill 2>/dev/null
	container_remove "$CONTAINER_WORK"
	CONTAINER_WORK=
	CONTAINER_ROOT=
}
