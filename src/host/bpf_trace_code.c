/* In all of them r6 is the context, then a counter; r7 the task; r8 the room the record is made in;
 * r9 how long its names are. */
#include "host/bpf_trace_code.h"

#include "core/attr.h"
#include "host/bpf_insn.h"
#include "host/bpf_trace.h"

#define POINTER(i) (-8 * ((int)(i) + 1)) /* where the i-th pointer of a path is kept */
#define KEY POINTER(BTF_STEPS)
#define DENTRY POINTER(BTF_STEPS + 1)
#define MOUNT POINTER(BTF_STEPS + 2)
#define PARENT POINTER(BTF_STEPS + 3)
#define ROOT POINTER(BTF_STEPS + 4)
#define NAME POINTER(BTF_STEPS + 5)
#define LENGTH POINTER(BTF_STEPS + 6)
#define NAMES ((int)sizeof(struct bpf_trace_head))
#define AT(member) ((int)offsetof(struct bpf_trace_head, member))
#define LISTEN 10 /* TCP_LISTEN */

/* Which member of struct task_struct goes to which place of a head. */
struct source {
	const char *path;
	uint16_t at, size;
	bool needed;
	bool none; /* where the kernel has it not, it is all ones */
};
#define TO(member) \
	offsetof(struct bpf_trace_head, member), sizeof(((struct bpf_trace_head *)0)->member)

static const struct source of_all[] = {
	{ "tgid", TO(pid), true, false },
	{ "group_leader.start_boottime", TO(start), true, false },
};
static const struct source of_living[] = {
	{ "flags", TO(flags), true, false },
	{ "comm", TO(comm), true, false },
	{ "cred.euid.val", TO(uid), true, false },
	{ "loginuid.val", TO(login_uid), false, true },
	{ "sessionid", TO(session), false, true },
	{ "signal.tty.name", TO(tty), false, false },
	{ "cgroups", TO(cgroup_set), false, false },
	{ "cgroups.dfl_cgrp.kn.id", TO(cgroup), false, false },
};
static const struct source of_exec[] = {
	{ "real_parent.tgid", TO(parent), true, false },
	{ "real_parent.group_leader.start_boottime", TO(parent_start), true, false },
	{ "mm.exe_file.f_inode.i_ino", TO(inode), false, false },
	{ "mm.exe_file.f_inode.i_nlink", TO(nlink), false, false },
	{ "mm.exe_file.f_inode.i_sb.s_dev", TO(device), false, false },
	{ "nsproxy.mnt_ns.ns.inum", TO(mounts), false, false },
};
static const struct source of_parent[] = {
	{ "tgid", TO(parent), true, false },
	{ "group_leader.start_boottime", TO(parent_start), true, false },
};

enum wanted { WANTED_TASK, WANTED_DENTRY, WANTED_MOUNT, WANTED_GROUP, WANTED_N };

struct maker {
	struct bpf_code *c;
	const struct btf *b;
	const struct btf_wanted *w;
};

/* ---- pieces ---- */

/* size bytes at r3 to base + to; zeroes when r3 leads nowhere. */
static void fetch(struct bpf_code *c, uint8_t base, int to, uint32_t size)
{
	code_move(c, BPF_REG_1, base);
	code_plus(c, BPF_REG_1, to);
	code_number(c, BPF_REG_2, (int32_t)size);
	code_call(c, BPF_FUNC_probe_read_kernel);
}

/* The eight bytes at (what stands on the stack at `from`) + offset, to the stack. */
static void fetch_from(struct bpf_code *c, int from, uint32_t offset, int to)
{
	code_load(c, BPF_REG_3, BPF_REG_10, from, 8);
	code_plus(c, BPF_REG_3, (int32_t)offset);
	fetch(c, BPF_REG_10, to, 8);
}

static void stack_move(struct bpf_code *c, int to, int from)
{
	code_load(c, BPF_REG_1, BPF_REG_10, from, 8);
	code_store(c, BPF_REG_10, to, BPF_REG_1, 8);
}

