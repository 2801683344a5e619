#!/bin/bash
# Who hides behind a name that rules leave out, and under a mount, with the shipped rules: the first
# is found; what is covered is a gap and no change.
# shellcheck disable=SC2154 # lib.sh sets CASE
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

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
	/var/lib/machines /var/tmp/.snapshots)
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

done_testing
