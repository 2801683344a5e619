#include "sensor/port/emit.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "core/mem.h"
#include "entity/list.h"

#define RANGE_PATH "proc/sys/net/ipv4/ip_local_port_range"
#define PIDS_MAX 32 /* shown */
#define LISTS_MAX ((size_t)64 << 20)
#define PERMISSIONS 07777

void emitter_init(struct emitter *out)
{
	struct socks *all = out->all;
	struct span text;
	struct err why;

	out->r = record_new(all->arena, &kind_port);
	out->pids = BUF_INIT(LISTS_MAX);
	out->texts = BUF_INIT(LISTS_MAX);
	out->range[0] = 32768;
	out->range[1] = 60999;
	if (host_read(all->host, RANGE_PATH, 64, all->arena, &text, &why) == 0 &&
		sscanf(text.p, "%u %u", &out->range[0], &out->range[1]) != 2)
		out->range[0] = 32768;
}

void emitter_done(struct emitter *out)
{
	programs_done(&out->programs);
	buf_done(&out->pids);
	buf_done(&out->texts);
}

static bool asked(const struct emitter *out, uint64_t fields)
{
	return (out->asks & fields) != 0;
}

/* ---- what the socket tells ---- */

static const char *type_name(unsigned type)
{
	return type == SOCK_STREAM      ? "stream"
	       : type == SOCK_DGRAM     ? "dgram"
	       : type == SOCK_RAW       ? "raw"
	       : type == SOCK_SEQPACKET ? "seqpacket"
					: NULL;
}

static struct span user_name(const struct emitter *out, uint32_t uid)
{
	struct span name = names_user(out->names, uid);

	return name.n ? name : span_of(arena_format(out->all->arena, "%u", uid));
}

static struct span group_name(const struct emitter *out, uint32_t gid)
{
	struct span name = names_group(out->names, gid);

	return name.n ? name : span_of(arena_format(out->all->arena, "%u", gid));
}

/* The path is that of the binder's tree; only if the file there is the socket's is it ours. */
static void put_file(struct emitter *out, const struct sock *x)
{
	struct arena *a = out->all->arena;
	struct span user, group;
	struct stat st;
	struct err why;

	if (x->name.n == 0 || x->name.p[0] != '/' || memchr(x->name.p, '\0', x->name.n) != NULL ||
		!asked(out, field_bit(PORT_MODE) | field_bit(PORT_FILE_OWNER)))
		return;
	if (host_stat(out->all->host, arena_text(a, x->name), true, &st, &why) < 0 ||
		!S_ISSOCK(st.st_mode) || (x->file && x->file != (uint32_t)st.st_ino))
		return;
	user = user_name(out, st.st_uid);
	group = group_name(out, st.st_gid);
	record_set_number(out->r, PORT_MODE, st.st_mode & PERMISSIONS);
	record_set_bytes(out->r, PORT_FILE_OWNER,
		span_of(arena_format(a, "%.*s:%.*s", SPAN_ARG(user), SPAN_ARG(group))));
}

static void put_reach(struct emitter *out, const struct sock *x)
{
	if (x->proto == SOCK_UNIX || x->proto == SOCK_PACKETS)
		return;
	record_set_number(out->r, PORT_REACH,
		sock_is_wildcard(x)   ? PORT_ANY
		: sock_is_loopback(x) ? PORT_LOOPBACK
				      : PORT_ADDRESS);
}

static bool takes_both(const struct sock *x)
{
	return x->v6 && x->has_v6only && !x->v6only && sock_is_wildcard(x) && x->proto != SOCK_RAW6;
}

static void put_socket(struct emitter *out, const struct sock *x, size_t n)
{
	struct arena *a = out->all->arena;
	struct record *r = out->r;
	bool listening = false, dual = false, knows = false;
	const char *type = type_name(x->type);

	buf_clear(&out->texts);
	for (size_t i = 0; i < n; i++) {
		listening = listening || x[i].listening;
		dual = dual || takes_both(&x[i]);
		knows = knows || x[i].has_v6only;
		if (x[i].interface && x->proto != SOCK_PACKETS)
			buf_add(&out->texts, &x[i].device, sizeof x[i].device);
	}
	record_set_number(r, PORT_STATE, listening ? PORT_LISTENING : PORT_BOUND);
	put_reach(out, x);
	if (type)
		record_set_bytes(r, PORT_TYPE, span_of(type));
	if (x->v6 && knows && sock_is_wildcard(x))
		record_set_number(r, PORT_DUAL_STACK, dual);
	if (out->texts.n)
		record_set_set(r, PORT_INTERFACE, a, (struct span *)(void *)out->texts.p,
			out->texts.n / sizeof(struct span));
	if (x->space)
		record_set_bytes(r, PORT_NETNS, out->all->space[x->space].name);
	if (x->has_uid)
		record_set_bytes(r, PORT_CREATOR, user_name(out, x->uid));
	if (x->has_backlog)
		record_set_number(r, PORT_BACKLOG, x->backlog);
	record_set_number(r, PORT_SOCKETS, n);
	record_set_number(r, PORT_INODE, x->inode);
	put_file(out, x);
}