static uint32_t jump_if_same(struct bpf_code *c, int one, int other)
{
	code_load(c, BPF_REG_1, BPF_REG_10, one, 8);
	code_load(c, BPF_REG_2, BPF_REG_10, other, 8);
	return code_jump_reg(c, BPF_JEQ, BPF_REG_1, BPF_REG_2);
}

/* r3 = where the value of p is, from the task in r7. *have: whose pointers are on the stack. */
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
			fetch(c, BPF_REG_10, POINTER(i), 8);
	}
	*have = *p;
}

/* A smaller value in a wider place: in its low bytes. */
static int low(int at, uint32_t wide, uint32_t size)
{
	return __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__ && size < wide ? at + (int)(wide - size) : at;
}

static int take(const struct maker *m, const struct source *list, size_t n, struct err *e)
{
	struct btf_path p, have = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct source *s = &list[i];
		uint32_t size;

		if (btf_path(m->b, m->w[WANTED_TASK].id, s->path, &p, e) < 0) {
			if (s->needed)
				return e->code;
			if (s->none) {
				code_number(m->c, BPF_REG_1, -1);
				code_store(m->c, BPF_REG_8, s->at, BPF_REG_1, s->size);
			}
			continue;
		}
		size = s->size > 8 || p.size > s->size ? s->size : p.size;
		follow(m->c, &p, &have);
		fetch(m->c, BPF_REG_8, low(s->at, s->size, size), size);
	}
	return 0;
}

/* r8 = the room of this program, its head empty but for type and time. Returns a jump for land().
 */
static uint32_t begin(struct bpf_code *c, enum bpf_trace_program which, enum bpf_trace_type type)
{
	uint32_t none;

	code_add(c, BPF_ST | BPF_MEM | BPF_W, BPF_REG_10, 0, KEY, (int32_t)which);
	code_move(c, BPF_REG_2, BPF_REG_10);
	code_plus(c, BPF_REG_2, KEY);
	code_map(c, BPF_REG_1, BPF_PSEUDO_MAP_FD, TRACE_SCRATCH);
	code_call(c, BPF_FUNC_map_lookup_elem);
	none = code_jump_if_zero(c, BPF_REG_0);
	code_move(c, BPF_REG_8, BPF_REG_0);
	for (int i = 0; i < NAMES; i += 8)
		code_zero(c, BPF_REG_8, i);
	code_add(c, BPF_ST | BPF_MEM | BPF_W, BPF_REG_8, 0, AT(type), (int32_t)type);
	code_call(c, BPF_FUNC_ktime_get_boot_ns);
	code_store(c, BPF_REG_8, AT(time), BPF_REG_0, 8);
	return none;
}

/* r3 bytes of the room into the ring, or one lost more. */
static void send(struct bpf_code *c)
{
	uint32_t sent;

	code_map(c, BPF_REG_1, BPF_PSEUDO_MAP_FD, TRACE_RING);
	code_move(c, BPF_REG_2, BPF_REG_8);
	code_number(c, BPF_REG_4, 0);
	code_call(c, BPF_FUNC_ringbuf_output);
	sent = code_jump_if_zero(c, BPF_REG_0);
	code_map(c, BPF_REG_1, BPF_PSEUDO_MAP_VALUE, TRACE_LOST);
	code_number(c, BPF_REG_2, 1);
	code_add(c, BPF_STX | BPF_ATOMIC | BPF_DW, BPF_REG_1, BPF_REG_2, 0, BPF_ADD);
	code_land(c, sent);
}

static void send_head(struct bpf_code *c)
{
	code_number(c, BPF_REG_3, NAMES);
	send(c);
}

/* ---- fork: (parent, child) ---- */

