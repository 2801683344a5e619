#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "entity/list.h"
#include "host/capability.h"
#include "sensor/process/process_look.h"
#include "sensor/process/process_room.h"

#define TEXT_MAX ((size_t)8 << 20) /* of a file of /proc/PID */
#define CAPS_MISSING 8             /* so few are told by what is missing */
#define CAP_PTRACE 19
#define DENIED_MAX 16

/* One process and the program it is. */
struct entry {
	struct span key;
	const struct process *process;
	bool left_out; /* it became another program */
};

/* A file made by O_TMPFILE or renamed away by NFS has a number for a name. */
static struct span stable_exe(const struct process *p, struct arena *a)
{
	size_t at = p->exe.n;
	struct span digits;

	if (!p->deleted)
		return p->exe;
	while (at > 0 && p->exe.p[at - 1] != '/')
		at--;
	digits = span_from_offset(p->exe, at + 1);
	if (at >= p->exe.n || p->exe.p[at] != '#' || digits.n == 0)
		return p->exe;
	for (size_t i = 0; i < digits.n; i++)
		if (digits.p[i] < '0' || digits.p[i] > '9')
			return p->exe;
	return arena_copy(a, span_from(p->exe.p, at + 1));
}

static struct span user_of(struct look *l, uint32_t uid)
{
	struct span name = names_user(l->names, uid);

	return name.n ? name : span_of(arena_format(scan_arena(l->scan), "%u", uid));
}

static struct span key_of(struct look *l, const struct process *p)
{
	struct arena *a = scan_arena(l->scan);
	AUTO(buf) b = BUF_INIT(BUF_MAX_DEFAULT);
	struct span unit = unit_stable(p->unit, a), where = p->container.n ? p->container : unit;

	buf_add_span(&b, stable_exe(p, a));
	buf_add_char(&b, '@');
	buf_add_span(&b, user_of(l, p->euid));
	if (where.n) {
		buf_add_char(&b, '#');
		buf_add_span(&b, where);
	}
	return arena_copy(a, buf_span(&b));
}

/* ---- one record ---- */

static void set_items(struct record *r, unsigned field, struct arena *a, struct items *list)
{
	struct span all[ITEMS_MAX + 1];

	if (list->n == 0)
		return;
	memcpy(all, list->item, list->n * sizeof *all);
	if (list->more)
		all[list->n] = span_of("…");
	record_set_set(r, field, a, all, list->n + list->more);
}

static void set_caps(struct record *r, unsigned field, struct look *l, uint64_t caps)
{
	struct arena *a = scan_arena(l->scan);
	struct span names[65];
	size_t n = 0;
	bool most = (unsigned)__builtin_popcountll(l->all_caps & ~caps) <= CAPS_MISSING;

	if (most) {
		names[n++] = span_of("all");
		caps ^= l->all_caps;
	}
	for (unsigned i = 0; i < 64; i++)
		if (caps >> i & 1) {
			const char *name = capability_name(i);

			const char *sign = most ? "-" : "";

			names[n++] = span_of(name ? arena_format(a, "%s%s", sign, name)
						  : arena_format(a, "%s%u", sign, i));
		}
	if (n)
		record_set_list(r, field, a, names, n);
}

static void set_text(struct record *r, unsigned field, struct span text)
{
	if (text.n)
		record_set_bytes(r, field, text);
}

static void set_file(struct look *l, struct record *r, const struct program *g)
{
	record_set_number(r, PROCESS_DELETED, g->deleted);
	record_set_number(r, PROCESS_REPLACED, g->replaced);
	record_set_number(r, PROCESS_MEMFD, g->first->memfd);
	set_text(r, PROCESS_PACKAGE, span_of(g->package));
	if (g->can_say_packaged)
		record_set_number(r, PROCESS_UNPACKAGED, g->unpackaged);
	record_set_number(r, PROCESS_WRITABLE, g->writable);
	record_set_number(r, PROCESS_IMAGE, g->image);
	if ((g->asks & field_bit(PROCESS_COPY_OF)) && (g->unpackaged || g->first->memfd))
		set_text(r, PROCESS_COPY_OF, span_of(look_copy_of(l, g)));
}

/* Only of what is still wanted when all else is known: most rules hold few of all programs, and
 * reading every one of those that run costs more than all the rest. */
