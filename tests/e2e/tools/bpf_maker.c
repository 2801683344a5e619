/* Loads a few BPF programs that do nothing: bpf_maker CGROUP-FOLDER PIN-PATH. A raw tracepoint with
 * a link, one attached to the cgroup without a link, one that is pinned ("-": none). Prints "ready"
 * and waits. Status 77: not here. */
#include <fcntl.h>
#include <linux/bpf.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

static int call(int what, union bpf_attr *a)
{
	return (int)syscall(SYS_bpf, what, a, sizeof *a);
}

static int load(unsigned type, unsigned hook, const char *name)
{
	static const struct bpf_insn nothing[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .imm = 1 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.prog_type = type;
	a.expected_attach_type = hook;
	a.insns = (uint64_t)(uintptr_t)nothing;
	a.insn_cnt = sizeof nothing / sizeof *nothing;
	a.license = (uint64_t)(uintptr_t) "GPL";
	snprintf(a.prog_name, sizeof a.prog_name, "%s", name);
	return call(BPF_PROG_LOAD, &a);
}

static int attach_tracepoint(void)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.raw_tracepoint.name = (uint64_t)(uintptr_t) "sched_process_exec";
	a.raw_tracepoint.prog_fd = (uint32_t)load(BPF_PROG_TYPE_RAW_TRACEPOINT, 0, "e2e_trace");
	return call(BPF_RAW_TRACEPOINT_OPEN, &a);
}

static int attach_cgroup(const char *folder)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.target_fd = (uint32_t)open(folder, O_RDONLY | O_DIRECTORY);
	a.attach_bpf_fd =
		(uint32_t)load(BPF_PROG_TYPE_CGROUP_SKB, BPF_CGROUP_INET_EGRESS, "e2e_skb");
	a.attach_type = BPF_CGROUP_INET_EGRESS;
	return call(BPF_PROG_ATTACH, &a);
}

static int pin(const char *path)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.pathname = (uint64_t)(uintptr_t)path;
	a.bpf_fd = (uint32_t)load(BPF_PROG_TYPE_SOCKET_FILTER, 0, "e2e_pinned");
	return call(BPF_OBJ_PIN, &a);
}

int main(int argc, char **argv)
{
	if (argc != 3)
		return 2;
	if (attach_tracepoint() < 0) {
		perror("raw tracepoint");
		return 77;
	}
	if (strcmp(argv[1], "-") != 0 && attach_cgroup(argv[1]) < 0)
		perror("cgroup");
	if (strcmp(argv[2], "-") != 0 && pin(argv[2]) < 0)
		perror("pin");
	puts("ready");
	fflush(stdout);
	pause();
	return 0;
}
