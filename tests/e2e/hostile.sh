#!/bin/bash
# What may lie in a file system: every type, hostile names, attributes, things that change, vanish or
# refuse. Each gives the right answer or a named gap, and nothing blocks.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

# ---- every type, and nothing waits for a partner ----

use types
cd "$BASE" || exit 1
mkfifo fifo
mknod null c 1 3
mknod tty c 5 0
mknod console c 5 1
mknod loop b 7 250
mknod whiteout c 0 0
/usr/bin/python3 -c 'import socket; socket.socket(socket.AF_UNIX).bind("socket")'
ln -s /nowhere dangling
ln -s loop-b loop-a
ln -s loop-a loop-b
ln -s . self
echo one >file
ln file hard
mkdir -m 1777 sticky
install -m 4755 /dev/null setuid
cd "$SOURCES" || exit 1
invar init
expect "init among FIFOs, devices, sockets and loops" 0
within "none of them is waited for" 5000
invar baseline show
same "a FIFO is a fifo" "$(field fifo type)" fifo
same "a device has its numbers" "$(field null type) $(field null rdev)" "char 1:3"
same "a block device too" "$(field loop type) $(field loop rdev)" "block 7:250"
same "a socket is a socket" "$(field socket type)" socket
same "a link has its target, wherever it leads" "$(field dangling target)" /nowhere
same "a loop of links is two links" "$(field loop-a target) $(field loop-b target)" "loop-b loop-a"
same "sticky" "$(field sticky mode)" 1777
same "set-uid" "$(field setuid mode)" 4755
same "hard links count" "$(field hard nlink)" 2
same "the digest is sha256sum's" "$(field file sha256)" "$(sha256sum <"$BASE/file" | cut -d' ' -f1)"
same "an empty file is empty" "$(field setuid content)" empty
invar check
expect "nothing changed by looking" 0
rm "$BASE/fifo" "$BASE/null" "$BASE/socket" "$BASE/dangling"
echo regular >"$BASE/fifo"
mknod "$BASE/null" c 1 5
mkfifo "$BASE/socket"
ln -s /elsewhere "$BASE/dangling"
echo two >>"$BASE/hard"
chmod 0755 "$BASE/setuid"
invar check
expect "a change of type is a change, and so is one through a hard link" 4 \
	"updated dangling target" "updated fifo type,size,sha256,flags" \
	"updated file size,sha256" "updated hard size,sha256" "updated null rdev" \
	"updated setuid mode" "updated socket type,mode"

# ---- names are bytes ----

use names
long=$(printf 'n%.0s' {1..255})
hostile=($'new\nline' $'escape\e[31m' $'bad\xff\xfe' $'\xc3\x28' ' ' '-rf' '"quote' 'back\slash'
	$'tab\t' '*' $'\x7f' $'del\x01' "$long" '%s%n' $'\xe6\x97\xa5')
for name in "${hostile[@]}"; do
	echo x >"$BASE/$name"
done
invar init
expect "init with hostile names" 0
invar check
expect "and check" 0
rm "$BASE/${hostile[0]}" "$BASE/$long"
echo y >"$BASE/${hostile[2]}"
invar check
expect "changes of hostile names" 6 'deleted new\x0aline' 'updated bad\xff\xfe sha256' "deleted $long"
/usr/bin/python3 - "$CASE/out" <<'P'
import base64, json, sys
keys = {base64.b64decode(r["key_b64"]) for r in map(json.loads, open(sys.argv[1])) if "key_b64" in r}
sys.exit(not {b"new\nline", b"bad\xff\xfe"} <= {k.rsplit(b"/", 1)[1] for k in keys})
P
point $? "key_b64 has their bytes"
"$INVAR" drift --policy "$CASE/policy.yaml" --state "$CASE/state" >"$CASE/text" 2>&1
! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$CASE/text" && iconv -f UTF-8 "$CASE/text" >/dev/null
point $? "text output is UTF-8 without control bytes" "$CASE/text"

# ---- attributes ----

