#!/bin/bash
# Programs that run, and what hides: the shipped rules against what intruders do, a program that must
# run, a disguise by a mount.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

FOLDERS=() # outside of the test's own
trap 'rm -rf -- "${FOLDERS[@]}"; finish' EXIT

# settles PID: returns once it is what it becomes: it waits for something, or is busy for a second.
settles() {
	local left still=0
	left=$(($(patient 1000) / 100))
	while ((still < 3 && left-- > 0)); do
		sleep 0.1
		case $(sed 's/.*) //' "/proc/$1/stat") in
		[St]*) still=$((still + 1)) ;;
		*) still=0 ;;
		esac
	done
}

# run COMMAND…: in the background until the end; RUN is its number.
run() {
	"$@" </dev/null >/dev/null 2>&1 &
	RUN=$!
	PIDS+=("$RUN")
	settles "$RUN"
}

# ends PID…: they are ended, and gone.
ends() {
	kill "$@"
	wait "$@" 2>/dev/null
}

# told TEXT RULE CHANGE PART: the last command told of such a change of an entity whose key holds PART.
told() {
	/usr/bin/python3 - "$2" "$3" "$4" "$CASE/out" <<-'E'
		import json, sys
		rule, change, part, out = sys.argv[1:]
		for line in open(out, errors="replace"):
		    r = json.loads(line)
		    if (r.get("rule"), r.get("change")) == (rule, change) and part in r["key"]:
		        sys.exit(0)
		sys.exit(1)
	E
	point $? "$1" "$CASE/out"
}

# quiet TEXT PART: the last command said nothing of it, but that it ended as it should.
quiet() {
	! grep -qF -- "$2" "$CASE/out" && [ $((RC & 31)) -lt 8 ]
	point $? "$1" "$CASE/out"
}

# ---- what the shipped rules hold ----

use programs
BASE=/nowhere
mkdir -p "$CASE/bin"
cp rules/55-process.yaml "$CASE/policy.yaml"
invar init
cp /bin/sleep "$CASE/bin/gone"
lib=$(find /usr/lib -name 'libz.so.1*' -type f | head -n 1)
cp "$lib" "$CASE/bin/libevil.so"
cp /bin/sleep "$CASE/evil"
echo >>"$CASE/evil"

run "$CASE/bin/gone" 300
rm "$CASE/bin/gone"
run /usr/bin/python3 -c '
import os
f = os.memfd_create("payload")
os.write(f, open("/bin/sleep", "rb").read())
os.execve(f, ["sleep", "300"], {})'
run env LD_PRELOAD="$CASE/bin/libevil.so" /usr/bin/tail -f /dev/null
preloaded=$RUN
run bash -c 'exec -a "[kworker/7:3]" /usr/bin/sleep 301'
masked=$RUN
run setpriv --reuid 64008 --clear-groups -- /usr/bin/perl -e 'sleep 300'
traced=$RUN
run /usr/bin/python3 -c "
import ctypes, time
libc = ctypes.CDLL(None)
libc.ptrace(0x4206, $traced, 0, 0)  # PTRACE_SEIZE
time.sleep(300)"
tracer=$RUN
run setpriv --reuid 65534 --clear-groups -- /usr/bin/tail -f /dev/zero
chmod 755 "$WORK" "$CASE" "$CASE/bin"
# the names under which runc and crun run as a copy of themselves, and bytes that are not theirs
for name in runc_cloned:/proc/self/exe crunx; do
	run /usr/bin/python3 -c "
import os
f = os.memfd_create('$name')
os.write(f, open('/bin/sleep', 'rb').read())
os.execve(f, ['sleep', '300'], {})"
done
mkdir -p "/var/tmp/mkinitramfs_invar-$$/usr/bin"
FOLDERS+=("/var/tmp/mkinitramfs_invar-$$")
cp "$CASE/evil" "/var/tmp/mkinitramfs_invar-$$/usr/bin/sleep"
run "/var/tmp/mkinitramfs_invar-$$/usr/bin/sleep" 300
cp /usr/bin/tail "/var/tmp/mkinitramfs_invar-$$/usr/bin/tail"
run "/var/tmp/mkinitramfs_invar-$$/usr/bin/tail" -f /dev/null

# scripts, each by an interpreter and a user of its own
printf 'import time\ntime.sleep(300)\n' >"/dev/shm/invar-$$.py"
printf '#!/usr/bin/bash\nread x </dev/zero\n' >"/var/tmp/invar-$$.sh"
echo "sleep 300; true" >"/var/tmp/invar-$$.in"
chmod 755 "/var/tmp/invar-$$.sh" "/dev/shm/invar-$$.py"
FOLDERS+=("/var/tmp/invar-$$.in" "/dev/shm/invar-$$.py" "/var/tmp/invar-$$.sh" "/opt/invar-$$")
as() { run setpriv --reuid "$1" --clear-groups -- env -C / "${@:2}"; }
as 64001 /usr/bin/python3 "/dev/shm/invar-$$.py"
as 64002 "/var/tmp/invar-$$.sh"
mkdir -p "/opt/invar-$$"
printf 'import os, time\nos.chdir("/")\ntime.sleep(300)\n' >"/opt/invar-$$/app.py"
run setpriv --reuid 64003 --clear-groups -- \
	bash -c "cd /opt/invar-$$ && exec /usr/bin/python3 app.py"
