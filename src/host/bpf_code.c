#include "host/bpf_code.h"

#include "core/attr.h"
#include "host/bpf.h"
#include "host/bpf_insn.h"

/* Which member of struct task_struct goes to which place of struct bpf_task. What a kernel does not
 * have or a process has not (a kernel thread has no mm) stays zero. Neighbours share the pointers
 * they have in common. */
struct source {
	const char *path;
	uint16_t at, size;
	bool needed; /* without it the iterator says too little to be used */
};
#define TO(member) offsetof(struct bpf_task, member), sizeof(((struct bpf_task *)0)->member)

static const struct source sources[] = {
	{ "tgid", TO(pid), true },
	{ "real_parent.tgid", TO(ppid), true },
	{ "real_cred.uid.val", TO(uid), true },
	{ "real_cred.euid.val", TO(euid), true },
	{ "real_cred.gid.val", TO(gid), true },
	{ "real_cred.egid.val", TO(egid), true },
	{ "real_cred.user_ns.ns.inum", TO(ns[BPF_NS_USER]), false },
	{ "flags", TO(flags), true },
	{ "start_boottime", TO(start), true },
	{ "comm", TO(comm), true },
	{ "mm.exe_file.f_path.dentry", TO(exe_dentry), true },
	{ "mm.exe_file.f_path.mnt", TO(exe_mount), true },
	{ "mm.exe_file.f_inode.i_ino", TO(exe_inode), true },
	{ "mm.exe_file.f_inode.i_nlink", TO(exe_nlink), true },
	{ "cgroups", TO(cgroup_set), true },
	{ "cgroups.dfl_cgrp.kn.id", TO(cgroup), false },
	{ "nsproxy.cgroup_ns.ns.inum", TO(ns[BPF_NS_CGROUP]), false },
	{ "nsproxy.ipc_ns.ns.inum", TO(ns[BPF_NS_IPC]), false },
	{ "nsproxy.mnt_ns.ns.inum", TO(ns[BPF_NS_MNT]), true },
	{ "nsproxy.net_ns.ns.inum", TO(ns[BPF_NS_NET]), true },
	{ "nsproxy.time_ns.ns.inum", TO(ns[BPF_NS_TIME]), false },
	{ "nsproxy.uts_ns.ns.inum", TO(ns[BPF_NS_UTS]), false },
};

enum wanted {
	WANTED_TASK,
	WANTED_FILE,
	WANTED_UPID,
	WANTED_TASKS,
	WANTED_TASKS_CONTEXT,
	WANTED_FILES,
	WANTED_FILES_CONTEXT,
	WANTED_N
};

/* bpf_seq_write(ctx->meta->seq, frame, size); the context is in r6. */
static void write_out(struct bpf_code *c, const struct btf_path *seq, int frame, uint32_t size)
{
	code_load(c, BPF_REG_1, BPF_REG_6, (int)seq->offset[0], 8);
	code_load(c, BPF_REG_1, BPF_REG_1, (int)seq->offset[1], 8);
	code_move(c, BPF_REG_2, BPF_REG_10);
	code_plus(c, BPF_REG_2, frame);
	code_number(c, BPF_REG_3, (int32_t)size);
	code_call(c, BPF_FUNC_seq_write);
}

/* size bytes at r3 to a place on the stack; zeroes when r3 leads nowhere. A load through a typed
 * pointer would be faster when it runs, but for each one the verifier searches all names of the
 * kernel several times: 1.5 ms a pointer (6.18). */
static void fetch(struct bpf_code *c, int to, uint32_t size)
{
	code_move(c, BPF_REG_1, BPF_REG_10);
	code_plus(c, BPF_REG_1, to);
	code_number(c, BPF_REG_2, (int32_t)size);
	code_call(c, BPF_FUNC_probe_read_kernel);
}

/* ---- processes ---- */

#define POINTER(i) (-8 * ((int)(i) + 1)) /* where the i-th pointer of a path is kept */
#define TASK_FRAME (POINTER(BTF_STEPS) - (int)sizeof(struct bpf_task))
_Static_assert(sizeof(struct bpf_task) % 8 == 0 && sizeof(struct bpf_task) <= 256,
	"the frame is cleared by eights, and the stack of a program is small");

/* A smaller value in a wider place: in its low bytes. */
static int low(int at, uint32_t wide, uint32_t size)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && size < wide ? at + (int)(wide - size) : at;
}

