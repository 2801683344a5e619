#!/bin/bash
# Accounts and ways in, with the tools that really change them: useradd, usermod, passwd, chage,
# groupadd, gpasswd, userdel, ssh-keygen, visudo's files and PAM's in a copy of a Debian 12, observed
# from outside (--root) by the shipped rules. Needs root; prints TAP.
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/container.sh
. tests/e2e/tap.sh

INVAR=$(realpath "${INVAR:-build/dev/invar}")

need_root
container_make || bail "no container"
OUT=$CONTAINER_WORK/out
STATE=$CONTAINER_WORK/state
POLICY=$CONTAINER_WORK/policy
mkdir "$POLICY"
cp rules/42-account.yaml rules/43-access.yaml "$POLICY"

invar() {
	"$INVAR" "$@" --policy "$POLICY" --state "$STATE" --root "$CONTAINER_ROOT" </dev/null
}

inside() {
	chroot "$CONTAINER_ROOT" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 "$@" \
		</dev/null >"$OUT.inside" 2>&1
}

# Changes since the last check, a line each: CHANGE KIND KEY RULE FIELDS. What stands is left out.
found() {
	invar check --new --json >"$OUT.json" 2>"$OUT.err"
	/usr/bin/python3 -c '
import json, sys
for line in open(sys.argv[1], encoding="utf-8"):
    r = json.loads(line)
    if r.get("record") == "gap":
        print("gap", r.get("kind"), r.get("key"), r.get("text", r))
    elif r.get("record", "change") == "change" and not r.get("standing"):
        print(r["change"], r["kind"], r["key"], r["rule"], ",".join(sorted(r.get("fields", []))))
' "$OUT.json" | LC_ALL=C sort -u >"$OUT"
	cat "$OUT.err" >>"$OUT"
}

# expect TEXT LINE…: exactly these were found; a LINE may end with " *" for any fields.
expect() {
	local text=$1
	shift
	found
	sed -E 's/^(created|deleted) (.*) $/\1 \2/' "$OUT" >"$OUT.is"
	printf '%s\n' "$@" | sed '/^$/d' | LC_ALL=C sort >"$OUT.want"
	diff -u "$OUT.want" "$OUT.is" >"$OUT.diff"
	point $? "$text" "$OUT.diff"
}

# value KIND KEY FIELD: as approved and as it is now.
value() {
	invar show "$1" "$2" --json | /usr/bin/python3 -c '
import json, sys
for line in sys.stdin:
    r = json.loads(line)
    v = r.get("current", r.get("approved", {})).get(sys.argv[1])
    if v is not None:
        print(",".join(v) if isinstance(v, list) else v)
        break' "$3"
}

invar init >"$OUT" 2>&1
point $? "a baseline of a stock Debian" "$OUT"
grep -q 'NOT SEEN' "$OUT"
point $((!$?)) "without a gap" "$OUT"
expect "a second look finds nothing"

# ---- accounts ----

inside useradd -m -s /bin/bash -c 'Alice A.' alice
expect "useradd" "created group alice group" "created user alice user"
[ "$(value user alice shell)" = /bin/bash ] && [ "$(value user alice password)" = disabled ]
point $? "her shell, and no password yet" "$OUT"

echo 'alice:secret' | chroot "$CONTAINER_ROOT" /usr/sbin/chpasswd
expect "a first password" \
	"updated user alice user password,password_digest,password_scheme"
echo 'alice:other' | chroot "$CONTAINER_ROOT" /usr/sbin/chpasswd
expect "another password: only its keyed digest differs" "updated user alice user password_digest"
! grep -qF "$(grep '^alice:' "$CONTAINER_ROOT/etc/shadow" | cut -d: -f2)" "$OUT.json"
point $? "the hash itself is nowhere in the record" "$OUT.json"

inside usermod -aG sudo alice
expect "usermod -aG sudo" "updated group sudo group-privileged members" \
	"updated user alice user-privileged groups"
inside usermod -L alice
expect "usermod -L" "updated user alice user-privileged locked,password"
inside usermod -U alice
expect "usermod -U" "updated user alice user-privileged locked,password"
inside passwd -d alice
expect "passwd -d" \
	"updated user alice user-privileged password,password_digest,password_scheme"
inside chage -E 2030-01-01 -M 90 alice
expect "chage" "updated user alice user-privileged expires,password_max_days"
inside chage -d 0 alice
expect "a change of password demanded" "updated user alice user-privileged must_change,password_changed"
inside usermod -s /usr/sbin/nologin -d /srv alice
expect "another shell and home" "updated user alice user-privileged can_login,home,shell,shell_listed"
inside gpasswd -d alice sudo
expect "out of sudo" "updated group sudo group-privileged members" "updated user alice user-open groups"
inside groupadd -g 5000 ops
inside gpasswd -A alice -M alice ops
expect "a group with an administrator" "created group ops group" "updated user alice user-open groups"
inside userdel -r alice
expect "userdel" "deleted group alice group" "deleted user alice user-open" \
	"updated group ops group administrators,members"

inside useradd -r svc
echo 'svc:x' | chroot "$CONTAINER_ROOT" /usr/sbin/chpasswd
inside usermod -s /bin/bash svc
expect "an account of a service that somebody can use" "created group svc group" \
	"created user svc user-service-login"

# ---- by hand, as intruders do it ----

echo 'toor::0:0' >>"$CONTAINER_ROOT/etc/passwd"
expect "four fields are enough to be root" "created user toor user-root" \
	"updated user root user-root duplicate_uid"