cp "/dev/shm/invar-$$.py" "/dev/shm/invar-$$.gone.py"
as 64004 /usr/bin/python3 "/dev/shm/invar-$$.gone.py"
rm "/dev/shm/invar-$$.gone.py"
as 64005 /usr/bin/python3 -c '
import os
f = os.memfd_create("payload", 0)
os.write(f, b"#!/usr/bin/bash\nread x </dev/zero\n")
os.execve(f, ["x"], {})'
setpriv --reuid 64006 --clear-groups -- /usr/bin/bash <"/var/tmp/invar-$$.in" >/dev/null 2>&1 &
PIDS+=("$!")
settles "$!"

invar check --kind process
told "a name of runc is not its bytes" process-without-file created "/memfd:runc_cloned:"
told "nor is one of crun" process-without-file created "/memfd:crunx@root"
told "nor is the folder of an initramfs" process-from-scratch created "mkinitramfs_invar-$$/usr/bin/sleep"
quiet "but a copy of what a package brought may run there" "mkinitramfs_invar-$$/usr/bin/tail"
told "a script from memory-backed scratch" process-from-scratch created "@64001"
told "a script that names its interpreter" process-from-scratch created "/usr/bin/bash@64002"
told "a script of nobody's, that went elsewhere" process-unpackaged created "@64003"
told "a script whose file is gone" process-script-deleted created "@64004"
told "a script from memory alone" process-script-deleted created "/usr/bin/bash@64005"
told "a script by way of its input" process-from-scratch created "/usr/bin/bash@64006"
told "a program whose file is gone" process-deleted created "$CASE/bin/gone@root"
told "a program that runs from memory alone" process-without-file created "/memfd:payload@root"
told "a library preloaded into a packaged program" process-libraries created "/usr/bin/tail@root"
told "a kernel thread that is none" process-masquerade created "/usr/bin/sleep@root"
told "a program that is traced" process-traced created "/usr/bin/perl@64008"
same "the exit status says that something is there" $((RC & 1)) 1
quiet "what a packaged program does is no change" "/usr/bin/tail@nobody"
grep -F '"rule":"process-traced"' "$CASE/out" | grep -qF '"tracers":["/usr/bin/python3'
point $? "the tracer is named" "$CASE/out"
! grep -qF "$lib" "$CASE/out"
point $? "a packaged library is not told"

invar explain process /usr/bin/python3.11@64009
grep -q '"depends_on_tests":true' "$CASE/out"
point $? "explain knows that tests decide on a program it has not on record" "$CASE/out"
ends "$preloaded" "$masked" "$tracer"
invar check --kind process
told "what ended is gone" process-masquerade deleted "/usr/bin/sleep@root"
kill "$traced"

# ---- a program that must run ----

use present
BASE=/nowhere
mkdir -p "$CASE/bin"
cp /bin/sleep "$CASE/bin/backupd"
cat >"$CASE/policy.yaml" <<-E
	version: 1
	rules:
	  - id: backup
	    title: The backup daemon runs
	    severity: high
	    kind: process
	    include: ["$CASE/bin/backupd@*"]
	    expect: present
E
invar init
if grep -qF '"record":"gap"' "$CASE/out"; then
	skip "init says that nothing runs that must" "not every process can be seen here"
else
	grep -qF expected-missing "$CASE/out"
	point $? "init says that nothing runs that must" "$CASE/out"
fi
run "$CASE/bin/backupd" 300
invar init --replace
invar check
same "nothing is to be said while it runs" "$((RC & 31))" 0
ends "$RUN"
run "$CASE/bin/backupd" 400
invar check
same "a restart is no change" "$((RC & 31))" 0
ends "$RUN"
invar check
told "it no longer runs" backup deleted "$CASE/bin/backupd@root"
same "the exit status says so" "$((RC & 31))" 2
invar check --new
same "it is told once" "$((RC & 31))" 0

# ---- a disguise ----

use disguise
BASE=/nowhere
cp rules/85-hidden.yaml "$CASE/policy.yaml"
invar init
expect "a sound host hides nothing" 0
run /usr/bin/sleep 302
cat >"$CASE/cover" <<-E
	#!/bin/bash
	mount --bind /proc/1 /proc/$RUN && exec "\$@"
E
chmod 755 "$CASE/cover"
AS="unshare -m $CASE/cover" # the program is behind the mount, and nobody else
invar check
if grep -qiF 'permission denied' "$CASE/err"; then
	skip "a mount over a process" "not allowed here"
else
	expect "a mount over a process" 1 "created mount/proc/$RUN"
	same "as what it is" "$(field "mount/proc/$RUN" type)" mount
	grep -qF '"severity":"critical"' "$CASE/out"
	point $? "and grave" "$CASE/out"
	AS=
	invar check
	expect "it goes with the mount" 0 "deleted mount/proc/$RUN"
fi

done_testing