/* r3 = where the value of p is. *have: whose pointers are on the stack. */
static void follow(struct bpf_code *c, const struct btf_path *p, struct btf_path *have)
{
	unsigned i = 0;

	while (i + 1 < p->n && i + 1 < have->n && have->offset[i] == p->offset[i])
		i++;
	for (; i < p->n; i++) {
		if (i == 0)
			code_move(c, BPF_REG_3, BPF_REG_7);
		else
			code_load(c, BPF_REG_3, BPF_REG_10, POINTER(i - 1), 8);
		code_plus(c, BPF_REG_3, (int32_t)p->offset[i]);
		if (i + 1 < p->n)
			fetch(c, POINTER(i), 8);
	}
	*have = *p;
}

/* The namespace of its own pid is thread_pid->numbers[level].ns, an index no verifier lets pass. */
static int take_pid_ns(struct bpf_code *c, const struct btf *b, const struct btf_wanted *w,
	struct btf_path *have, struct err *e)
{
	uint32_t task = w[WANTED_TASK].id, upid = w[WANTED_UPID].id;
	int slot = TASK_FRAME + (int)offsetof(struct bpf_task, ns[BPF_NS_PID]);
	struct btf_path level, numbers, inum;

	if (btf_path(b, task, "thread_pid.level", &level, e) < 0 ||
		btf_path(b, task, "thread_pid.numbers.ns", &numbers, e) < 0 ||
		btf_path(b, upid, "ns.ns.inum", &inum, e) < 0)
		return e->code;
	follow(c, &level, have);
	fetch(c, low(slot, 8, 4), 4);
	code_load(c, BPF_REG_1, BPF_REG_10, slot, 8);
	code_add(c, BPF_ALU64 | BPF_MUL | BPF_K, BPF_REG_1, 0, 0, (int32_t)btf_size(b, upid));
	code_load(c, BPF_REG_3, BPF_REG_10, POINTER(0), 8);
	code_add(c, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_3, BPF_REG_1, 0, 0);
	code_plus(c, BPF_REG_3, (int32_t)numbers.offset[1]);
	fetch(c, slot, 8);
	code_load(c, BPF_REG_3, BPF_REG_10, slot, 8);
	code_plus(c, BPF_REG_3, (int32_t)inum.offset[1]);
	code_add(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, slot, 0);
	fetch(c, low(slot, 8, 4), 4);
	return 0;
}

static int take_all(struct bpf_code *c, const struct btf *b, const struct btf_wanted *w,
	struct err *e)
{
	struct btf_path p, have = { 0 };

	for (size_t i = 0; i < ARRAY_LEN(sources); i++) {
		const struct source *s = &sources[i];
		uint32_t size;

		if (btf_path(b, w[WANTED_TASK].id, s->path, &p, e) < 0) {
			if (s->needed)
				return e->code;
			continue;
		}
		size = s->size > 8 || p.size > s->size ? s->size : p.size;
		follow(c, &p, &have);
		fetch(c, low(TASK_FRAME + s->at, s->size, size), size);
	}
	return take_pid_ns(c, b, w, &have, e);
}

static int tasks(struct bpf_code *c, const struct btf *b, const struct btf_wanted *w, struct err *e)
{
	uint32_t task = w[WANTED_TASK].id, none, thread;
	struct btf_path at, pid, tgid, seq;

	if (btf_path(b, w[WANTED_TASKS_CONTEXT].id, "meta.seq", &seq, e) < 0 ||
		btf_path(b, w[WANTED_TASKS_CONTEXT].id, "task", &at, e) < 0 ||
		btf_path(b, task, "pid", &pid, e) < 0 || btf_path(b, task, "tgid", &tgid, e) < 0)
		return e->code;
	code_move(c, BPF_REG_6, BPF_REG_1);
	code_load(c, BPF_REG_7, BPF_REG_6, (int)at.offset[0], 8);
	none = code_jump_if_zero(c, BPF_REG_7);
	code_load(c, BPF_REG_1, BPF_REG_7, (int)pid.offset[0], 4);
	code_load(c, BPF_REG_2, BPF_REG_7, (int)tgid.offset[0], 4);
	code_add(c, BPF_JMP | BPF_JNE | BPF_X, BPF_REG_1, BPF_REG_2, 0, 0);
	thread = c->n - 1;
	for (unsigned i = 0; i < sizeof(struct bpf_task); i += 8)
		code_add(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, TASK_FRAME + (int)i, 0);
	if (take_all(c, b, w, e) < 0)
		return e->code;
	write_out(c, &seq, TASK_FRAME, sizeof(struct bpf_task));
	code_land(c, none);
	code_land(c, thread);
	code_end(c);
	return 0;
}

/* ---- sockets ---- */

#define SOCKET_FRAME (-(int)sizeof(struct bpf_socket))
#define SOCKET_INODE (SOCKET_FRAME + (int)offsetof(struct bpf_socket, inode))