use attributes "$WORK/attributes/ext4"
if image "$BASE" "mkfs.ext4 -q -O quota,project" 32M prjquota ||
	image "$BASE" "mkfs.ext4 -q -F" 32M; then # a kernel without quota takes no project ids
	for name in acl caps flags project xattr huge-xattr; do
		echo "$name" >"$BASE/$name"
	done
	mkdir "$BASE/folder"
	invar init
	expect "init on ext4" 0
	setfacl -m u:daemon:rwx "$BASE/acl"
	setfacl -d -m g:daemon:r "$BASE/folder"
	setcap cap_net_raw+ep "$BASE/caps"
	chattr +i +d "$BASE/flags"
	chattr +a "$BASE/huge-xattr"
	chattr -p 4711 "$BASE/project" 2>"$CASE/chattr"
	for space in user trusted security; do
		setfattr -n $space.invar -v "$space" "$BASE/xattr"
	done
	invar check
	expect "ACLs, capabilities, flags, project, attributes of every name space" 4 \
		"updated acl mode,acl,xattr" "updated folder acl_default,xattr" \
		"updated caps caps,xattr" \
		"updated flags flags" "updated huge-xattr flags" \
		"$([ -s "$CASE/chattr" ] || echo updated project project)" "updated xattr xattr"
	same "a capability as getcap prints it" "$(field caps caps)" cap_net_raw=ep
	same "an attribute in hex" "$(field xattr xattr)" \
		'{"security.invar": "7365637572697479", "trusted.invar": "74727573746564", "user.invar": "75736572"}'
	same "flags as lsattr prints them" "$(field flags flags | tr -d e)" id
	chattr -i "$BASE/flags"
	chattr -a "$BASE/huge-xattr"
	invar check
	found
	[ "$(grep -c 'updated .*flags$' "$CASE/found")" = 2 ]
	point $? "flags taken away again" "$CASE/found"
else
	skip "attributes on ext4" "no loop device or mkfs.ext4: $(tail -n1 "$CASE/mkfs")"
fi

use verity "$WORK/verity/ext4"
if image "$BASE" "mkfs.ext4 -q -O verity" 32M && command -v fsverity >/dev/null &&
	cp /bin/true "$BASE/sealed" && fsverity enable "$BASE/sealed" 2>"$CASE/fsverity"; then
	invar init
	invar baseline show
	same "fs-verity digest" "$(field sealed verity)" "$(fsverity measure "$BASE/sealed" | cut -d' ' -f1)"
else
	skip "fs-verity" "this kernel or system has none"
fi

# More attributes than one record may have.
use attributes-many
for i in {1..400}; do
	printf 'user.attribute-%03d="%s"\n' "$i" "$(printf 'v%.0s' {1..250})"
done >"$CASE/values"
echo x >"$BASE/file"
mkdir "$BASE/tmpfs"
mount -t tmpfs tmpfs "$BASE/tmpfs"
echo x >"$BASE/tmpfs/many"
{
	echo "# file: $BASE/tmpfs/many"
	cat "$CASE/values"
} | setfattr --restore=- 2>"$CASE/setfattr"
if [ -s "$CASE/setfattr" ]; then
	skip "many attributes" "$(head -n1 "$CASE/setfattr")"
else
	invar init
	expect "400 attributes are all kept" 0
	setfattr -n user.attribute-400 -v other "$BASE/tmpfs/many"
	invar check --quick
	expect "and one of them changed" 4 "updated tmpfs/many xattr"
fi

use attributes-beyond
mkdir "$BASE/tmpfs"
mount -t tmpfs tmpfs "$BASE/tmpfs"
/usr/bin/python3 - "$BASE/tmpfs/many" 2>"$CASE/setfattr" <<'P'
import os, sys
open(sys.argv[1], "w").close()
for i in range(1500):
    os.setxattr(sys.argv[1], "trusted.attribute-%d" % i, b"v" * 256)
P
if [ -s "$CASE/setfattr" ]; then
	skip "more attributes than a record may have" "$(tail -n1 "$CASE/setfattr")"
else
	invar init
	expect "more attributes than a record may have are a limit" 0 "gap tmpfs/many limit"
fi

# ---- sizes ----

