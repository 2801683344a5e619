#include "watch/process/process_table.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"
#include "watch/process/process_tally.h"

#define BUCKETS ((size_t)1 << 13)
#define GROUP_BUCKETS 256U
#define ALLOCATED 16             /* what malloc adds */
#define LAG UINT64_C(5000000000) /* between an act and its being heard of, at most */

struct group_slot {
	struct group group;
	struct group_slot *chain;
};

struct process_table {
	size_t bytes, bytes_max, living, gone;
	uint64_t tick, refused;
	uint32_t round;
	struct life *oldest, *newest; /* of the gone */
	struct tally tally;
	struct life **bucket;       /* BUCKETS */
	struct group_slot **groups; /* GROUP_BUCKETS */
};

static uint64_t mix(uint64_t h)
{
	h ^= h >> 33;
	h *= UINT64_C(0xff51afd7ed558ccd);
	h ^= h >> 33;
	h *= UINT64_C(0xc4ceb9fe1a85ec53);
	return h ^ h >> 33;
}

static struct life **bucket_of(const struct process_table *t, uint32_t pid)
{
	return &t->bucket[mix(pid) & (BUCKETS - 1)];
}

/* ---- groups ---- */

static struct group_slot **group_place(const struct process_table *t, uint64_t id, uint64_t set)
{
	struct group_slot **at = &t->groups[mix(id ^ set) % GROUP_BUCKETS];

	while (*at && ((*at)->group.id != id || (*at)->group.set != set))
		at = &(*at)->chain;
	return at;
}

const struct group *process_table_group(const struct process_table *t, uint64_t id, uint64_t set)
{
	struct group_slot *s = *group_place(t, id, set);

	return s ? &s->group : NULL;
}

static struct group *group_get(struct process_table *t, const struct seen *s)
{
	struct group_slot **at, *g;
	size_t n = sizeof *g + s->unit.n + s->container.n;
	char *text;

	if (!s->cgroup && !s->cgroup_set)
		return NULL;
	at = group_place(t, s->cgroup, s->cgroup_set);
	if (*at) {
		(*at)->group.refs++;
		return &(*at)->group;
	}
	*at = g = mem_new(n);
	text = (char *)(g + 1);
	if (s->unit.n)
		memcpy(text, s->unit.p, s->unit.n);
	if (s->container.n)
		memcpy(text + s->unit.n, s->container.p, s->container.n);
	g->group = (struct group){ .refs = 1,
		.bytes = (uint32_t)n + ALLOCATED,
		.id = s->cgroup,
		.set = s->cgroup_set,
		.unit = span_from(text, s->unit.n),
		.container = span_from(text + s->unit.n, s->container.n) };
	t->bytes += g->group.bytes;
	return &g->group;
}

static void group_put(struct process_table *t, struct group *g)
{
	struct group_slot **at, *s;

	if (!g || --g->refs > 0)
		return;
	at = group_place(t, g->id, g->set);
	s = *at;
	*at = s->chain;
	t->bytes -= g->bytes;
	free(s);
}

/* ---- images ---- */

static struct image *image_new(struct process_table *t, const struct seen *s)
{
	size_t n = sizeof(struct image) + s->exe.n + s->args.n;
	struct image *i;
	char *text;

	if (!s->exe.n && !s->args.n)
		return NULL;
	i = mem_new(n);
	text = (char *)(i + 1);
	if (s->exe.n)
		memcpy(text, s->exe.p, s->exe.n);
	if (s->args.n)
		memcpy(text + s->exe.n, s->args.p, s->args.n);
	*i = (struct image){ .refs = 1,
		.deleted = s->deleted,
		.args_cut = s->args_cut,
		.inode = s->inode,
		.mounts = s->mounts,
		.device = s->device,
		.exe = span_from(text, s->exe.n),
		.args = span_from(text + s->exe.n, s->args.n),
		.bytes = (uint32_t)n + ALLOCATED };
	t->bytes += i->bytes;
	return i;
}

static void image_put(struct process_table *t, struct image *i)
{
	if (!i || --i->refs > 0)
		return;
	t->bytes -= i->bytes;
	free(i);
}

/* ---- what a process ran before ---- */

