#include "host/units.h"

#include <stdlib.h>

#include "core/attr.h"
#include "core/mem.h"
#include "host/state.h"
#include "host/units_state.h"

#define UNITS_MAX ((size_t)16384)
#define ENTRIES_BYTES ((size_t)32 << 20)
#define PASSWD_MAX ((size_t)32 << 20)
#define HOMES_MAX 4096 /* in which we look for units; more: a problem that says so */

/* systemd.unit(5), in their order. What systemd finds through /lib is where that leads. */
static const struct unit_folder system_folders[] = {
	{ "etc/systemd/system.control", FOLDER_CONFIG },
	{ "run/systemd/system.control", FOLDER_RUNTIME },
	{ "run/systemd/transient", FOLDER_TRANSIENT },
	{ "run/systemd/generator.early", FOLDER_GENERATOR },
	{ "etc/systemd/system", FOLDER_CONFIG }, { "etc/systemd/system.attached", FOLDER_CONFIG },
	{ "run/systemd/system", FOLDER_RUNTIME }, { "run/systemd/system.attached", FOLDER_RUNTIME },
	{ "run/systemd/generator", FOLDER_GENERATOR },
	{ "usr/local/lib/systemd/system", FOLDER_VENDOR },
	{ "usr/lib/systemd/system", FOLDER_VENDOR },
	{ "run/systemd/generator.late", FOLDER_GENERATOR },
	{ "lib/systemd/system", FOLDER_VENDOR }, /* the last: left out where it is usr/lib */
};
static const struct unit_folder user_folders[] = {
	{ "etc/xdg/systemd/user", FOLDER_CONFIG },
	{ "etc/systemd/user", FOLDER_CONFIG },
	{ "run/systemd/user", FOLDER_RUNTIME },
	{ "usr/local/share/systemd/user", FOLDER_VENDOR },
	{ "usr/share/systemd/user", FOLDER_VENDOR },
	{ "usr/local/lib/systemd/user", FOLDER_VENDOR },
	{ "usr/lib/systemd/user", FOLDER_VENDOR },
	{ "lib/systemd/user", FOLDER_VENDOR },
};

struct unit_index {
	struct units units;
	struct unit_search system; /* kept for host_unit_named */
	struct buf list, problems;
};

static void search_init(struct unit_search *s, struct unit_index *x, struct host *h)
{
	*s = (struct unit_search){ .h = h,
		.arena = h->arena,
		.prefix = "",
		.entries = BUF_INIT(ENTRIES_BYTES),
		.relations = BUF_INIT(ENTRIES_BYTES),
		.units = &x->list,
		.problems = &x->problems };
}

static void search_done(struct unit_search *s)
{
	buf_done(&s->entries);
	buf_done(&s->relations);
}

void unit_index_free(struct unit_index *x)
{
	if (!x)
		return;
	search_done(&x->system);
	buf_done(&x->list);
	buf_done(&x->problems);
	free(x);
}

/* Not when the last folder is the one before by another name (a merged /usr). */
static size_t without_double(struct host *h, const struct unit_folder *f, size_t n,
	const char *other)
{
	struct stat a, b;
	struct err why;

	if (host_stat(h, f[n - 1].path, false, &a, &why) == 0 &&
		host_stat(h, other, false, &b, &why) == 0 && a.st_dev == b.st_dev &&
		a.st_ino == b.st_ino)
		return n - 1;
	return n;
}

/* ---- which units there are ---- */

static int compare_spans(const void *x, const void *y)
{
	return span_compare(*(const struct span *)x, *(const struct span *)y);
}

/* A link is an alias unless its target has the same name, is /dev/null, or is the template of which
 * it is an instance. */
static bool is_alias(const struct unit_entry *x, struct arena *a)
{
	struct span target = unit_base_name(x->target);

	return x->target.n && !span_is(x->target, "/dev/null") && unit_type(target).n &&
	       !span_same(target, x->name) && !span_same(target, unit_template(x->name, a));
}

/* Names of files, and of instances that a link asks for. */
static size_t names_of(struct unit_search *s, struct span **ret)
{
	const struct unit_entry *entry = (const void *)s->entries.p;
	const struct relation *r = (const void *)s->relations.p;
	size_t n_entries = s->entries.n / sizeof *entry, n_relations = s->relations.n / sizeof *r;
	struct span *names = arena_get(s->arena, (n_entries + n_relations + 1) * sizeof *names);
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < n_entries; i++)
		if ((i == 0 || !span_same(entry[i].name, entry[i - 1].name)) &&
			!is_alias(&entry[i], s->arena))
			names[n++] = entry[i].name;
	for (size_t i = 0; i < n_relations; i++)
		if (r[i].type <= UNIT_UPHELD_BY && !entries_find(s, r[i].of) &&
			entries_find(s, unit_template(r[i].of, s->arena)))
			names[n++] = r[i].of;
	if (n)
		qsort(names, n, sizeof *names, compare_spans);
	for (size_t i = 0; i < n; i++)
		if (i == 0 || !span_same(names[i], names[i - 1]))
			names[kept++] = names[i];
	*ret = names;
	return kept;
}

static int search(struct unit_search *s, struct err *e)
{
	struct span *names;
	struct unit *list;
	size_t n, first = s->units->n / sizeof(struct unit);

	if (units_list(s, e) < 0)
		return e->code;
	n = names_of(s, &names);
	if (first + n > UNITS_MAX)
		return err_set(e, ERR_LIMIT, "there are more than %zu units", UNITS_MAX);
	for (size_t i = 0; i < n; i++) {
		struct unit u = { .name = names[i] };

		unit_fill(s, &u);
		buf_add(s->units, &u, sizeof u);
	}
	list = (struct unit *)(void *)s->units->p + first;
	for (size_t i = 0; i < n; i++)
		unit_add_triggers(s, &list[i]);
	relations_sort(s);
	for (size_t i = 0; i < n; i++)
		unit_relate(s, &list[i]);
	return 0;
}

