#!/bin/bash
# BPF programs: the shipped rules against one that watches; ours are not ours to report.
# shellcheck disable=SC2154 # lib.sh sets CASE and RC
set -u
cd "$(dirname "$0")/../.." || exit 1
. tests/e2e/lib.sh
need_root

group=/sys/fs/cgroup/invar-e2e-$$
[ -e /sys/fs/cgroup/cgroup.controllers ] || group=/sys/fs/cgroup/unified/invar-e2e-$$
pin=/sys/fs/bpf/invar-e2e-$$
trap 'rm -f $pin; finish; rmdir $group 2>/dev/null' EXIT

# told TEXT CHANGE PART [WORD…]: the last command told of such a change, in words like these.
told() {
	local line word rc=0
	line=$(grep "\"change\":\"$2\"" "$CASE/out" | grep -F -- "$3")
	for word in "$3" "${@:4}"; do
		grep -qF -- "$word" <<<"$line" || rc=1
	done
	point $rc "$1" "$CASE/out"
}

use shipped
cp rules/57-bpf.yaml "$CASE/policy.yaml"
invar init
! grep -q '"record":"gap"' "$CASE/out" && [ "$RC" = 0 ]
if ! point $? "the baseline is made" "$CASE/out"; then
	done_testing
fi
invar check
[ "$RC" = 0 ]
point $? "our own iterators are not reported" "$CASE/out"

mkdir "$group" 2>/dev/null || group=-
mountpoint -q /sys/fs/bpf || pin=-
if ! start "$TOOLS/bpf_maker" "$group" "$pin"; then
	skip "a BPF program" "the kernel takes none"
	done_testing
fi
invar check
told "a raw tracepoint" created raw_tracepoint/e2e_trace/ '"rule":"bpf-observers"' \
	raw_tracepoint:sched_process_exec "$TOOLS/bpf_maker" '"severity":"high"'
[ "$group" = - ] || told "one of a cgroup" created cgroup_skb/e2e_skb/ '"rule":"bpf-filters"' \
	"cgroup:/${group##*/} egress"
[ "$pin" = - ] || told "a pinned one" created "pinned$pin" '"rule":"bpf-pinned"'
[ "$pin" = - ] || told "and what keeps it" created socket_filter/e2e_pinned/ "\"pinned\":[\"$pin\"]"
# Where cgroups are not to be seen: on the host it is told of still, in a container it is the host's.
printf '#!/bin/sh\nmount -t tmpfs none /sys/fs/cgroup && "$@"\n' >"$WORK/without-cgroups"
chmod +x "$WORK/without-cgroups"
AS="unshare -m $WORK/without-cgroups" invar check
[ "$group" = - ] || told "one of a cgroup that is not to be seen" created cgroup_skb/e2e_skb/
AS="unshare -mpf --mount-proc $WORK/without-cgroups" invar check
told "in a container: what watches" created raw_tracepoint/e2e_trace/
[ "$group" = - ] || told "the host's filters of cgroups are not the container's" deleted cgroup_skb/e2e_skb/
stop >/dev/null
rm -f "$pin"
sleep 1 # the kernel lets go of a link some time after its last holder
invar check
told "and it is gone" deleted raw_tracepoint/e2e_trace/
done_testing