static void past_put(struct process_table *t, struct past **at)
{
	struct past *x = *at;

	*at = x->older;
	image_put(t, x->image);
	t->bytes -= sizeof *x + ALLOCATED;
	free(x);
}

/* It runs another program since `at`. Of a long chain the first one is kept as long as it is young:
 * it is the one that others are to be taken for. */
static void past_add(struct process_table *t, struct life *l, uint64_t at)
{
	struct past *x, **last = &l->past, **second = &l->past;
	unsigned n = 0;

	if (!l->image)
		return;
	x = mem_new(sizeof *x);
	*x = (struct past){ l->past, l->image, l->exec, at, l->own };
	l->past = x;
	l->image = NULL;
	t->bytes += sizeof *x + ALLOCATED;
	for (struct past **i = &l->past; *i; i = &(*i)->older, n++) {
		second = last;
		last = i;
	}
	if (n <= PAST_MAX)
		return;
	if (!(*last)->own || (*last)->until + LAG < at) {
		past_put(t, last);
	} else {
		past_put(t, second);
		l->past_cut = true;
	}
}

/* ---- who is like whom ---- */

static uint64_t hash(uint64_t h, struct span s)
{
	return mix(hash_add(h, s) ^ s.n);
}

static uint64_t likeness(const struct life *l, const struct image *i)
{
	uint64_t h = hash(l->uid, i ? i->exe : SPAN_NONE);

	h = hash(h, l->group ? l->group->unit : SPAN_NONE);
	h = hash(h, l->group ? l->group->container : SPAN_NONE);
	return h ? h : 1;
}

/* Whatever says what it is like changed. */
static void count(struct process_table *t, struct life *l)
{
	uint64_t now = l->ended || !l->image ? 0 : likeness(l, l->image);

	if (now == l->tally)
		return;
	if (l->tally)
		tally_remove(&t->tally, l->tally);
	if (now)
		tally_add(&t->tally, now);
	l->tally = now;
}

uint32_t process_table_alike(const struct process_table *t, const struct life *l,
	const struct image *i)
{
	return tally_of(&t->tally, likeness(l, i));
}

/* ---- look up ---- */

static bool same_start(const struct process_table *t, uint64_t a, uint64_t b)
{
	return !a || !b || a / t->tick == b / t->tick;
}

static struct life *next_of(struct life *l, uint32_t pid)
{
	while (l && l->pid != pid)
		l = l->chain;
	return l;
}

struct life *process_table_get(const struct process_table *t, uint32_t pid, uint64_t start)
{
	struct life *l = next_of(*bucket_of(t, pid), pid);

	while (l && !same_start(t, l->start, start))
		l = next_of(l->chain, pid);
	return l;
}

struct life *process_table_parent(const struct process_table *t, const struct life *l)
{
	struct life *p = l->parent ? process_table_get(t, l->parent, l->parent_start) : NULL;

	/* Told by its number alone: whoever has it must have been there first. */
	while (p && !l->parent_start && l->start && p->start > l->start)
		p = next_of(p->chain, l->parent);
	return p == l ? NULL : p;
}

enum process_found process_table_find(const struct process_table *t, uint32_t pid, uint64_t at,
	enum process_hold hold, struct life **ret)
{
	struct life *l = next_of(*bucket_of(t, pid), pid), *before;

	while (l && at && l->start > at + t->tick)
		l = next_of(l->chain, pid);
	if (hold == HOLD_GONE && l && !l->ended && next_of(l->chain, pid))
		l = next_of(l->chain, pid);
	if (!l)
		return PROCESS_NEVER;
	before = next_of(l->chain, pid);
	if (hold == HOLD_NOTHING && before && before->ended + LAG >= at)
		return PROCESS_TWO;
	*ret = l;
	return PROCESS_FOUND;
}

struct image *process_table_image(const struct life *l, uint64_t at)
{
	struct image *i = l->image;
	uint64_t since = l->exec;

	for (const struct past *x = l->past; x && at && at < since; x = x->older) {
		i = x->image;
		since = x->since;
	}
	return i;
}

/* ---- the gone ---- */

static void gone_add(struct process_table *t, struct life *l)
{
	l->older = t->newest;
	l->newer = NULL;
	*(t->newest ? &t->newest->newer : &t->oldest) = l;
	t->newest = l;
	t->gone++;
}

