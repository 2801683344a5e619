/* Programs of one type, name and tag are one entity: systemd loads the same one for each service,
 * and numbers differ with each boot. */
#include "entity/bpf.h"

#include <errno.h>
#include <linux/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "core/mem.h"
#include "core/time.h"
#include "entity/list.h"
#include "host/bpf.h"
#include "host/bpf_types.h"
#include "host/process.h"
#include "os/clock.h"
#include "os/names.h"
#include "sensor/bpf/bpf_collect.h"
#include "sensor/bpf/bpf_room.h"

#define NOTES_MAX 1000000
#define SHOWN_MAX 32

int bpf_call(int what, void *attr, unsigned size)
{
	return (int)syscall(SYS_bpf, what, attr, size);
}

int bpf_open_id(int what, uint32_t id)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	a.prog_id = id;
	return bpf_call(what, &a, sizeof a);
}

int bpf_info(int fd, void *info, uint32_t *n)
{
	union bpf_attr a;
	int rc;

	memset(&a, 0, sizeof a);
	a.info.bpf_fd = (uint32_t)fd;
	a.info.info_len = *n;
	a.info.info = (uint64_t)(uintptr_t)info;
	rc = bpf_call(BPF_OBJ_GET_INFO_BY_FD, &a, sizeof a);
	*n = a.info.info_len < *n ? a.info.info_len : *n;
	return rc;
}

struct bpf_program *bpf_by_id(struct bpf_programs *all, uint32_t id)
{
	size_t from = 0, to = all->n;

	while (from < to) {
		size_t at = from + (to - from) / 2;

		if (all->list[at].id == id)
			return &all->list[at];
		if (all->list[at].id < id)
			from = at + 1;
		else
			to = at;
	}
	return NULL;
}

void bpf_note(struct bpf_programs *all, struct bpf_program *p, enum note_list which,
	struct span text, uint32_t pid)
{
	if (all->n_notes == NOTES_MAX)
		return;
	if (all->n_notes == all->cap_notes) {
		all->cap_notes = all->cap_notes ? all->cap_notes * 2 : 64;
		all->notes = mem_grow(all->notes, all->cap_notes, sizeof *all->notes);
	}
	all->notes[all->n_notes] = (struct note){ text, pid, p->notes[which] };
	p->notes[which] = (uint32_t)all->n_notes++;
}

/* ---- programs ---- */

/* Our iterators (host/bpf.h), and what the watcher hears by (host/bpf_trace.h). */
static bool may_be_own(uint32_t type)
{
	return type == BPF_PROG_TYPE_TRACING || type == BPF_PROG_TYPE_RAW_TRACEPOINT ||
	       type == BPF_PROG_TYPE_CGROUP_SOCK;
}

static bool describe(struct bpf_programs *all, int fd, struct bpf_program *p)
{
	struct bpf_prog_info info;
	uint32_t n = sizeof info;

	memset(&info, 0, sizeof info);
	if (bpf_info(fd, &info, &n) < 0)
		return false;
	*p = (struct bpf_program){ .id = info.id,
		.type = info.type,
		.uid = info.created_by_uid,
		.size = info.xlated_prog_len,
		.gpl = info.gpl_compatible,
		.loaded = info.load_time,
		.notes = { NONE, NONE, NONE } };
	memcpy(p->tag, info.tag, sizeof p->tag);
	memcpy(p->name, info.name, sizeof info.name);
	p->own = may_be_own(info.type) && strcmp(p->name, BPF_OWN_NAME) == 0 &&
		 bpf_is_own(all->host, p->tag);
	return true;
}

