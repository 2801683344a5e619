#!/bin/bash
# Mounts in the tree: each is seen where it is mounted, none is gone into twice without end, and one
# that goes away is told from files that were deleted only when it really is gone.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

# ---- submounts and bind mounts ----

use binds
mkdir "$BASE/sub" "$BASE/data" "$BASE/bound" "$BASE/loop" "$BASE/once"
echo under >"$BASE/sub/hidden"
mount -t tmpfs tmpfs "$BASE/sub"
echo over >"$BASE/sub/file"
echo data >"$BASE/data/file"
mount --bind "$BASE/data" "$BASE/bound"
mount --bind "$BASE" "$BASE/loop"
touch "$BASE/alone"
mount --bind "$BASE/data/file" "$BASE/alone"
invar init
expect "submounts, bind mounts, one of an ancestor, one of a file" 0
within "an ancestor is not gone into without end" 5000
invar baseline show
same "a submount hides what is under it" "$(field sub/file type) $(field sub/hidden type)" "regular "
same "a bind mount is seen in its place" "$(field bound/file sha256)" "$(field data/file sha256)"
same "so is one of a single file" "$(field alone sha256)" "$(field data/file sha256)"
same "a bind of an ancestor is seen once, without what is mounted on it" \
	"$(field loop/data/file type) $(field loop/sub/hidden type) $(field loop/loop/data/file type)" \
	"regular regular "
echo more >>"$BASE/data/file"
invar check
expect "a change shows under each name" 4 "updated alone size,sha256" "updated bound/file size,sha256" \
	"updated data/file size,sha256" "updated loop/data/file size,sha256"
umount "$BASE/sub"
invar check
expect "a mount that is gone shows what was under it" 7 "created sub/hidden" "deleted sub/file" \
	"updated sub mode,device,flags" "updated alone size,sha256" "updated bound/file size,sha256" \
	"updated data/file size,sha256" "updated loop/data/file size,sha256"

use stays
policy "fields: [standard, -mtime]" "cross_mounts: false"
mkdir "$BASE/m"
mount -t tmpfs tmpfs "$BASE/m"
echo x >"$BASE/m/f"
echo y >"$BASE/g"
invar init
invar baseline show
same "cross_mounts: false ends at a mount" "$(field g type)$(field m/f type)" regular

use kernel
mkdir "$BASE/proc"
mount -t proc proc "$BASE/proc"
invar init
expect "the kernel's own trees are not gone into" 0
within "however large" 3000

# ---- file systems ----

# known_system NAME MKFS SIZE: a baseline on it, changes of every sort, the right answer.
known_system() {
	use "$1" "$WORK/$1/$1"
	if ! image "$BASE" "$2" "$3"; then
		skip "$1" "cannot make or mount it: $(tail -n1 "$CASE/mkfs")"
		return 1
	fi
	mkdir "$BASE/folder"
	echo 1 >"$BASE/file"
	echo 2 >"$BASE/folder/gone"
	ln -s file "$BASE/link"
	invar init
	expect "$1: baseline" 0
	invar check --quick
	expect "$1: quiet" 0
	printf '2\n' >"$BASE/file"
	setfattr -n user.x -v y "$BASE/folder"
	ln -sf other "$BASE/link"
	rm "$BASE/folder/gone"
	echo 3 >"$BASE/folder/new"
	invar check
	expect "$1: changes" 7 "created folder/new" "deleted folder/gone" "updated file sha256" \
		"updated folder xattr" "updated link target"
}
known_system ext4 "mkfs.ext4 -q" 16M
if known_system xfs "mkfs.xfs -q" 320M; then
	if chattr -p 4711 "$BASE/folder/new" 2>"$CASE/chattr"; then
		invar check
		found
		grep -qx 'updated folder/new project' "$CASE/found"
		point $? "xfs: project id" "$CASE/found"
	else
		skip "xfs: project id" "$(tail -n1 "$CASE/chattr")"
	fi
fi
if known_system btrfs "mkfs.btrfs -q" 120M && command -v btrfs >/dev/null; then
	btrfs -q subvolume create "$BASE/volume" >/dev/null 2>&1
	echo in >"$BASE/volume/file"
	invar check
	btrfs -q subvolume snapshot -r "$BASE/volume" "$BASE/snapshot" >/dev/null 2>&1
	invar check --new
	expect "btrfs: a subvolume and its snapshot are folders like any other" 1 \
		"created folder/new" "deleted folder/gone" "updated file sha256" \
		"updated folder xattr" "updated link target" "created volume" "created volume/file" \
		"created snapshot" "created snapshot/file"
fi

use overlay
layers=$CASE/layers
mkdir "$layers" "$BASE/merged"
mount -t tmpfs tmpfs "$layers"
mkdir -p "$layers/lower/d" "$layers/upper" "$layers/work"
echo low | tee "$layers/lower/low" "$layers/lower/both" "$layers/lower/d/deep" >/dev/null
if mount -t overlay -o "lowerdir=$layers/lower,upperdir=$layers/upper,workdir=$layers/work" overlay \
	"$BASE/merged" 2>"$CASE/mkfs"; then
	invar init
	expect "overlay: baseline" 0
	echo up >"$BASE/merged/both"
	rm "$BASE/merged/d/deep"
	invar check
	expect "overlay: merged view" 6 "updated merged/both size,sha256" "deleted merged/d/deep"
	BASE=$layers/upper
	policy "fields: [standard, -mtime]"
	invar init --replace
	invar baseline show
	same "overlay: a whiteout in the upper layer is a device" \
		"$(field d/deep type) $(field d/deep rdev)" "char 0:0"
else
	skip "overlay" "$(tail -n1 "$CASE/mkfs")"
fi

# ---- a medium that fails ----

use broken "$WORK/broken/ext4"
if image "$BASE" "mkfs.ext4 -q -O ^has_journal" 16M; then
	mkdir "$BASE/d"
	for i in {1..20}; do
		head -c 8192 /dev/urandom >"$BASE/d/f$i"
	done
	invar init
	expect "medium: baseline" 0
	sync -f "$BASE"
	# The image loses its second half, then the caches: reads behind its end are EIO.
	truncate -s 64K "$CASE"/*.img
	echo 3 >/proc/sys/vm/drop_caches
	invar check
	found
	! grep -q '^deleted\|^created' "$CASE/found" && grep -q '^gap .* io$' "$CASE/found" &&
		[ $((RC & 35)) = 32 ]
	point $? "medium: what cannot be read is a gap, not a deletion: exit status $RC" "$CASE/found"
else
	skip "medium" "no loop device"
fi

done_testing