/* ---- users' own ---- */

static const char *const home_folders[] = { ".config/systemd/user.control", ".config/systemd/user",
	".local/share/systemd/user" };

/* Only where the home has the folder at all, which is seldom. */
static int search_home(struct unit_index *x, struct host *h, struct span name, const char *home,
	struct err *e)
{
	struct unit_folder folders[ARRAY_LEN(home_folders)];
	struct unit_search s;
	size_t n = 0;
	int rc;

	for (size_t i = 0; i < ARRAY_LEN(home_folders); i++) {
		const char *path = arena_format(h->arena, "%s/%s", home, home_folders[i]);
		struct stat st;
		struct err why;

		if (host_stat(h, path, false, &st, &why) == 0 || why.code == ERR_DENIED)
			folders[n++] = (struct unit_folder){ path, FOLDER_CONFIG };
	}
	if (n == 0)
		return 0;
	search_init(&s, x, h);
	s.folders = folders;
	s.n_folders = n;
	s.of_users = true;
	s.user = name;
	s.prefix = arena_format(h->arena, "user/%.*s/", SPAN_ARG(name));
	rc = search(&s, e);
	search_done(&s);
	return rc;
}

/* Lines of passwd(5) as far as names and homes go; what is wrong with them is said by kind user. */
static int search_homes(struct unit_index *x, struct host *h, struct err *e)
{
	struct span text, line, field[6];
	struct err why;
	size_t looked = 0;

	if (host_read(h, "etc/passwd", PASSWD_MAX, h->arena, &text, &why) < 0)
		return 0;
	while (span_cut(&text, '\n', &line)) {
		size_t n = 0;

		while (n < ARRAY_LEN(field) && span_cut(&line, ':', &field[n]))
			n++;
		if (n < ARRAY_LEN(field) || field[5].n < 2 || field[5].p[0] != '/' ||
			memchr(field[0].p, '/', field[0].n) || span_is(field[5], "/nonexistent"))
			continue;
		if (looked++ == HOMES_MAX) {
			(void)!err_set(&why, ERR_LIMIT,
				"more than %d homes: units of users behind '%.*s' are not looked "
				"for",
				HOMES_MAX, SPAN_ARG(field[0]));
			buf_add(&x->problems, &(struct unit_problem){ span_of("user/"), why },
				sizeof(struct unit_problem));
			return 0;
		}
		if (search_home(x, h, field[0], arena_text(h->arena, field[5]), e) < 0)
			return e->code;
	}
	return 0;
}

/* ---- the door ---- */

static int compare_units(const void *a, const void *b)
{
	return span_compare(((const struct unit *)a)->key, ((const struct unit *)b)->key);
}

static int find_all(struct unit_index *x, struct host *h, struct err *e)
{
	struct unit_search users;
	int rc;

	x->system.folders = system_folders;
	x->system.n_folders = without_double(h, system_folders, ARRAY_LEN(system_folders),
		"usr/lib/systemd/system");
	if (search(&x->system, e) < 0)
		return e->code;
	search_init(&users, x, h);
	users.prefix = "user/";
	users.of_users = true;
	users.folders = user_folders;
	users.n_folders =
		without_double(h, user_folders, ARRAY_LEN(user_folders), "usr/lib/systemd/user");
	rc = search(&users, e);
	search_done(&users);
	return rc < 0 ? rc : search_homes(x, h, e);
}

/* The buffer may have moved. */
static void set_problems(struct unit_index *x)
{
	x->units.problems = (void *)x->problems.p;
	x->units.n_problems = x->problems.n / sizeof(struct unit_problem);
}

int host_units(struct host *h, const struct units **ret, struct err *e)
{
	struct unit_index *x = h->unit_index;

	if (!x) {
		x = mem_new(sizeof *x);
		x->list = BUF_INIT(UNITS_MAX * sizeof(struct unit));
		x->problems = BUF_INIT(UNITS_MAX * sizeof(struct unit_problem));
		search_init(&x->system, x, h);
		if (find_all(x, h, e) < 0) {
			unit_index_free(x);
			return e->code;
		}
		x->units.list = (void *)x->list.p;
		x->units.n = x->list.n / sizeof(struct unit);
		set_problems(x);
		if (x->units.n)
			qsort(x->units.list, x->units.n, sizeof(struct unit), compare_units);
		h->unit_index = x;
	}
	*ret = &x->units;
	return 0;
}

const struct unit *units_find(const struct units *u, struct span key)
{
	const struct unit want = { .key = key };

	return u->n ? bsearch(&want, u->list, u->n, sizeof want, compare_units) : NULL;
}

static const struct unit *resolve(const struct host *h, struct span name)
{
	const struct unit_index *x = h->unit_index;
	const struct unit *u = units_find(&x->units, name);

	for (int depth = 0; !u && depth < 8; depth++) {
		const struct unit_entry *entry = entries_find(&x->system, name);

		if (!entry || !entry->target.n)
			return NULL;
		name = unit_base_name(entry->target);
		u = units_find(&x->units, name);
	}
	return u;
}

const struct unit *host_unit_named(struct host *h, struct span name)
{
	const struct unit *known = resolve(h, name);
	struct unit *u;

	if (known)
		return known;
	u = arena_get(h->arena, sizeof *u);
	u->name = arena_copy(h->arena, name);
	unit_fill(&h->unit_index->system, u);
	unit_relate(&h->unit_index->system, u);
	set_problems(h->unit_index);
	return u;
}
