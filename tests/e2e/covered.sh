#!/bin/bash
# Who hides behind a name that rules leave out, and under a mount, with the shipped rules: the first
# is found; what is covered is a gap and no change.
# shellcheck disable=SC2154 # lib.sh sets CASE
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root
grep -aq __asan_init "$INVAR" && skip_all "sanitizers read /proc, which is covered here"

# kinds NAME FILE…: a case with shipped rules.
kinds() {
	CASE=$WORK/$1
	shift
	mkdir -p "$CASE/policy"
	for file in "$@"; do
		cp "rules/$file" "$CASE/policy/"
	done
	cat >"$CASE/run" <<END
#!/bin/sh
exec "$INVAR" "\$@" --policy "$CASE/policy" --state "$CASE/state"
END
	chmod +x "$CASE/run"
}

# suid FOLDER: a program there with the set-uid bit
suid() {
	mkdir -p "$ROOT/$1"
	cp /bin/true "$ROOT/$1/tool"
	chmod 4755 "$ROOT/$1/tool"
}

# ---- set-uid programs in folders of engines ----

kinds suid 85-rights.yaml
ROOT=$CASE/root
mkdir -p "$ROOT"/{etc,usr,root,tmp,var/lib,var/tmp,home/alice}
"$CASE/run" init --root "$ROOT" >"$CASE/plain" 2>&1
SHOWN=(/home/.snapshots /home/alice/.local/share/containers /root/.local/share/docker
	/home/alice/.local/share/containers/storage/overlay/1/diff/bin /var/lib/containerd
	/var/lib/docker /var/lib/docker/volumes/data/_data /var/lib/incus/storage-pools /var/lib/lxc
	/var/lib/machines /var/tmp/.snapshots /var/tmp/.snapshots/1/snapshot /tmp/.snapshots/1/snapshot)
for folder in "${SHOWN[@]}" /var/lib/docker/overlay2/1/diff/bin /var/lib/lxc/web/rootfs/bin \
	/var/lib/machines/web/bin /.snapshots/1/snapshot/bin /home/.snapshots/7/snapshot/alice \
	/var/lib/containers/storage/overlay/1/diff/bin \
	/home/alice/.local/share/docker/overlay2/1/diff/bin; do
	suid "$folder"
done
# alice's own engine
chown 1000 "$ROOT"/home/alice/.local/share/docker/overlay2/1/diff/bin/tool
chmod 4755 "$ROOT"/home/alice/.local/share/docker/overlay2/1/diff/bin/tool
mknod "$ROOT/var/lib/lxc/sda" b 8 0
mknod "$ROOT/var/lib/docker/overlay2/1/diff/deleted" c 0 0
"$CASE/run" check --root "$ROOT" >"$CASE/plain" 2>&1
printf '  + %s/tool\n' "${SHOWN[@]}" | sort >"$CASE/expected"
sed -n 's/^\(  + .*\/tool\) .*/\1/p' "$CASE/plain" | sort | diff "$CASE/expected" - >"$CASE/diff"
point $? "set-uid programs beside images and snapshots, and not those inside" "$CASE/diff"
grep -q '+ /var/lib/lxc/sda' "$CASE/plain" && ! grep -q '+ .*/deleted' "$CASE/plain"
point $? "so are devices" "$CASE/plain"

# ---- mounts over mounts, in a view of our own ----

kinds over 25-mount.yaml
cat >"$CASE/over.sh" <<'END'
"$1" init
"$1" check
echo "status $?"
mount -t tmpfs none /tmp || exit
mount -t tmpfs none /tmp # the second of ours, whatever was there
mount -t tmpfs none /dev
mount -t tmpfs none /run
mkdir -p /run/systemd
mount -t tmpfs none /run/systemd
mount -t tmpfs none /sys
mount -t proc -o hidepid=2 proc /proc
"$1" check
echo "status $?"
END
inside "-m --propagation private --pid --fork --mount-proc" "$CASE/over.sh" "$CASE/run"
says "mounts over /proc, /sys, /run, /tmp, /dev and /run/systemd" "0 5 " \
	CRITICAL "+ mount /run/systemd" HIGH "+ mount /proc#" "+ mount /sys#" "+ mount /tmp#" "+ mount /dev#"
grep -q '+ mount /run#\|+ mount /run ' "$CASE/plain"
point $? "and /run" "$CASE/plain"

cat >"$CASE/proc.sh" <<'END'
"$1" init
mount -t tmpfs none /proc
"$1" check
echo "status $?"
END
rm -rf "$CASE/state"
inside "-m --propagation private --pid --fork --mount-proc" "$CASE/proc.sh" "$CASE/run"
says "a mount over /proc itself, from which mounts are told" "5 " HIGH "+ mount /proc#"

# ---- what is below a mount is not known ----

kinds below 12-kernel.yaml 13-boot-state.yaml 85-hidden.yaml
cat >"$CASE/below.sh" <<'END'
mount -t proc proc /proc
"$2" init
mount -t tmpfs none "$1" || exit
"$2" check --json
echo "status $?"
umount "$1"
"$2" check
echo "status $?"
END
# left_alone FOLDER KIND…: nothing of these kinds is a change, and each has its gap
left_alone() {
	local folder=$1 kind bad=0
	shift
	rm -rf "$CASE/state"
	inside "-m --propagation private --pid --fork --mount-proc" "$CASE/below.sh" "$folder" "$CASE/run"
	grep -q '"record":"change"' "$CASE/plain" && bad=1
	for kind in "$@"; do
		grep '"record":"gap"' "$CASE/plain" |
			grep -qE "\"kind\":\"$kind\".*('${folder}[^ ]*' is not the kernel's|cannot open '$folder)" ||
			bad=1
	done
	point $bad "what is below a mount on $folder is a gap and no change" "$CASE/plain"
	[ "$RC" = "32 0 " ]
	point $? "and all is as it was without it (status $RC)" "$CASE/plain"
}
left_alone /proc sysctl module boot hidden
left_alone /sys module boot
left_alone /proc/sys/net sysctl

done_testing