static int sockets(struct bpf_code *c, const struct btf *b, const struct btf_wanted *w,
	struct err *e)
{
	uint32_t context = w[WANTED_FILES_CONTEXT].id;
	struct btf_path task, file, fd, tgid, inode, seq;
	uint32_t none[3];

	if (btf_path(b, context, "meta.seq", &seq, e) < 0 ||
		btf_path(b, context, "task", &task, e) < 0 ||
		btf_path(b, context, "file", &file, e) < 0 ||
		btf_path(b, context, "fd", &fd, e) < 0 ||
		btf_path(b, w[WANTED_TASK].id, "tgid", &tgid, e) < 0 ||
		btf_path(b, w[WANTED_FILE].id, "f_inode.i_ino", &inode, e) < 0)
		return e->code;
	code_move(c, BPF_REG_6, BPF_REG_1);
	code_load(c, BPF_REG_7, BPF_REG_6, (int)task.offset[0], 8);
	none[0] = code_jump_if_zero(c, BPF_REG_7);
	code_load(c, BPF_REG_8, BPF_REG_6, (int)file.offset[0], 8);
	none[1] = code_jump_if_zero(c, BPF_REG_8);
	code_move(c, BPF_REG_1, BPF_REG_8);
	code_call(c, BPF_FUNC_sock_from_file);
	none[2] = code_jump_if_zero(c, BPF_REG_0);
	for (unsigned i = 0; i < sizeof(struct bpf_socket); i += 8)
		code_add(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, SOCKET_FRAME + (int)i, 0);
	code_move(c, BPF_REG_3, BPF_REG_8);
	code_plus(c, BPF_REG_3, (int32_t)inode.offset[0]);
	fetch(c, SOCKET_INODE, 8);
	code_load(c, BPF_REG_3, BPF_REG_10, SOCKET_INODE, 8);
	code_plus(c, BPF_REG_3, (int32_t)inode.offset[1]);
	code_add(c, BPF_ST | BPF_MEM | BPF_DW, BPF_REG_10, 0, SOCKET_INODE, 0);
	fetch(c, low(SOCKET_INODE, 8, inode.size), inode.size);
	code_load(c, BPF_REG_2, BPF_REG_7, (int)tgid.offset[0], 4);
	code_add(c, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, BPF_REG_2,
		SOCKET_FRAME + (int)offsetof(struct bpf_socket, pid), 0);
	code_load(c, BPF_REG_2, BPF_REG_6, (int)fd.offset[0], 4);
	code_add(c, BPF_STX | BPF_MEM | BPF_W, BPF_REG_10, BPF_REG_2,
		SOCKET_FRAME + (int)offsetof(struct bpf_socket, fd), 0);
	write_out(c, &seq, SOCKET_FRAME, sizeof(struct bpf_socket));
	for (unsigned i = 0; i < ARRAY_LEN(none); i++)
		code_land(c, none[i]);
	code_end(c);
	return 0;
}

/* One pass over the names of the kernel for everything: that pass is what costs. */
int bpf_code(const struct btf *b, struct bpf_code ret[BPF_ITERATORS], struct err *e)
{
	struct btf_wanted w[WANTED_N] = {
		[WANTED_TASK] = { BTF_STRUCT, "task_struct", 0 },
		[WANTED_FILE] = { BTF_STRUCT, "file", 0 },
		[WANTED_UPID] = { BTF_STRUCT, "upid", 0 },
		[WANTED_TASKS] = { BTF_FUNCTION, "bpf_iter_task", 0 },
		[WANTED_TASKS_CONTEXT] = { BTF_STRUCT, "bpf_iter__task", 0 },
		[WANTED_FILES] = { BTF_FUNCTION, "bpf_iter_task_file", 0 },
		[WANTED_FILES_CONTEXT] = { BTF_STRUCT, "bpf_iter__task_file", 0 },
	};

	btf_find(b, w, WANTED_N);
	for (unsigned i = 0; i < WANTED_N; i++)
		if (w[i].id == 0)
			return err_set(e, ERR_MISSING, "this kernel has no '%s'", w[i].name);
	for (unsigned i = 0; i < BPF_ITERATORS; i++) {
		ret[i] = (struct bpf_code){ 0 };
		if ((i == BPF_ITER_TASKS ? tasks : sockets)(&ret[i], b, w, e) < 0)
			return e->code;
		if (ret[i].n > BPF_CODE_MAX)
			return err_set(e, ERR_LIMIT, "a BPF iterator became too long");
	}
	ret[BPF_ITER_TASKS].attach = w[WANTED_TASKS].id;
	ret[BPF_ITER_SOCKETS].attach = w[WANTED_FILES].id;
	return 0;
}