static int fork_code(const struct maker *m, struct err *e)
{
	struct bpf_code *c = m->c;
	struct btf_path pid, tgid;
	uint32_t thread, none;

	if (btf_path(m->b, m->w[WANTED_TASK].id, "pid", &pid, e) < 0 ||
		btf_path(m->b, m->w[WANTED_TASK].id, "tgid", &tgid, e) < 0)
		return e->code;
	code_move(c, BPF_REG_6, BPF_REG_1);
	code_load(c, BPF_REG_7, BPF_REG_6, 8, 8);
	code_zero(c, BPF_REG_10, PARENT);
	code_zero(c, BPF_REG_10, ROOT);
	code_move(c, BPF_REG_3, BPF_REG_7);
	code_plus(c, BPF_REG_3, (int32_t)pid.offset[0]);
	fetch(c, BPF_REG_10, PARENT, 4);
	code_move(c, BPF_REG_3, BPF_REG_7);
	code_plus(c, BPF_REG_3, (int32_t)tgid.offset[0]);
	fetch(c, BPF_REG_10, ROOT, 4);
	code_load(c, BPF_REG_1, BPF_REG_10, PARENT, 4);
	code_load(c, BPF_REG_2, BPF_REG_10, ROOT, 4);
	thread = code_jump_reg(c, BPF_JNE, BPF_REG_1, BPF_REG_2);
	none = begin(c, TRACE_FORK, BPF_TRACE_FORK);
	if (take(m, of_all, ARRAY_LEN(of_all), e) < 0 ||
		take(m, of_living, ARRAY_LEN(of_living), e) < 0)
		return e->code;
	code_load(c, BPF_REG_7, BPF_REG_6, 0, 8);
	if (take(m, of_parent, ARRAY_LEN(of_parent), e) < 0)
		return e->code;
	send_head(c);
	code_land(c, none);
	code_land(c, thread);
	code_end(c);
	return 0;
}

/* ---- exit: (task); who is the last of its threads ---- */

static int exit_code(const struct maker *m, struct err *e)
{
	struct bpf_code *c = m->c;
	struct btf_path live, have = { 0 };
	uint32_t others, none;

	if (btf_path(m->b, m->w[WANTED_TASK].id, "signal.live.counter", &live, e) < 0)
		return e->code;
	code_move(c, BPF_REG_6, BPF_REG_1);
	code_load(c, BPF_REG_7, BPF_REG_6, 0, 8);
	follow(c, &live, &have);
	code_zero(c, BPF_REG_10, PARENT);
	fetch(c, BPF_REG_10, PARENT, 4);
	code_load(c, BPF_REG_1, BPF_REG_10, PARENT, 4);
	others = code_jump(c, BPF_JNE, BPF_REG_1, 0);
	none = begin(c, TRACE_EXIT, BPF_TRACE_EXIT);
	if (take(m, of_all, ARRAY_LEN(of_all), e) < 0 ||
		take(m, of_living, ARRAY_LEN(of_living), e) < 0)
		return e->code;
	send_head(c);
	code_land(c, none);
	code_land(c, others);
	code_end(c);
	return 0;
}

/* ---- exec: (task, old pid, binprm) ---- */

/* How long the names are is kept in the head, not in a register: the verifier would follow every
 * length there could be through the loop, and give up. */
static void load_length(struct bpf_code *c)
{
	code_load(c, BPF_REG_9, BPF_REG_8, AT(path_n), 4);
}

/* path_n grows by the name of DENTRY. Returns a jump for when there is none, or no room. */
static void take_name(struct bpf_code *c, const struct btf_path *name, uint32_t ret_end[2])
{
	fetch_from(c, DENTRY, name->offset[0], NAME);
	load_length(c);
	ret_end[0] = code_jump(c, BPF_JGT, BPF_REG_9, TRACE_NAMES_MARK);
	code_move(c, BPF_REG_1, BPF_REG_8);
	code_plus(c, BPF_REG_1, NAMES);
	code_add(c, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, BPF_REG_9, 0, 0);
	code_number(c, BPF_REG_2, TRACE_NAME_MAX);
	code_load(c, BPF_REG_3, BPF_REG_10, NAME, 8);
	code_call(c, BPF_FUNC_probe_read_kernel_str);
	ret_end[1] = code_jump(c, BPF_JSLE, BPF_REG_0, 0);
	code_add(c, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_9, BPF_REG_0, 0, 0);
	code_store(c, BPF_REG_8, AT(path_n), BPF_REG_9, 4);
}