/* ---- whose it is ---- */

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static bool has_pid(const uint32_t *pid, size_t n, uint32_t one)
{
	return n && bsearch(&one, pid, n, sizeof *pid, by_number) != NULL;
}

/* The pids of all owners of these sockets, ascending, each once. */
static size_t collect(struct emitter *out, const struct sock *x, size_t n, uint32_t **ret)
{
	const struct owner *owners = out->all->owners;
	uint32_t *pid;
	size_t have, k = 0;

	buf_clear(&out->pids);
	for (size_t i = 0; i < n; i++)
		for (uint32_t o = x[i].owner; o != NOBODY; o = owners[o].next)
			buf_add(&out->pids, &owners[o].pid, sizeof owners[o].pid);
	pid = (uint32_t *)(void *)out->pids.p;
	have = out->pids.n / sizeof *pid;
	if (have)
		qsort(pid, have, sizeof *pid, by_number);
	for (size_t i = 0; i < have; i++)
		if (k == 0 || pid[k - 1] != pid[i])
			pid[k++] = pid[i];
	*ret = pid;
	return k;
}

/* An owner below another owner got the socket from there: what a supervisor starts on demand comes
 * and goes, and must not make a change. */
static bool inherited(struct host *h, const struct process *p, const uint32_t *pid, size_t n)
{
	for (unsigned depth = 0; depth < 64 && p && p->ppid; depth++) {
		if (has_pid(pid, n, p->ppid))
			return true;
		p = host_process(h, p->ppid);
	}
	return false;
}

enum owner_list { LIST_EXE, LIST_UNIT, LIST_USER, LIST_PROCESS, LIST_SERVED_BY, LIST_N };

struct lists {
	struct span *item[LIST_N];
	size_t n[LIST_N];
};

static void list_add(struct lists *l, enum owner_list which, struct span s)
{
	/* neighbours are mostly alike; the rest is left to record_set_set */
	if (s.n && (l->n[which] == 0 || !span_same(l->item[which][l->n[which] - 1], s)))
		l->item[which][l->n[which]++] = s;
}

struct verdict {
	const struct process *first; /* of the smallest path, then pid */
	bool deleted, memfd, packaged, knows, general;
};

static void judge(struct emitter *out, const struct process *p, struct verdict *v)
{
	int order = v->first ? span_compare(p->exe, v->first->exe) : -1;
	struct program *x;

	if (order < 0)
		v->first = p;
	v->deleted = v->deleted || p->deleted;
	v->memfd = v->memfd || p->memfd;
	v->general = v->general || program_is_general(p->exe);
	if (!asked(out, field_bit(PORT_PACKAGE) | field_bit(PORT_PACKAGED)) || p->exe.n == 0)
		return;
	x = programs_find(&out->programs, p);
	program_package(x, out->all->host, p);
	v->packaged = v->packaged && x->package != NULL;
	v->knows = v->knows && x->has_package;
}

static void put_program(struct emitter *out, const struct verdict *v)
{
	struct host *h = out->all->host;
	struct record *r = out->r;
	struct program *x;

	if (!v->first || v->first->exe.n == 0)
		return;
	record_set_number(r, PORT_DELETED, v->deleted);
	record_set_number(r, PORT_MEMFD, v->memfd);
	record_set_number(r, PORT_GENERAL, v->general);
	record_set_time(r, PORT_STARTED, v->first->start);
	if (v->first->container.n)
		record_set_bytes(r, PORT_CONTAINER, v->first->container);
	x = programs_find(&out->programs, v->first);
	if (asked(out, field_bit(PORT_SHA256))) {
		program_digest(x, h, v->first);
		if (x->has_sha256)
			record_set_bytes(r, PORT_SHA256, span_from(x->sha256, sizeof x->sha256));
	}
	if (!asked(out, field_bit(PORT_PACKAGE) | field_bit(PORT_PACKAGED)) ||
		!host_has_file_lists(h) || !v->knows)
		return;
	record_set_number(r, PORT_PACKAGED, v->packaged);
	if (x->package)
		record_set_bytes(r, PORT_PACKAGE, x->package->key);
}

static void put_lists(struct emitter *out, struct lists *l, const uint32_t *pid, size_t n)
{
	static const uint8_t field[LIST_N] = { PORT_EXE, PORT_UNIT, PORT_USER, PORT_PROCESS,
		PORT_SERVED_BY };
	struct arena *a = out->all->arena;
	struct span shown[PIDS_MAX];
	size_t k = 0;

	for (unsigned i = 0; i < LIST_N; i++)
		if (l->n[i])
			record_set_set(out->r, field[i], a, l->item[i], l->n[i]);
	for (; k < n && k < PIDS_MAX; k++)
		shown[k] = span_of(arena_format(a, "%u", pid[k]));
	if (k)
		record_set_list(out->r, PORT_PIDS, a, shown, k);
}