use sizes
truncate -s 7T "$BASE/sparse" 2>/dev/null || truncate -s 1T "$BASE/sparse"
truncate -s 256M "$BASE/hole"
printf x | dd of="$BASE/sparse" bs=1 seek=$((1 << 39)) conv=notrunc status=none
dd if=/dev/zero of="$BASE/large" bs=1M count=8 status=none
invar init --size-cap 4M
expect "files beyond the size cap" 0
within "a file of terabytes is not read whole" 10000
invar baseline show
same "too large is a state" "$(field sparse content) $(field large content)" "too-large too-large"
same "without a digest of what was not read" "$(field sparse sha256)$(field large sha256)" ""
invar check --size-cap 4M
expect "and stays one" 0
printf y | dd of="$BASE/sparse" bs=1 seek=$((1 << 38)) conv=notrunc status=none
invar check --size-cap 4M
expect "data in a hole changes its layout" 4 "updated sparse extents"
rm "$BASE/sparse"
invar init --replace --size-cap 2G
invar baseline show
same "a hole within the cap has the digest of its zeros" "$(field hole sha256)" \
	"$(sha256sum <"$BASE/hole" | cut -d' ' -f1)"

# ---- what does not keep still ----

use changing
dd if=/dev/urandom of="$BASE/torn" bs=1M count=16 status=none
echo still >"$BASE/still"
invar init
expect "before it changes" 0
start "$TOOLS/file_changer" change "$BASE/torn"
for _ in {1..10}; do # who changes it may be kept from that for as long as a check takes
	invar check
	found
	grep -q '^gap torn' "$CASE/found" && break
done
[ "$RC" = 36 ] || [ "$RC" = 32 ]
point $? "a file that changes all the time: exit status $RC"
grep -qx 'gap torn unstable' "$CASE/found"
point $? "is named unstable" "$CASE/found"
! grep -q 'still\|deleted' "$CASE/found"
point $? "and nothing else is said" "$CASE/found"
stop
invar check
expect "at rest it is read" 4 "updated torn sha256"
same "with the digest of the bytes that rest" "$(field torn sha256)" \
	"$(sha256sum <"$BASE/torn" | cut -d' ' -f1)"
start "$TOOLS/file_changer" grow "$BASE/still"
invar check
[ "$RC" = 36 ] || [ "$RC" = 4 ] || [ "$RC" = 32 ]
point $? "a file that grows: exit status $RC"
stop

use leased
echo leased >"$BASE/leased"
echo free >"$BASE/free"
invar init
start "$TOOLS/lease_holder" "$BASE/leased"
echo more >>"$BASE/free"
invar check
expect "a write lease held is a gap, not a wait" 36 "gap leased unstable" "updated free size,sha256"
within "it does not wait for the lease" 3000
stop >/dev/null
invar check
expect "given up, it is as it was" 4 "updated free size,sha256"

use vanishing
for i in {1..300}; do
	mkdir "$BASE/d$i"
	echo "$i" >"$BASE/d$i/f"
done
echo stays >"$BASE/stays"
invar init
(
	while ! [ -e "$CASE/enough" ]; do
		for i in {1..20}; do
			mv "$BASE/d$i" "$BASE/x$i"
			mv "$BASE/x$i" "$BASE/d$i"
		done
	done
) &
PID=$!
PIDS+=("$PID")
wrong=0
for _ in {1..8}; do
	invar check
	[ "$RC" -lt 8 ] || wrong=$RC
	found
	# d1 … d20 come and go; the others never do
	grep -vE '^(created|deleted|renamed|updated) [dx]([1-9]|1[0-9]|20)(/| |$)' "$CASE/found" >"$CASE/wrong" && wrong=1
done
touch "$CASE/enough"
wait "$PID"
same "entries that vanish under our eyes hurt nobody else" "$wrong" 0
invar check
invar check
expect "and are back" 0

# ---- a folder swapped for a link, all the time ----