/* From the file up to the root of all mounts; where a mount ends, on from where it is mounted. What
 * is on no path (a memfd) is its own parent, and has one name. */
static int take_names(const struct maker *m, struct err *e)
{
	struct bpf_code *c = m->c;
	struct btf_path dentry, mount, have = { 0 }, parent, name, root, mnt, above, place;
	uint32_t dentries = m->w[WANTED_DENTRY].id, mounts = m->w[WANTED_MOUNT].id;
	uint32_t again, at_root, last, out[8], n = 0;

	if (btf_path(m->b, m->w[WANTED_TASK].id, "mm.exe_file.f_path.dentry", &dentry, e) < 0 ||
		btf_path(m->b, m->w[WANTED_TASK].id, "mm.exe_file.f_path.mnt", &mount, e) < 0 ||
		btf_path(m->b, dentries, "d_parent", &parent, e) < 0 ||
		btf_path(m->b, dentries, "d_name.name", &name, e) < 0 ||
		btf_path(m->b, mounts, "mnt", &mnt, e) < 0 ||
		btf_path(m->b, mounts, "mnt.mnt_root", &root, e) < 0 ||
		btf_path(m->b, mounts, "mnt_parent", &above, e) < 0 ||
		btf_path(m->b, mounts, "mnt_mountpoint", &place, e) < 0)
		return e->code;
	follow(c, &dentry, &have);
	fetch(c, BPF_REG_10, PARENT, 8);
	stack_move(c, DENTRY, PARENT);
	follow(c, &mount, &have);
	fetch(c, BPF_REG_10, PARENT, 8);
	code_load(c, BPF_REG_1, BPF_REG_10, PARENT, 8);
	code_plus(c, BPF_REG_1, -(int32_t)mnt.offset[0]);
	code_store(c, BPF_REG_10, MOUNT, BPF_REG_1, 8);
	code_number(c, BPF_REG_6, 0);
	again = c->n;
	out[n++] = code_jump(c, BPF_JGE, BPF_REG_6, TRACE_NAMES_MAX);
	code_plus(c, BPF_REG_6, 1);
	code_load(c, BPF_REG_1, BPF_REG_10, DENTRY, 8);
	out[n++] = code_jump_if_zero(c, BPF_REG_1);
	fetch_from(c, MOUNT, root.offset[0], ROOT);
	at_root = jump_if_same(c, DENTRY, ROOT);
	take_name(c, &name, &out[n]);
	n += 2;
	fetch_from(c, DENTRY, parent.offset[0], PARENT);
	out[n++] = jump_if_same(c, DENTRY, PARENT);
	stack_move(c, DENTRY, PARENT);
	code_back(c, again);
	code_land(c, at_root);
	fetch_from(c, MOUNT, above.offset[0], PARENT);
	last = jump_if_same(c, MOUNT, PARENT);
	fetch_from(c, MOUNT, place.offset[0], ROOT);
	stack_move(c, DENTRY, ROOT);
	stack_move(c, MOUNT, PARENT);
	code_back(c, again);
	code_land(c, last);
	for (uint32_t i = 0; i < n; i++)
		code_land(c, out[i]);
	return 0;
}