static uint64_t set_digest(struct look *l, struct record *r, const struct program *g)
{
	uint64_t wanted = scan_asks_of(l->scan, r, field_bit(PROCESS_SHA256));
	uint8_t sha256[SHA256_SIZE];
	struct err e;

	if (!(wanted & field_bit(PROCESS_SHA256)))
		return 0;
	if (look_digest(l, g, sha256, &e) < 0) {
		/* What has just ended will be gone the next time; nothing was kept from us. */
		if (e.code != ERR_CHANGED)
			scan_gap_err(l->scan, &kind_process, r->key, false, &e);
		return field_bit(PROCESS_SHA256);
	}
	record_set_bytes(r, PROCESS_SHA256,
		arena_copy(scan_arena(l->scan), span_from(sha256, sizeof sha256)));
	return 0;
}

static void emit(struct look *l, struct program *g)
{
	struct arena *a = scan_arena(l->scan);
	struct record *r = record_new(a, &kind_process);

	r->key = g->key;
	set_text(r, PROCESS_EXE, stable_exe(g->first, a));
	set_text(r, PROCESS_USER, g->user);
	set_text(r, PROCESS_UNIT, g->unit);
	set_text(r, PROCESS_CONTAINER, g->first->container);
	set_file(l, r, g);
	set_items(r, PROCESS_SCRIPTS, a, &g->scripts);
	set_items(r, PROCESS_SCRIPT_DIGESTS, a, &g->script_digests);
	set_items(r, PROCESS_UNPACKAGED_SCRIPTS, a, &g->unpackaged_scripts);
	set_caps(r, PROCESS_CAPABILITIES, l, g->capabilities);
	set_caps(r, PROCESS_AMBIENT, l, g->ambient);
	if (g->seccomp < SECCOMP_N)
		record_set_number(r, PROCESS_SECCOMP, g->seccomp);
	record_set_number(r, PROCESS_NO_NEW_PRIVS, g->no_new_privs);
	set_items(r, PROCESS_NAMESPACES, a, &g->namespaces);
	set_items(r, PROCESS_ROOT, a, &g->roots);
	set_items(r, PROCESS_LIBRARIES, a, &g->libraries);
	set_items(r, PROCESS_REPLACED_LIBRARIES, a, &g->replaced_libraries);
	record_set_number(r, PROCESS_TRACED, g->traced);
	set_items(r, PROCESS_TRACERS, a, &g->tracers);
	set_items(r, PROCESS_LD_ENVIRONMENT, a, &g->ld_environment);
	record_set_number(r, PROCESS_MASQUERADE, g->masquerade);
	set_items(r, PROCESS_LABEL, a, &g->labels);
	set_items(r, PROCESS_REAL_USERS, a, &g->real_users);
	set_items(r, PROCESS_PIDS, a, &g->pids);
	record_set_number(r, PROCESS_COUNT, g->count);
	if (g->started)
		record_set_time(r, PROCESS_STARTED, g->started);
	set_items(r, PROCESS_COMMANDS, a, &g->commands);
	set_items(r, PROCESS_PARENTS, a, &g->parents);
	set_items(r, PROCESS_CWD, a, &g->cwd);
	scan_emit_part(l->scan, r, set_digest(l, r, g));
}

/* ---- all of them ---- */

static void program_begin(struct look *l, struct program *g, const struct entry *e, uint64_t asks)
{
	memset(g, 0, sizeof *g);
	g->first = e->process;
	g->key = e->key;
	g->asks = asks;
	g->user = user_of(l, e->process->euid);
	g->unit = unit_stable(e->process->unit, scan_arena(l->scan));
	g->no_new_privs = true;
	g->seccomp = SECCOMP_N;
}

/* False: one of them became another program while it was looked at. It is left out; begin again. */
static bool look_once(struct look *l, struct program *g, struct entry *e, size_t n)
{
	for (size_t i = 0; i < n && !scan_stopped(l->scan); i++) {
		int fd = e[i].left_out ? -1 : host_process_open(l->host, e[i].process);
		enum looked looked;

		if (fd < 0)
			continue;
		looked = look_process(l, g, e[i].process, fd);
		close(fd);
		e[i].left_out = looked != LOOKED;
		if (looked == LOOKED_MIXED)
			return false;
	}
	return true;
}

static void look_program(struct look *l, struct entry *e, size_t n, uint64_t asks)
{
	struct program *g = mem_new(sizeof *g);

	do
		program_begin(l, g, e, asks);
	while (!look_once(l, g, e, n));
	if (g->count)
		emit(l, g);
	free(g);
}