use swapped
secret=$CASE/secret
mkdir "$secret" "$BASE/folder" "$BASE/sub"
echo "nobody may read this" >"$secret/config"
echo "nobody may list this" >"$secret/hidden"
echo inside >"$BASE/folder/config"
ln -s "$secret" "$BASE/link"
ln -s "$secret/config" "$BASE/sub/link"
echo file >"$BASE/sub/file"
invar init
digests="$(sha256sum "$secret"/* | cut -d' ' -f1 | tr '\n' '|')none"
start "$TOOLS/swapper" "$BASE/folder" "$BASE/link" "$secret"
wrong=
end=$((SECONDS + 5))
rounds=0
while [ $SECONDS -lt $end ]; do
	for quick in "" --quick; do
		invar check $quick
		[ "$RC" -lt 8 ] || wrong="exit status $RC"
		grep -qE "hidden|$digests" "$CASE/out" && wrong="something of the outside"
	done
	rounds=$((rounds + 1))
done
same "nothing outside the base is ever reported ($rounds rounds)" "$wrong" ""
said=$(stop)
[[ "$said" = *" 0 looks" ]]
point $? "nor looked at ($said)"
start "$TOOLS/swapper" "$BASE/sub/file" "$BASE/sub/link" "$secret"
wrong=
for _ in {1..30}; do
	invar check
	[ "$RC" -lt 8 ] || [ "$RC" = 36 ] || [ "$RC" = 32 ] || wrong="exit status $RC"
	grep -qE "$digests" "$CASE/out" && wrong="content of the outside"
done
same "nor a file swapped for a link" "$wrong" ""
said=$(stop)
[[ "$said" = *" 0 looks" ]]
point $? "nor read ($said)"
invar check
invar check
expect "at rest all is as it was" 0

# ---- no rights ----

use denied
mkdir "$BASE/closed" "$BASE/listed" "$BASE/open"
echo 1 >"$BASE/closed/file"
echo 2 >"$BASE/listed/file"
echo 3 >"$BASE/open/file"
echo 4 >"$BASE/open/secret"
chown -R nobody "$CASE"
chmod 755 "$WORK"
AS="setpriv --reuid=nobody --regid=nogroup --clear-groups"
invar init
expect "an ordinary user's baseline" 0
chown root "$BASE/closed" "$BASE/listed" "$BASE/open/secret"
chmod 700 "$BASE/closed"
chmod 744 "$BASE/listed"
chmod 600 "$BASE/open/secret"
invar check
expect "what must not be read is a gap, and nothing is deleted" 36 \
	"gap closed/** denied" "gap closed denied" "gap listed/file/** denied" \
	"gap open/secret denied" \
	"updated closed mode,uid,owner" "updated listed mode,uid,owner" \
	"updated open/secret mode,uid,owner"
invar check --quick
grep -q '"deleted"' "$CASE/out"
same "nor by a quick check" $? 1
chown -R nobody "$BASE"
chmod 755 "$BASE/closed" "$BASE/listed"
chmod 644 "$BASE/open/secret"
invar check
expect "given back, it is as it was" 0 \
	"updated closed mode,uid,owner" "updated listed mode,uid,owner" \
	"updated open/secret mode,uid,owner"
AS=

# ---- another root ----

use root "$WORK/root/offline"
mkdir -p "$BASE/etc" "$BASE/usr"
echo "root:x:0:0::/:/bin/sh" >"$BASE/etc/passwd"
echo "alien:x:4242:4242::/:/bin/sh" >>"$BASE/etc/passwd"
echo conf >"$BASE/etc/conf"
chown 4242:4242 "$BASE/etc/conf"
ln -s /etc "$BASE/usr/absolute"
REAL=$BASE
BASE=/
policy "fields: [standard]"
invar init --root "$REAL"
expect "init --root" 0
invar baseline show
same "owners are the offline tree's" "$(field etc/conf owner)" alien
same "its keys are absolute in it" "$(field usr/absolute target)" /etc
! grep -q "$WORK" "$CASE/out"
point $? "and nothing of the host is in it" "$CASE/out"
echo x >>"$REAL/etc/conf"
invar check --root "$REAL"
expect "check --root" 4 "updated etc/conf size,sha256,mtime"

done_testing