/* The first of the arguments behind the names; r9 grows by them. */
static int take_args(const struct maker *m, struct err *e)
{
	struct bpf_code *c = m->c;
	struct btf_path from, to, have = { 0 };
	uint32_t less, read;

	if (btf_path(m->b, m->w[WANTED_TASK].id, "mm.arg_start", &from, e) < 0 ||
		btf_path(m->b, m->w[WANTED_TASK].id, "mm.arg_end", &to, e) < 0)
		return e->code;
	follow(c, &from, &have);
	fetch(c, BPF_REG_10, DENTRY, 8);
	follow(c, &to, &have);
	fetch(c, BPF_REG_10, PARENT, 8);
	code_load(c, BPF_REG_2, BPF_REG_10, PARENT, 8);
	code_load(c, BPF_REG_3, BPF_REG_10, DENTRY, 8);
	code_add(c, BPF_ALU64 | BPF_SUB | BPF_X, BPF_REG_2, BPF_REG_3, 0, 0);
	code_store(c, BPF_REG_8, AT(args_total), BPF_REG_2, 8);
	less = code_jump(c, BPF_JLE, BPF_REG_2, TRACE_ARGS_MAX);
	code_number(c, BPF_REG_2, TRACE_ARGS_MAX);
	code_land(c, less);
	code_store(c, BPF_REG_10, LENGTH, BPF_REG_2, 8);
	code_move(c, BPF_REG_1, BPF_REG_8);
	code_plus(c, BPF_REG_1, NAMES);
	code_add(c, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, BPF_REG_9, 0, 0);
	code_call(c, BPF_FUNC_probe_read_user);
	read = code_jump_if_zero(c, BPF_REG_0);
	code_zero(c, BPF_REG_10, LENGTH);
	code_land(c, read);
	code_load(c, BPF_REG_2, BPF_REG_10, LENGTH, 8);
	code_store(c, BPF_REG_8, AT(args_n), BPF_REG_2, 4);
	code_add(c, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_9, BPF_REG_2, 0, 0);
	return 0;
}

static int exec_code(const struct maker *m, struct err *e)
{
	struct bpf_code *c = m->c;
	uint32_t none, never;

	code_move(c, BPF_REG_6, BPF_REG_1);
	code_load(c, BPF_REG_7, BPF_REG_6, 0, 8);
	none = begin(c, TRACE_EXEC, BPF_TRACE_EXEC);
	if (take(m, of_all, ARRAY_LEN(of_all), e) < 0 ||
		take(m, of_living, ARRAY_LEN(of_living), e) < 0 ||
		take(m, of_exec, ARRAY_LEN(of_exec), e) < 0)
		return e->code;
	if (take_names(m, e) < 0)
		return e->code;
	load_length(c);
	never = code_jump(c, BPF_JGT, BPF_REG_9, TRACE_NAMES_MARK + TRACE_NAME_MAX);
	if (take_args(m, e) < 0)
		return e->code;
	code_move(c, BPF_REG_3, BPF_REG_9);
	code_plus(c, BPF_REG_3, NAMES);
	send(c);
	code_land(c, none);
	code_land(c, never);
	code_end(c);
	return 0;
}

/* ---- sockets ---- */

static void send_current(struct bpf_code *c, enum bpf_trace_program which, uint32_t *ret_none)
{
	*ret_none = begin(c, which, BPF_TRACE_SOCKET);
	code_call(c, BPF_FUNC_get_current_pid_tgid);
	code_add(c, BPF_ALU64 | BPF_RSH | BPF_K, BPF_REG_0, 0, 0, 32);
	code_store(c, BPF_REG_8, AT(pid), BPF_REG_0, 4);
	send_head(c);
}

/* inet_sock_set_state: (sock, old state, new state) */
static void listen_code(struct bpf_code *c)
{
	uint32_t is, was, none;

	code_move(c, BPF_REG_6, BPF_REG_1);
	code_load(c, BPF_REG_1, BPF_REG_6, 8, 8);
	was = code_jump(c, BPF_JEQ, BPF_REG_1, LISTEN);
	code_load(c, BPF_REG_1, BPF_REG_6, 16, 8);
	is = code_jump(c, BPF_JNE, BPF_REG_1, LISTEN);
	code_land(c, was);
	send_current(c, TRACE_LISTEN, &none);
	code_land(c, is);
	code_land(c, none);
	code_end(c);
}