static void gone_remove(struct process_table *t, struct life *l)
{
	*(l->older ? &l->older->newer : &t->oldest) = l->newer;
	*(l->newer ? &l->newer->older : &t->newest) = l->older;
	t->gone--;
}

static void forget(struct process_table *t, struct life *l)
{
	struct life **at = bucket_of(t, l->pid), *parent = process_table_parent(t, l);

	if (parent && parent->children)
		parent->children--;
	while (*at != l)
		at = &(*at)->chain;
	*at = l->chain;
	image_put(t, l->image);
	while (l->past)
		past_put(t, &l->past);
	group_put(t, l->group);
	t->bytes -= sizeof *l + ALLOCATED + l->n_answer;
	free(l->answer);
	free(l);
}

/* Who has living children is kept, and whoever has any a second time: they are the ancestry of
 * those that live. There are no more of the first than there are living. */
static void make_room(struct process_table *t)
{
	for (size_t n = t->gone; t->bytes > t->bytes_max && n > 0; n--) {
		struct life *l = t->oldest;

		gone_remove(t, l);
		if (l->heirs || (l->children && !l->spared)) {
			l->spared = true;
			gone_add(t, l);
			continue;
		}
		forget(t, l);
	}
}

static void end(struct process_table *t, struct life *l, uint64_t at)
{
	struct life *parent = process_table_parent(t, l);

	l->ended = at ? at : 1;
	if (parent && parent->heirs)
		parent->heirs--;
	count(t, l);
	t->living--;
	gone_add(t, l);
}

/* ---- what is heard ---- */

static void copy_name(char *to, size_t n, struct span from)
{
	size_t k = from.n < n ? from.n : n - 1;

	if (k)
		memcpy(to, from.p, k);
	memset(to + k, 0, n - k);
}

static struct life *born(struct process_table *t, const struct seen *s)
{
	struct life *l = process_table_get(t, s->pid, 0), *parent;

	if (l && !l->ended) /* its end was not heard of */
		end(t, l, s->start);
	make_room(t);
	if (t->bytes > t->bytes_max) {
		t->refused++;
		return NULL;
	}
	l = mem_new(sizeof *l);
	t->bytes += sizeof *l + ALLOCATED;
	l->uid = l->login_uid = l->session = UINT32_MAX;
	l->pid = s->pid;
	l->start = s->start;
	l->parent = s->parent;
	l->parent_start = s->parent_start;
	l->chain = *bucket_of(t, l->pid);
	*bucket_of(t, l->pid) = l;
	t->living++;
	parent = process_table_parent(t, l);
	if (parent) {
		parent->children++;
		parent->heirs++;
		l->parent_start = parent->start;
	}
	return l;
}

/* What may change while it lives. */
static void take(struct process_table *t, struct life *l, const struct seen *s)
{
	struct group *was = l->group;

	if (s->uid != UINT32_MAX) {
		l->uid = s->uid;
		l->login_uid = s->login_uid;
		l->session = s->session;
	}
	l->kernel = s->kernel;
	if (s->comm.p)
		copy_name(l->comm, sizeof l->comm, s->comm);
	if (s->tty.p)
		copy_name(l->tty, sizeof l->tty, s->tty);
	/* What /proc told is of the same group, as far as anybody knows. */
	if ((s->cgroup || s->cgroup_set) && !(s->group_unknown && was && was->id == 0)) {
		l->group = s->group_unknown ? NULL : group_get(t, s);
		group_put(t, was);
	}
}

static void drop_answer(struct process_table *t, struct life *l)
{
	t->bytes -= l->n_answer;
	free(l->answer);
	l->answer = NULL;
	l->n_answer = 0;
}

void process_table_better(struct process_table *t, struct life *l, const struct seen *s)
{
	take(t, l, s);
	if (!l->start)
		l->start = s->start;
	if (!l->image)
		l->image = image_new(t, s);
	else if (s->deleted && span_same(s->exe, l->image->exe))
		l->image->deleted = true;
	count(t, l);
}

