#!/bin/bash
# The kernel and what it was started from, with the shipped rules: modules and boot state on a tree
# of fixtures; settings, mounts and packet filter of this kernel in namespaces of our own.
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
	cat >"$CASE/run" <<EOF
#!/bin/sh
exec "$INVAR" "\$@" --policy "$CASE/policy" --state "$CASE/state"
EOF
	chmod +x "$CASE/run"
}

# plain COMMAND…: as people see it; output and errors in CASE/plain, status in RC.
plain() {
	"$CASE/run" "$@" >"$CASE/plain" 2>&1 </dev/null
	RC=$?
}

# put FILE TEXT: below the root of fixtures
put() {
	mkdir -p "$(dirname "$ROOT/$1")"
	printf '%b' "$2" >"$ROOT/$1"
}

# ---- modules, a host of fixtures ----

kinds modules 12-kernel.yaml
ROOT=$CASE/root
put proc/sys/kernel/osrelease '6.1.0-28-amd64\n'
put proc/sys/kernel/tainted '0\n'
put proc/sys/kernel/core_pattern 'core\n'
put proc/sys/kernel/random/uuid 'one\n'
put proc/modules 'ext4 1011712 1 - Live 0x0\n'
put sys/module/ext4/initstate 'live\n'
put sys/kernel/security/lockdown 'none [integrity] confidentiality\n'
put etc/sysctl.d/a.conf 'kernel.core_pattern = core\n'
plain init --root "$ROOT"
says "a baseline of an offline tree" 0 "Baseline made: 2 "
put proc/sys/kernel/random/uuid 'two\n'
put proc/modules 'ext4 1011712 7 - Live 0x0\n'
plain check --root "$ROOT"
says "uses of a module and a random number are no change" 0 "No changes"
put sys/module/diamorphine/initstate 'live\n'
put sys/module/diamorphine/taint 'OE\n'
put proc/sys/kernel/tainted '12288\n'
put proc/sys/kernel/core_pattern '|/tmp/.x\n'
plain check --root "$ROOT"
says "a hidden module is critical" 5 CRITICAL "diamorphine  hidden, views sys, taint OE"
says "the kernel is tainted" 5 "out_of_tree  false → true"
says "core_pattern runs a program" 5 "core → |/tmp/.x" "false → true"
put proc/modules 'ext4 1 1 - Live 0x0\nwhat is this\n'
plain check --root "$ROOT"
says "a line that is none is a gap" 37 "'/proc/modules' line 2"

# ---- boot, a host of fixtures ----

kinds boot 13-boot-state.yaml
ROOT=$CASE/root
GLOBAL=8be4df61-93ca-11d2-aa0d-00e098032b8c
put proc/sys/kernel/osrelease '6.1.0-28-amd64\n'
put proc/cmdline 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro\n'
put boot/vmlinuz-6.1.0-28-amd64 'kernel'
put boot/grub/grub.cfg 'linux /boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro\n'
put sys/firmware/efi/efivars/SecureBoot-$GLOBAL '\006\0\0\0\001'
put sys/class/tpm/tpm0/pcr-sha256/7 'AA\n'
put sys/class/tpm/tpm0/pcr-sha256/10 'AA\n'
plain init --root "$ROOT"
put sys/class/tpm/tpm0/pcr-sha256/10 'BB\n'
plain check --root "$ROOT"
says "what IMA measures is no change" 0 "No changes"
put sys/firmware/efi/efivars/SecureBoot-$GLOBAL '\006\0\0\0\0'
put sys/class/tpm/tpm0/pcr-sha256/7 'BB\n'
put proc/cmdline 'BOOT_IMAGE=/boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro init=/bin/sh\n'
put boot/vmlinuz-6.1.0-29-amd64 'kernel'
plain check --root "$ROOT"
says "Secure Boot was turned off" 5 CRITICAL "enabled  true → false"
says "another command line" 5 "init=/bin/sh" "differs"
says "another kernel" 5 "kernel:/boot/vmlinuz-6.1.0-29-amd64" "tpm0/pcr-sha256/7"

# ---- settings of this kernel, in a network of our own ----

kinds sysctl 12-kernel.yaml
# The kernel sets accept_redirects to the opposite whenever ip_forward changes
# (inet_forward_change): so that one is written first.
cat >"$CASE/sysctl.sh" <<'EOF'
echo 0 >/proc/sys/net/ipv4/ip_forward
echo 0 >/proc/sys/net/ipv4/conf/all/accept_redirects
"$@" init
"$@" check
echo "status $?"
echo 1 >/proc/sys/net/ipv4/ip_forward
echo 1 >/proc/sys/net/ipv4/conf/all/accept_redirects
"$@" check --kind sysctl
echo "status $?"
EOF
inside -n "$CASE/sysctl.sh" "$CASE/run"
says "a network that forwards and accepts redirects" "0 4 " HIGH \
	"net.ipv4.conf.all.accept_redirects" "net.ipv4.ip_forward" "0 → 1"