sed -i '/^toor/d' "$CONTAINER_ROOT/etc/passwd"
echo 'root:x:0:0::/tmp:/bin/sh' >>"$CONTAINER_ROOT/etc/passwd"
expect "a second root behind the first" "created user root#2 user-root" "deleted user toor user-root" \
	"updated user root user-root duplicate"
sed -i '$d' "$CONTAINER_ROOT/etc/passwd"
printf 'broken\n\0\377' >>"$CONTAINER_ROOT/etc/passwd"
found
grep -q "etc/passwd:[0-9]*: an account without a uid and a gid; and 1 more like it" "$OUT" &&
	! grep -q '^deleted' "$OUT"
point $? "lines that are none: a gap that names the first, and nobody is gone" "$OUT"
sed -i '/^broken/,$d' "$CONTAINER_ROOT/etc/passwd"
found # the second root is gone for sure now

# ---- keys ----

mkdir -p "$CONTAINER_ROOT/root/.ssh"
ssh-keygen -q -t ed25519 -N '' -C intruder -f "$CONTAINER_WORK/key" 2>/dev/null ||
	inside ssh-keygen -q -t ed25519 -N '' -C intruder -f /tmp/key
[ -f "$CONTAINER_WORK/key.pub" ] || cp "$CONTAINER_ROOT/tmp/key.pub" "$CONTAINER_WORK/key.pub"
cp "$CONTAINER_WORK/key.pub" "$CONTAINER_ROOT/root/.ssh/authorized_keys"
PRINT=$(chroot "$CONTAINER_ROOT" ssh-keygen -lf /root/.ssh/authorized_keys | cut -d' ' -f2)
expect "a key of root" "created ssh-key root:$PRINT ssh-key"
sed -i 's/^/from="10.0.0.1" /' "$CONTAINER_ROOT/root/.ssh/authorized_keys"
expect "its options" "updated ssh-key root:$PRINT ssh-key from,options"
mkdir -p "$CONTAINER_ROOT/etc/ssh/sshd_config.d"
echo 'AuthorizedKeysFile /etc/ssh/keys/%u' >"$CONTAINER_ROOT/etc/ssh/sshd_config.d/x.conf"
install -D "$CONTAINER_WORK/key.pub" "$CONTAINER_ROOT/etc/ssh/keys/daemon"
expect "sshd looks elsewhere" "created ssh-key daemon:$PRINT ssh-key" \
	"deleted ssh-key root:$PRINT ssh-key"

# ---- sudo ----

echo 'svc ALL=(ALL) NOPASSWD: ALL' >"$CONTAINER_ROOT/etc/sudoers.d/x"
expect "a line that makes root" \
	"created sudo-rule /etc/sudoers.d/x:svc ALL=(ALL) NOPASSWD: ALL sudo-root"
echo 'Cmnd_Alias OK = /bin/ls' >"$CONTAINER_ROOT/etc/sudoers.d/x"
echo 'svc ALL=(daemon) OK' >>"$CONTAINER_ROOT/etc/sudoers.d/x"
expect "one that does not" \
	"created sudo-rule /etc/sudoers.d/x:svc ALL=(daemon) OK sudo-rule" \
	"deleted sudo-rule /etc/sudoers.d/x:svc ALL=(ALL) NOPASSWD: ALL sudo-root"
sed -i 's,/bin/ls,/bin/sh,' "$CONTAINER_ROOT/etc/sudoers.d/x"
expect "an alias that means more than before" \
	"updated sudo-rule /etc/sudoers.d/x:svc ALL=(daemon) OK sudo-rule commands"
chmod 0440 "$CONTAINER_ROOT/etc/sudoers.d/x"
chroot "$CONTAINER_ROOT" visudo -c >"$OUT.inside" 2>&1
point $? "and visudo agrees that all this is sudoers" "$OUT.inside"

# ---- PAM ----

sed -i '1i auth optional pam_exec.so expose_authtok /tmp/x' "$CONTAINER_ROOT/etc/pam.d/common-auth"
expect "a listener in front of all" \
	"created pam-rule common-auth:auth:pam_exec.so pam-dangerous" \
	"updated pam-rule common-auth:auth:pam_unix.so pam-rule after"
sed -i '1d' "$CONTAINER_ROOT/etc/pam.d/common-auth"
found
sed -i 's/^\(auth.*\)requisite\(.*pam_deny.so\)/\1optional\2/' \
	"$CONTAINER_ROOT/etc/pam.d/common-auth"
expect "a required module that no longer is" \
	"updated pam-rule common-auth:auth:pam_deny.so pam-rule control"
echo 'auth required' >>"$CONTAINER_ROOT/etc/pam.d/common-auth"
found
grep -q "gap pam-rule common-auth: .*common-auth:[0-9]*: a rule without a module" "$OUT"
point $? "a line that is none is a gap" "$OUT"

# ---- without rights ----

chmod 700 "$STATE" && chown -R daemon "$STATE" && chmod 711 "$CONTAINER_WORK" "$CONTAINER_CACHE"
install -m 0755 "$INVAR" "$CONTAINER_WORK/invar"
setpriv --reuid=daemon --regid=daemon --clear-groups "$CONTAINER_WORK/invar" check --json --new \
	--policy "$POLICY" --state "$STATE" --root "$CONTAINER_ROOT" >"$OUT.json" 2>"$OUT.err"
RC=$?
grep -q "etc/shadow" "$OUT.json" && ! grep '"change":' "$OUT.json" | grep -vq '"standing":true' && [ $((RC & 32)) = 32 ]
point $? "who may not read shadow finds gaps, and no password removed (status $RC)" "$OUT.json"

echo "1..$POINTS"
exit $((FAILED > 0))