/* Nothing that is told of an owner differs. */
static bool are_twins(const struct process *a, const struct process *b)
{
	return a->exe.p == b->exe.p && a->exe.n == b->exe.n && a->euid == b->euid &&
	       a->comm.p == b->comm.p && a->unit.p == b->unit.p &&
	       a->container.p == b->container.p && a->deleted == b->deleted &&
	       a->memfd == b->memfd && a->ns[NS_MNT] == b->ns[NS_MNT];
}

static const struct process *find(struct emitter *out, uint32_t pid)
{
	const struct process *p = host_process(out->all->host, pid);

	return p ? p : late_process(&out->late, out->all->arena, pid);
}

static bool are_alike(struct emitter *out, const uint32_t *pid, size_t n)
{
	const struct process *first = n ? find(out, pid[0]) : NULL;

	for (size_t i = 1; i < n; i++) {
		const struct process *p = find(out, pid[i]);

		if (!p || !first || !span_same(p->exe, first->exe))
			return false;
	}
	return true;
}

void put_owners(struct emitter *out, const uint32_t *pid, size_t n)
{
	struct verdict v = { .packaged = true, .knows = true };
	struct host *h = out->all->host;
	struct arena *a = out->all->arena;
	bool alike = are_alike(out, pid, n);
	const struct process *last = NULL;
	struct lists l = { 0 };

	buf_clear(&out->texts);
	if (!buf_room(&out->texts, LIST_N * n * sizeof(struct span)))
		return;
	for (unsigned i = 0; i < LIST_N; i++)
		l.item[i] = (struct span *)(void *)out->texts.p + i * n;
	for (size_t i = 0; i < n; i++) {
		const struct process *p = find(out, pid[i]);

		if (!p)
			continue;
		if (!alike && inherited(h, p, pid, n)) {
			list_add(&l, LIST_SERVED_BY, p->exe);
			continue;
		}
		if (last && are_twins(p, last))
			continue;
		last = p;
		list_add(&l, LIST_EXE, p->exe);
		list_add(&l, LIST_UNIT, unit_stable(p->unit, a));
		list_add(&l, LIST_USER, user_name(out, p->euid));
		list_add(&l, LIST_PROCESS, p->comm);
		judge(out, p, &v);
	}
	put_lists(out, &l, pid, n);
	put_program(out, &v);
}

/* ---- the entity ---- */

static bool is_ephemeral(const struct emitter *out, const struct sock *x, const uint32_t *pid,
	size_t n)
{
	switch (x->proto) {
	case SOCK_UNIX:
		return sock_name_is_random(x->name, pid, n);
	case SOCK_RAW4:
	case SOCK_RAW6:
	case SOCK_PACKETS:
	case SOCK_VSOCK:
		return false;
	default:
		return x->port >= out->range[0] && x->port <= out->range[1];
	}
}

/* Closed since: its processes ended. */
static bool are_gone(const uint32_t *pid, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!process_is_gone(pid[i]))
			return false;
	return true;
}

/* Owners are known as far as they can be told; those of a user who has too many are perhaps not
 * all, and not the same the next time. */
static bool are_unsure(struct emitter *out, const uint32_t *pid, size_t n)
{
	const struct socks *all = out->all;

	if (n == 0)
		return all->blind || all->cut.some;
	for (size_t i = 0; i < n && all->cut.n; i++) {
		const struct process *p = host_process(all->host, pid[i]);

		if (!p || socks_is_cut(all, p->euid))
			return true;
	}
	return false;
}

void emit_group(struct emitter *out, const struct sock *x, size_t n)
{
	uint64_t unknown = 0;
	uint32_t *pid = NULL;
	size_t n_pids = 0;

	*out->r = (struct record){ .kind = &kind_port, .key = x->key };
	put_socket(out, x, n);
	if (asked(out, PORT_OWNER_FIELDS)) {
		n_pids = collect(out, x, n, &pid);
		if (are_unsure(out, pid, n_pids))
			unknown = PORT_OWNER_FIELDS & ~field_bit(PORT_EPHEMERAL);
		else if (n_pids)
			put_owners(out, pid, n_pids);
		if (n_pids && !unknown && !record_has(out->r, PORT_EXE) && are_gone(pid, n_pids))
			return;
		if (!unknown)
			record_set_number(out->r, PORT_UNOWNED, n_pids == 0);
		record_set_number(out->r, PORT_EPHEMERAL, is_ephemeral(out, x, pid, n_pids));
	}
	scan_emit_part(out->all->scan, out->r, unknown);
}