/* What a control group is asked when a socket was bound: 1 lets it be, always. */
static void bind_code(struct bpf_code *c, enum bpf_trace_program which)
{
	uint32_t none;

	send_current(c, which, &none);
	code_land(c, none);
	code_number(c, BPF_REG_0, 1);
	code_add(c, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

/* ---- cgroup_mkdir: (group, path) ---- */

/* A service that runs for a millisecond has its group no longer than that: who asks later where
 * something ran, must have been told. Only of the unified hierarchy, whose numbers others are not.
 * Empty where the kernel has it not. */
static void group_code(const struct maker *m)
{
	struct bpf_code *c = m->c;
	struct btf_path hierarchy, id, have = { 0 };
	uint32_t other, none, no_path;
	struct err why;

	if (m->w[WANTED_GROUP].id == 0 ||
		btf_path(m->b, m->w[WANTED_GROUP].id, "root.hierarchy_id", &hierarchy, &why) < 0 ||
		btf_path(m->b, m->w[WANTED_GROUP].id, "kn.id", &id, &why) < 0)
		return;
	code_move(c, BPF_REG_6, BPF_REG_1);
	code_load(c, BPF_REG_7, BPF_REG_6, 0, 8);
	follow(c, &hierarchy, &have);
	code_zero(c, BPF_REG_10, PARENT);
	fetch(c, BPF_REG_10, PARENT, 4);
	code_load(c, BPF_REG_1, BPF_REG_10, PARENT, 4);
	other = code_jump(c, BPF_JNE, BPF_REG_1, 0);
	none = begin(c, TRACE_GROUP, BPF_TRACE_GROUP);
	follow(c, &id, &have);
	fetch(c, BPF_REG_8, AT(cgroup), 8);
	code_move(c, BPF_REG_1, BPF_REG_8);
	code_plus(c, BPF_REG_1, NAMES);
	code_number(c, BPF_REG_2, TRACE_GROUP_MAX);
	code_load(c, BPF_REG_3, BPF_REG_6, 8, 8);
	code_call(c, BPF_FUNC_probe_read_kernel_str);
	no_path = code_jump(c, BPF_JSLE, BPF_REG_0, 0);
	code_store(c, BPF_REG_8, AT(path_n), BPF_REG_0, 4);
	code_move(c, BPF_REG_3, BPF_REG_0);
	code_plus(c, BPF_REG_3, NAMES);
	send(c);
	code_land(c, no_path);
	code_land(c, none);
	code_land(c, other);
	code_end(c);
}

int bpf_trace_code(const struct btf *b, struct bpf_code ret[TRACE_PROGRAMS], struct err *e)
{
	struct btf_wanted w[WANTED_N] = {
		[WANTED_TASK] = { BTF_STRUCT, "task_struct", 0 },
		[WANTED_DENTRY] = { BTF_STRUCT, "dentry", 0 },
		[WANTED_MOUNT] = { BTF_STRUCT, "mount", 0 },
		[WANTED_GROUP] = { BTF_STRUCT, "cgroup", 0 },
	};

	btf_find(b, w, WANTED_N);
	for (unsigned i = 0; i < TRACE_PROGRAMS; i++)
		ret[i] = (struct bpf_code){ 0 };
	for (unsigned i = 0; i < WANTED_GROUP; i++)
		if (w[i].id == 0)
			return err_set(e, ERR_MISSING, "this kernel has no '%s'", w[i].name);
	if (fork_code(&(struct maker){ &ret[TRACE_FORK], b, w }, e) < 0 ||
		exec_code(&(struct maker){ &ret[TRACE_EXEC], b, w }, e) < 0 ||
		exit_code(&(struct maker){ &ret[TRACE_EXIT], b, w }, e) < 0)
		return e->code;
	group_code(&(struct maker){ &ret[TRACE_GROUP], b, w });
	listen_code(&ret[TRACE_LISTEN]);
	bind_code(&ret[TRACE_BIND], TRACE_BIND);
	bind_code(&ret[TRACE_BIND6], TRACE_BIND6);
	for (unsigned i = 0; i < TRACE_PROGRAMS; i++)
		if (ret[i].n > BPF_CODE_MAX)
			return err_set(e, ERR_LIMIT, "a BPF program became too long");
	return 0;
}
