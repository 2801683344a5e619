/* The folders of the search path, and what their entries say about each other. */
#include <dirent.h>
#include <stdlib.h>

#include "core/attr.h"
#include "host/units_state.h"

#define FOLDER_ENTRIES ((size_t)16384)

struct span unit_base_name(struct span path)
{
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/')
			return span_from_offset(path, i);
	return path;
}

static bool ends(struct span s, const char *tail)
{
	size_t n = strlen(tail);

	return s.n > n && memcmp(s.p + s.n - n, tail, n) == 0;
}

void unit_problem_add(struct unit_search *s, struct span key, const struct err *why)
{
	struct unit_problem p = { .why = *why };

	if (key.n)
		p.key = span_of(arena_format(s->arena, "%s%.*s", s->prefix, SPAN_ARG(key)));
	buf_add(s->problems, &p, sizeof p);
}

static void add_relation(struct unit_search *s, unsigned folder, struct relation r)
{
	r.folder = folder;
	r.class = s->folders[folder].class;
	buf_add(&s->relations, &r, sizeof r);
}

static void add_drop_in(struct unit_search *s, unsigned folder, struct span of, const char *path,
	struct span name)
{
	struct unit_source *source = arena_get(s->arena, sizeof *source);

	if (!ends(name, ".conf") || name.p[0] == '.')
		return;
	source->path = span_of(arena_format(s->arena, "/%s/%.*s", path, SPAN_ARG(name)));
	add_relation(s, folder,
		(struct relation){ .of = of,
			.other = source->path,
			.type = UNIT_DROP_IN,
			.source = source });
}

/* NAME.wants and its like, NAME.d. */
static void list_beside(struct unit_search *s, unsigned folder, struct span name)
{
	static const struct {
		const char *tail;
		enum unit_relation type;
	} kinds[] = { { ".wants", UNIT_WANTED_BY }, { ".requires", UNIT_REQUIRED_BY },
		{ ".upholds", UNIT_UPHELD_BY }, { ".d", UNIT_DROP_IN } };
	const char *path;
	struct host_entry *list;
	struct span of;
	struct err why;
	size_t i = 0, n;

	while (i < ARRAY_LEN(kinds) && !ends(name, kinds[i].tail))
		i++;
	if (i == ARRAY_LEN(kinds))
		return;
	path = arena_format(s->arena, "%s/%.*s", s->folders[folder].path, SPAN_ARG(name));
	if (host_list(s->h, path, FOLDER_ENTRIES, s->arena, &list, &n, &why) < 0) {
		if (why.code != ERR_MISSING)
			unit_problem_add(s, SPAN_NONE, &why);
		return;
	}
	of = (struct span){ name.p, name.n - strlen(kinds[i].tail) };
	for (size_t j = 0; j < n; j++)
		if (kinds[i].type == UNIT_DROP_IN)
			add_drop_in(s, folder, of, path, list[j].name);
		else if (unit_type(list[j].name).n)
			add_relation(s, folder,
				(struct relation){ .of = list[j].name,
					.other = of,
					.type = kinds[i].type });
}

static void add_entry(struct unit_search *s, unsigned folder, const struct host_entry *x)
{
	const char *path =
		arena_format(s->arena, "%s/%.*s", s->folders[folder].path, SPAN_ARG(x->name));
	struct unit_entry entry = { .name = x->name, .folder = folder };
	struct span target_name;
	struct err why;

	entry.path = span_of(arena_format(s->arena, "/%s", path));
	if (x->type == DT_DIR)
		return;
	if (x->type == DT_LNK || x->type == DT_UNKNOWN)
		(void)!host_readlink(s->h, path, s->arena, &entry.target, &why);
	buf_add(&s->entries, &entry, sizeof entry);
	target_name = unit_base_name(entry.target);
	if (unit_type(target_name).n && !span_same(target_name, x->name))
		add_relation(s, folder,
			(struct relation){ .of = target_name,
				.other = x->name,
				.type = UNIT_ALIAS });
}

static int compare_entries(const void *x, const void *y)
{
	const struct unit_entry *a = x, *b = y;
	int r = span_compare(a->name, b->name);

	return r ? r : (a->folder > b->folder) - (a->folder < b->folder);
}

int units_list(struct unit_search *s, struct err *e)
{
	for (unsigned f = 0; f < s->n_folders; f++) {
		struct host_entry *list;
		struct err why;
		size_t n;

		if (host_list(s->h, s->folders[f].path, FOLDER_ENTRIES, s->arena, &list, &n, &why) <
			0) {
			if (why.code != ERR_MISSING)
				unit_problem_add(s, SPAN_NONE, &why);
			continue;
		}
		for (size_t i = 0; i < n; i++)
			if (unit_type(list[i].name).n)
				add_entry(s, f, &list[i]);
			else if (list[i].type != DT_REG)
				list_beside(s, f, list[i].name);
	}
	if (s->entries.full || s->relations.full)
		return err_set(e, ERR_LIMIT, "there are too many unit files");
	if (s->entries.n)
		qsort(s->entries.p, s->entries.n / sizeof(struct unit_entry),
			sizeof(struct unit_entry), compare_entries);
	relations_sort(s);
	return 0;
}

const struct unit_entry *entries_find(const struct unit_search *s, struct span name)
{
	const struct unit_entry *all = (const void *)s->entries.p;
	size_t n = s->entries.n / sizeof *all, low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_compare(all[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < n && span_same(all[low].name, name) ? &all[low] : NULL;
}

/* ---- relations ---- */

static int compare_relations(const void *x, const void *y)
{
	const struct relation *a = x, *b = y;
	int r = span_compare(a->of, b->of);

	if (r == 0)
		r = (a->type > b->type) - (a->type < b->type);
	if (r == 0)
		r = (a->folder > b->folder) - (a->folder < b->folder);
	return r ? r : span_compare(a->other, b->other);
}

void relations_sort(struct unit_search *s)
{
	if (s->relations.n)
		qsort(s->relations.p, s->relations.n / sizeof(struct relation),
			sizeof(struct relation), compare_relations);
}

const struct relation *relations_of(const struct unit_search *s, struct span of,
	enum unit_relation type, size_t *ret_n)
{
	const struct relation *all = (const void *)s->relations.p;
	const struct relation want = { .of = of, .type = type };
	size_t n = s->relations.n / sizeof *all, low = 0, high = n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_relations(&all[mid], &want) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (*ret_n = 0; low + *ret_n < n; (*ret_n)++)
		if (!span_same(all[low + *ret_n].of, of) || all[low + *ret_n].type != type)
			break;
	return *ret_n ? &all[low] : NULL;
}
