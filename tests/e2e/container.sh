# shellcheck shell=bash
# A Debian 12 with systemd, booted from a pristine copy, for end-to-end tests. Source it; needs root.
#
#   container_base          build the cached base once (debootstrap; later calls return at once)
#   container_make          copy the base; sets CONTAINER_ROOT
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
	libsqlite3-0 libyaml-0-2 libzstd1 libssl3 libcap2 libacl1)
CONTAINER_ROOT=
CONTAINER_WORK=
CONTAINER_NSPAWN= # pid of systemd-nspawn
CONTAINER_LEADER= # pid, seen from here, of init inside

container_need() {
	if [ "$(id -u)" != 0 ]; then
		echo "container: must run as root" >&2
		return 1
	fi
	local missing=()
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

container_base() {
	container_need || return 1
	mkdir -p "$CONTAINER_CACHE" || return 1
	local name
	name=base-$(echo "$CONTAINER_SUITE ${CONTAINER_PACKAGES[*]}" | sha256sum | cut -c1-12)
	CONTAINER_BASE=$CONTAINER_CACHE/$name
	[ -d "$CONTAINER_BASE" ] && return 0
	(
		flock 9 || exit 1
		[ -d "$CONTAINER_BASE" ] && exit 0
		rm -rf --one-file-system "$CONTAINER_CACHE"/base-*
		include=$(IFS=,; echo "${CONTAINER_PACKAGES[*]}")
		if ! debootstrap --variant=minbase --include="$include" "$CONTAINER_SUITE" \
			"$CONTAINER_CACHE/$name.part" "$(container_mirror)" \
			>"$CONTAINER_CACHE/debootstrap.log" 2>&1; then
			tail -n 20 "$CONTAINER_CACHE/debootstrap.log" >&2
			rm -rf --one-file-system "$CONTAINER_CACHE/$name.part"
			exit 1
		fi
		rm -f "$CONTAINER_CACHE/$name.part"/var/cache/apt/archives/*.deb
		echo invar-test >"$CONTAINER_CACHE/$name.part/etc/hostname"
		mv "$CONTAINER_CACHE/$name.part" "$CONTAINER_BASE"
	) 9>"$CONTAINER_CACHE/lock"
}

# Remove what killed tests left: their name carries the pid of the test and its start time.
container_sweep() {
	local dir pid start
	for dir in "$CONTAINER_CACHE"/run.*; do
		[ -d "$dir" ] || continue
		IFS=. read -r _ pid start _ <<<"${dir##*/}"
		[ "$(container_start_time "$pid")" = "$start" ] && continue
		if [ -s "$dir/nspawn.pid" ]; then
			container_end_process "$(cat "$dir/nspawn.pid")" "$dir/root"
		fi
		rm -rf --one-file-system "$dir"
	done
}

container_start_time() {
	# The command name may hold spaces and brackets: count from its closing bracket.
	sed -e 's/^.*) //' "/proc/$1/stat" 2>/dev/null | cut -d' ' -f20
}

# End a systemd-nspawn by pid, only when it is the one that runs this root.
container_end_process() {
	tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -qF -- "$2" || return 0
	kill -KILL "$1"
	for _ in $(seq 100); do
		[ -e "/proc/$1" ] || return 0
		sleep 0.1
	done
}

container_make() {
	container_base || return 1
	container_sweep
	CONTAINER_WORK=$CONTAINER_CACHE/run.$$.$(container_start_time $$)
	CONTAINER_ROOT=$CONTAINER_WORK/root
	trap container_drop EXIT
	trap 'exit 130' INT TERM HUP
	mkdir -p "$CONTAINER_WORK" &&
		cp -a --reflink=auto "$CONTAINER_BASE" "$CONTAINER_ROOT"
}

container_libs() {
	local lib
	ldd "$1" | grep -o '/[^ ]*' | while read -r lib; do
		[ -e "$CONTAINER_ROOT$lib" ] ||
			install -D -m 0644 "$lib" "$CONTAINER_ROOT$lib" || return 1
	done
}

container_boot() {
	systemd-nspawn --register=no --keep-unit --private-network --link-journal=no \
		--resolv-conf=off --timezone=off --console=pipe -D "$CONTAINER_ROOT" "$@" --boot \
		</dev/null >"$CONTAINER_WORK/console" 2>&1 &
	CONTAINER_NSPAWN=$!
	echo "$CONTAINER_NSPAWN" >"$CONTAINER_WORK/nspawn.pid"
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
	for _ in $(seq 200); do
		kill -0 "$CONTAINER_NSPAWN" 2>/dev/null || break
		sleep 0.1
	done
	container_end_process "$CONTAINER_NSPAWN" "$CONTAINER_ROOT"
	wait "$CONTAINER_NSPAWN" 2>/dev/null
	CONTAINER_NSPAWN=
	CONTAINER_LEADER=
	rm -f "$CONTAINER_WORK/nspawn.pid"
}

container_drop() {
	[ -n "$CONTAINER_WORK" ] || return 0
	if [ -n "$CONTAINER_NSPAWN" ]; then
		container_end_process "$CONTAINER_NSPAWN" "$CONTAINER_ROOT"
		wait "$CONTAINER_NSPAWN" 2>/dev/null
		CONTAINER_NSPAWN=
		CONTAINER_LEADER=
	fi
	rm -rf --one-file-system "$CONTAINER_WORK"
	CONTAINER_WORK=
	CONTAINER_ROOT=
}