/* What it runs by now, where its exec was not heard of. */
static void renew_image(struct process_table *t, struct life *l, const struct seen *s)
{
	const struct image *i = l->image;

	if (!i || !s->exe.n || (span_same(i->exe, s->exe) && span_same(i->args, s->args)))
		return;
	image_put(t, l->image);
	l->image = image_new(t, s);
	drop_answer(t, l);
}

struct life *process_table_running(struct process_table *t, const struct seen *s)
{
	struct life *l = process_table_get(t, s->pid, 0);

	if (!l || l->ended || !same_start(t, l->start, s->start))
		l = born(t, s);
	if (!l)
		return NULL;
	renew_image(t, l, s);
	process_table_better(t, l, s);
	make_room(t);
	if (!l->exec) {
		l->exec = l->start;
		l->own = true;
	}
	l->round = t->round;
	return l;
}

void process_table_sweep(struct process_table *t)
{
	t->round++;
}

void process_table_ran(struct process_table *t, uint64_t at)
{
	for (size_t i = 0; i < BUCKETS; i++)
		for (struct life *l = t->bucket[i]; l; l = l->chain)
			if (!l->ended && l->round != t->round && l->start < at)
				end(t, l, at);
	make_room(t);
}

/* Made by fork it is what its parent is, but for what is known better. */
static void inherit(struct life *l, const struct life *parent)
{
	l->image = parent->image;
	if (l->image)
		l->image->refs++;
	l->group = parent->group;
	if (l->group)
		l->group->refs++;
	l->uid = parent->uid;
	l->login_uid = parent->login_uid;
	l->session = parent->session;
	memcpy(l->tty, parent->tty, sizeof l->tty);
	memcpy(l->comm, parent->comm, sizeof l->comm);
}

struct life *process_table_fork(struct process_table *t, const struct seen *s)
{
	struct life *l = process_table_get(t, s->pid, s->start), *parent;

	if (l && (s->start || (!l->ended && l->parent == s->parent)))
		return l; /* already told of as one that runs */
	l = born(t, s);
	if (!l)
		return NULL;
	l->exec = s->start;
	parent = process_table_parent(t, l);
	if (parent)
		inherit(l, parent);
	take(t, l, s);
	count(t, l);
	return l;
}

struct life *process_table_exec(struct process_table *t, const struct seen *s, uint64_t at)
{
	struct life *l = process_table_get(t, s->pid, s->start);

	if (!l || l->ended)
		l = born(t, s);
	if (!l)
		return NULL;
	past_add(t, l, at);
	l->image = image_new(t, s);
	l->exec = at;
	l->own = true;
	l->kernel = false;
	drop_answer(t, l);
	take(t, l, s);
	count(t, l);
	make_room(t);
	return l;
}

struct life *process_table_exit(struct process_table *t, uint32_t pid, uint64_t start, uint64_t at)
{
	struct life *l = process_table_get(t, pid, start);

	if (!l || l->ended)
		return NULL;
	end(t, l, at);
	return l; /* room is made when another is born */
}

void process_table_answer(struct process_table *t, struct life *l, struct span answer, uint64_t at)
{
	drop_answer(t, l);
	l->answer = mem_copy(answer.p, answer.n);
	l->n_answer = (uint32_t)answer.n;
	l->answered = at;
	t->bytes += l->n_answer;
}

struct process_numbers process_table_numbers(const struct process_table *t)
{
	return (struct process_numbers){ t->living, t->gone, t->bytes, t->refused };
}

/* ---- the whole ---- */

struct process_table *process_table_new(size_t bytes_max, uint64_t tick)
{
	struct process_table *t = mem_new(sizeof *t);

	t->bytes_max = bytes_max;
	t->tick = tick;
	t->bucket = mem_array(BUCKETS, sizeof *t->bucket);
	t->groups = mem_array(GROUP_BUCKETS, sizeof *t->groups);
	t->bytes = sizeof *t + BUCKETS * sizeof *t->bucket + GROUP_BUCKETS * sizeof *t->groups;
	t->round = 1;
	return t;
}

void process_table_free(struct process_table *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < BUCKETS; i++)
		while (t->bucket[i])
			forget(t, t->bucket[i]);
	tally_done(&t->tally);
	free(t->bucket);
	free(t->groups);
	free(t);
}