/* 0 at the end; ERR_DENIED without the right to look. */
static int programs(struct bpf_programs *all, struct err *e)
{
	union bpf_attr a;

	memset(&a, 0, sizeof a);
	all->list = mem_array(PROGRAMS_MAX, sizeof *all->list);
	while (all->n < PROGRAMS_MAX) {
		int fd;

		if (bpf_call(BPF_PROG_GET_NEXT_ID, &a, sizeof a) < 0)
			return errno == ENOENT ? 0 : err_sys(e, "cannot list BPF programs");
		fd = bpf_open_id(BPF_PROG_GET_FD_BY_ID, a.next_id);
		a.start_id = a.next_id;
		a.next_id = 0;
		if (fd < 0 && errno == ENOENT)
			continue; /* unloaded just now */
		if (fd < 0)
			return err_sys(e, "cannot look at BPF program %u", a.start_id);
		/* Ours are no entities: where they run and who holds them is not asked for. */
		all->n += describe(all, fd, &all->list[all->n]) && !all->list[all->n].own;
		close(fd);
	}
	return err_set(e, ERR_LIMIT, "more than %d BPF programs", PROGRAMS_MAX);
}

static void name_all(struct bpf_programs *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct bpf_program *p = &all->list[i];
		char tag[17];

		for (unsigned k = 0; k < sizeof p->tag; k++)
			snprintf(tag + 2 * k, 3, "%02x", p->tag[k]);
		p->key = span_of(arena_format(all->arena, "%s/%s/%s",
			bpf_program_type(p->type, all->arena), p->name[0] ? p->name : "-", tag));
	}
}

static int by_key(const void *a, const void *b)
{
	const struct bpf_program *x = a, *y = b;
	int r = span_compare(x->key, y->key);

	if (r)
		return r;
	return x->id < y->id ? -1 : x->id > y->id;
}

/* ---- entities ---- */

struct texts {
	struct span *item;
	size_t n, cap;
};

static void add(struct texts *t, struct span s)
{
	if (t->n == t->cap) {
		t->cap = t->cap ? t->cap * 2 : 16;
		t->item = mem_grow(t->item, t->cap, sizeof *t->item);
	}
	if (s.n)
		t->item[t->n++] = s;
}

static void put(struct bpf_programs *all, struct record *r, unsigned field, struct texts *t)
{
	if (t->n)
		record_set_set(r, field, all->arena, t->item, t->n);
	t->n = 0;
}

static void put_notes(struct bpf_programs *all, struct record *r, unsigned field,
	const struct bpf_program *p, size_t n, enum note_list which, struct texts *t)
{
	for (size_t i = 0; i < n; i++)
		for (uint32_t at = p[i].notes[which]; at != NONE; at = all->notes[at].next)
			add(t, all->notes[at].text);
	put(all, r, field, t);
}

enum what { WHAT_EXE, WHAT_UNIT, WHAT_PROCESS, WHAT_PID };

static struct span tell(struct bpf_programs *all, uint32_t pid, enum what what)
{
	const struct process *p = host_process(all->host, pid);

	if (what == WHAT_PID)
		return span_of(arena_format(all->arena, "%u", pid));
	if (!p)
		return SPAN_NONE;
	return what == WHAT_EXE    ? p->exe
	       : what == WHAT_UNIT ? unit_stable(p->unit, all->arena)
				   : p->comm;
}

static void put_holders(struct bpf_programs *all, struct record *r, const struct bpf_program *p,
	size_t n, struct texts *t)
{
	static const uint8_t field[] = { BPF_FIELD_EXE, BPF_FIELD_UNIT, BPF_FIELD_PROCESS,
		BPF_FIELD_PIDS };

	for (unsigned what = 0; what < sizeof field; what++) {
		for (size_t i = 0; i < n; i++)
			for (uint32_t at = p[i].notes[NOTE_HOLDER]; at != NONE;
				at = all->notes[at].next)
				if (what != WHAT_PID || t->n < SHOWN_MAX)
					add(t, tell(all, all->notes[at].pid, (enum what)what));
		put(all, r, field[what], t);
	}
}

static void put_users(struct bpf_programs *all, struct record *r, const struct bpf_program *p,
	size_t n, const struct names *names, struct texts *t)
{
	for (size_t i = 0; i < n; i++) {
		struct span user = names_user(names, p[i].uid);

		add(t, user.n ? user : span_of(arena_format(all->arena, "%u", p[i].uid)));
	}
	put(all, r, BPF_FIELD_USER, t);
}