# ---- mounts, in a view of our own: process 1 of it is ours ----

kinds mounts 25-mount.yaml
cat >"$CASE/mount.sh" <<'EOF'
mount -t tmpfs -o nosuid,nodev none /srv || exit
"$1" init
mount -t tmpfs none "$2" # nobody asks for it
"$1" check
echo "status $?"
mount --bind /etc/hostname /etc/passwd
mount -t tmpfs none /proc/1
mount -o remount,suid /srv
"$1" check
echo "status $?"
EOF
mkdir /tmp/invar-e2e-mount.$$
inside "-m --propagation private --pid --fork --mount-proc" \
	"$CASE/mount.sh" "$CASE/run" /tmp/invar-e2e-mount.$$
rmdir /tmp/invar-e2e-mount.$$
says "mounts over /etc/passwd and /proc/1, and set-uid where there was none" "0 5 " CRITICAL \
	"+ mount /etc/passwd" "+ mount /proc/1" "nosuid  true → false"

# ---- the packet filter, in a network of our own ----

kinds firewall 45-firewall.yaml
cat >"$CASE/rules.nft" <<'EOF'
flush ruleset
table inet filter {
	set friends { type ipv4_addr; elements = { 10.0.0.1, 10.0.0.2 } }
	chain input {
		type filter hook input priority 0; policy drop;
		iif lo counter accept comment "loopback"
		tcp dport { 22, 80 } counter accept
		ip saddr @friends accept
	}
}
EOF
cat >"$CASE/nft.sh" <<'EOF'
ip link set lo up
nft -f "$2" || exit
"$1" init
timeout 1 bash -c 'echo >/dev/tcp/127.0.0.1/22' 2>/dev/null
nft -f "$2" # the same again: other handles, counters at 0
"$1" check
echo "status $?"
nft insert rule inet filter input tcp dport 31337 accept comment '"hello"'
nft add element inet filter friends '{ 6.6.6.6 }'
"$1" check
echo "status $?"
nft flush ruleset
"$1" check
echo "status $?"
EOF
if command -v nft >/dev/null && unshare -n nft add table ip x 2>/dev/null; then
	inside -n "$CASE/nft.sh" "$CASE/run" "$CASE/rules.nft"
	says "nf_tables: quiet after packets and a reload, loud for a rule and a flush" "0 4 6 " \
		"rules     3 → 4" "inet/filter/@friends" "hello" "filters_input  true → false"
else
	skip "nf_tables" "no nft here, or a kernel without it"
fi
# without the right to ask nothing is said to be off
setpriv --bounding-set -net_admin --inh-caps -all "$CASE/run" check >"$CASE/plain" 2>&1
RC=$?
says "what may not be looked at is a gap" 38 "(1 gap)" "denied" "Changed since the last check: none"
cat >"$CASE/on.sh" <<'EOF'
nft flush ruleset
"$1" init
nft -f "$2"
"$1" check
echo "status $?"
EOF
rm -rf "$CASE/state"
if command -v nft >/dev/null && unshare -n nft add table ip x 2>/dev/null; then
	inside -n "$CASE/on.sh" "$CASE/run" "$CASE/rules.nft"
	says "a filter that is switched on is no alarm" "5 " "HIGH  firewall-means" "false → true"
else
	skip "a filter that is switched on" "no nft here, or a kernel without it"
fi
cat >"$CASE/iptables.sh" <<'EOF'
iptables-legacy -P INPUT DROP
iptables-legacy -A INPUT -p tcp --dport 22 -j ACCEPT || exit
"$1" init
"$1" check
echo "status $?"
iptables-legacy -I INPUT -p tcp --dport 31337 -j ACCEPT
iptables-legacy -P INPUT ACCEPT
"$1" check
echo "status $?"
EOF
rm -rf "$CASE/state"
if command -v iptables-legacy >/dev/null && unshare -n iptables-legacy -L -n >/dev/null 2>&1; then
	inside -n "$CASE/iptables.sh" "$CASE/run"
	says "the older iptables" "0 4 " "drop → accept" "rules   1 → 2"
else
	skip "the older iptables" "not here"
fi

done_testing