/* We and those we started look different each time, by who called us. */
static bool is_ours(const struct process *self, const struct process *p)
{
	if (!self || !span_same(self->exe, p->exe))
		return false;
	return p->pid == self->pid || p->pid == self->ppid || p->ppid == self->pid ||
	       p->ppid == self->ppid;
}

static int compare(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int r = span_compare(a->key, b->key);

	return r ? r : a->process->pid < b->process->pid ? -1 : 1;
}

/* *ret: an entry a process, in order of keys. */
static size_t list_programs(struct look *l, const struct process *all, size_t n, struct entry *ret)
{
	const struct process *self = host_process(l->host, (uint32_t)getpid());
	size_t kept = 0;

	for (size_t i = 0; i < n; i++) {
		const struct process *p = &all[i];

		if (p->kernel || p->exe.n == 0 || is_ours(self, p))
			continue;
		ret[kept++] = (struct entry){ key_of(l, p), p, false };
	}
	if (kept)
		qsort(ret, kept, sizeof *ret, compare);
	return kept;
}

/* Without the right to trace we may have seen others yesterday that we cannot see today: nothing is
 * said to be gone. With it (of pid 1 in a sandbox, say) these few were never seen. */
static void tell_denied(struct look *l, const struct process *all, size_t n)
{
	struct arena *a = scan_arena(l->scan);
	struct gap gap = { .kind = &kind_process, .reason = GAP_DENIED };
	size_t denied = 0;

	for (size_t i = 0; i < n; i++) {
		const struct process *p = &all[i];

		if (!p->denied || ++denied > DENIED_MAX || !l->may_trace)
			continue;
		gap.key = span_of(arena_format(a, "[%s]@%s", arena_text(a, p->comm),
			arena_text(a, user_of(l, p->euid))));
		gap.text = arena_format(a, "what process %u runs cannot be seen", p->pid);
		scan_gap(l->scan, &gap);
	}
	if (!denied || (l->may_trace && denied <= DENIED_MAX))
		return;
	gap.key = SPAN_NONE;
	gap.subtree = true;
	gap.text = arena_format(a, "what %zu processes run cannot be seen", denied);
	scan_gap(l->scan, &gap);
}

static void look_at_kernel(struct look *l)
{
	struct arena *a = scan_arena(l->scan);
	struct process_status status;
	struct span text;
	struct err e;
	unsigned last = 40;

	if (host_read(l->host, "proc/sys/kernel/cap_last_cap", 16, a, &text, &e) == 0)
		last = (unsigned)strtoul(text.p, NULL, 10) & 63;
	l->all_caps = last == 63 ? UINT64_MAX : (UINT64_C(1) << (last + 1)) - 1;
	l->labels = host_read(l->host, "proc/self/attr/current", 4096, a, &text, &e) == 0;
	if (host_read(l->host, "proc/thread-self/status", 65536, a, &text, &e) == 0) {
		process_status_from(text, &status);
		l->may_trace = (status.effective >> CAP_PTRACE & 1) != 0;
	}
	if (fstat(host_root(l->host), &l->root) < 0)
		l->root = (struct stat){ 0 };
}

static void look_all(struct look *l, const struct process *all, size_t n)
{
	struct entry *list = mem_array(n ? n : 1, sizeof *list);
	size_t kept = list_programs(l, all, n, list), next;

	tell_denied(l, all, n);
	for (size_t i = 0; i < kept && !scan_stopped(l->scan); i = next) {
		uint64_t asks = scan_asks(l->scan, &kind_process, list[i].key);

		for (next = i + 1; next < kept && span_same(list[next].key, list[i].key); next++)
			;
		if (asks)
			look_program(l, &list[i], next - i, asks);
	}
	free(list);
}

static int scan(struct scan *s, struct err *e)
{
	struct look l = { .scan = s, .host = scan_host(s), .text = BUF_INIT(TEXT_MAX) };
	const struct process *all;
	size_t n;

	if (host_processes(l.host, &all, &n, e) < 0)
		return e->code;
	if (names_load(&l.names, host_root(l.host), e) < 0)
		return e->code;
	look_at_kernel(&l);
	look_all(&l, all, n);
	names_free(l.names);
	verdicts_free(&l.libraries);
	buf_done(&l.text);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_EXEC, NULL, 0 },
	{ WATCH_EXIT, NULL, 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_process = {
	.kind = &kind_process,
	.source = "proc",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