static int64_t since_boot(uint64_t ns)
{
	struct timespec t;

	clock_gettime(CLOCK_BOOTTIME, &t);
	return clock_now() - (t.tv_sec * TIME_SECOND + t.tv_nsec) + (int64_t)ns;
}

/* n programs of the same key. */
static void emit(struct bpf_programs *all, const struct bpf_program *p, size_t n,
	const struct names *names, struct texts *t)
{
	struct record *r = record_new(all->arena, &kind_bpf);
	size_t slash = p->key.n - 17;

	r->key = p->key;
	record_set_bytes(r, BPF_FIELD_TYPE, span_of(bpf_program_type(p->type, all->arena)));
	if (p->name[0])
		record_set_bytes(r, BPF_FIELD_NAME, span_of(p->name));
	record_set_bytes(r, BPF_FIELD_TAG, span_from_offset(p->key, slash + 1));
	record_set_number(r, BPF_FIELD_SIZE, p->size);
	record_set_number(r, BPF_FIELD_GPL, p->gpl);
	record_set_number(r, BPF_FIELD_PROGRAMS, n);
	record_set_time(r, BPF_FIELD_LOADED, since_boot(p->loaded));
	put_notes(all, r, BPF_FIELD_ATTACHED, p, n, NOTE_ATTACHED, t);
	put_notes(all, r, BPF_FIELD_PINNED, p, n, NOTE_PINNED, t);
	record_set_number(r, BPF_FIELD_DETACHED, !record_has(r, BPF_FIELD_ATTACHED));
	put_users(all, r, p, n, names, t);
	put_holders(all, r, p, n, t);
	for (size_t i = 0; i < n && i < SHOWN_MAX; i++)
		add(t, span_of(arena_format(all->arena, "%u", p[i].id)));
	put(all, r, BPF_FIELD_IDS, t);
	scan_emit(all->scan, r);
}

/* In a container: of the host, or of what is being taken down. Filters of cgroups run nowhere but
 * where they are attached or held, so nothing in here can be seen by one that nobody in here has;
 * and they come and go with the host's units. */
static bool is_the_hosts(const struct bpf_program *p, size_t n)
{
	struct err why;

	if (!span_starts(p->key, span_of("cgroup_")) || bpf_numbers_mean(&why) == 0)
		return false;
	for (size_t i = 0; i < n; i++)
		for (unsigned which = 0; which < NOTE_N; which++)
			if (p[i].notes[which] != NONE)
				return false;
	return true;
}

static void emit_all(struct bpf_programs *all)
{
	AUTO_FREE(names) names = NULL;
	struct texts t = { 0 };
	struct err why;

	if (names_load(&names, host_root(all->host), &why) < 0)
		names = NULL; /* numbers serve as well */
	name_all(all);
	if (all->n)
		qsort(all->list, all->n, sizeof *all->list, by_key);
	for (size_t from = 0, to; from < all->n; from = to) {
		for (to = from + 1; to < all->n; to++)
			if (!span_same(all->list[to].key, all->list[from].key))
				break;
		if (!is_the_hosts(&all->list[from], to - from))
			emit(all, &all->list[from], to - from, names, &t);
	}
	free(t.item);
}

static void programs_done(struct bpf_programs *all)
{
	free(all->list);
	free(all->notes);
}

static int scan(struct scan *s, struct err *e)
{
	__attribute__((cleanup(programs_done))) struct bpf_programs all = {
		.scan = s,
		.host = scan_host(s),
		.arena = scan_arena(s),
	};

	if (scan_asks_kind(s, &kind_bpf) == 0)
		return 0;
	if (programs(&all, e) < 0)
		return e->code;
	bpf_pins(&all);
	if (all.n) {
		bpf_links(&all);
		bpf_cgroups(&all);
		bpf_interfaces(&all);
		bpf_holders(&all);
	}
	emit_all(&all);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_FILE, "/sys/fs/bpf/**", 0 },
	{ WATCH_POLL, NULL, 10 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_bpf = {
	.kind = &kind_bpf,
	.source = "bpf",
	.needs = NEED_LIVE,
	.scan = scan,
	.watches = watches,
};
