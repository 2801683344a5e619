#include "sensor/sysctl/sysctl_config.h"

#include <stdlib.h>

#include "core/attr.h"
#include "core/glob.h"
#include "entity/sysctl.h"
#include "host/host.h"
#include "sensor/sysctl/sysctl_conf.h"

#define FILE_BYTES ((size_t)1 << 20)
#define FILES_MAX 1024
#define SETTINGS_MAX 65536
#define PATTERNS_MAX 512

struct entry {
	struct span path, value, file; /* file: name and line */
	size_t order;
	bool exclude, asked;
};

struct pattern {
	struct glob_section *sections;
	const struct entry *of;
};

struct sysctl_config {
	struct entry *exact; /* by path; of equal ones the last read first */
	size_t n_exact, left;
	struct pattern *patterns; /* in the order they were read */
	size_t n_patterns;
};

/* While files are read. */
struct reader {
	struct scan *scan;
	struct buf exact, patterns; /* struct entry each */
	const char *file;
	size_t order;
	bool over;
};

static void reader_done(struct reader *r)
{
	buf_done(&r->exact);
	buf_done(&r->patterns);
}

static void gap(struct scan *s, enum gap_reason why, const char *text)
{
	struct gap g = { .kind = &kind_sysctl, .subtree = true, .reason = why, .text = text };

	scan_gap(s, &g);
}

static void add(void *ctx, const struct sysctl_setting *x)
{
	struct reader *r = ctx;
	struct arena *a = scan_arena(r->scan);
	bool wild = glob_is_wild(x->path);
	struct buf *b = wild ? &r->patterns : &r->exact;
	struct entry y = { .path = x->path,
		.value = x->value,
		.exclude = x->exclude,
		.order = r->order++ };

	if (b->n / sizeof y >= (wild ? PATTERNS_MAX : SETTINGS_MAX)) {
		r->over = true;
		return;
	}
	y.file = span_of(arena_format(a, "/%s:%u", r->file, x->line));
	buf_add(b, &y, sizeof y);
}

static void read_file(struct reader *r, const char *path)
{
	struct arena *a = scan_arena(r->scan);
	struct err e = { 0 };
	struct sysctl_conf c;
	struct span text;

	if (host_read(scan_host(r->scan), path, FILE_BYTES, a, &text, &e) < 0) {
		if (e.code != ERR_MISSING) /* a dangling link is as good as no file */
			scan_gap_err(r->scan, &kind_sysctl, SPAN_NONE, true, &e);
		return;
	}
	r->file = path;
	c = sysctl_conf_parse(text, a, add, r);
	if (c.bad)
		gap(r->scan, GAP_FORMAT,
			arena_format(a, "'/%s' line %u: no setting (%u such lines)", path,
				c.first_bad, c.bad));
}

struct source {
	struct span name;
	const char *path;
	size_t rank; /* of equal names the smallest is read */
};

static int compare_sources(const void *x, const void *y)
{
	const struct source *a = x, *b = y;
	int r = span_compare(a->name, b->name);

	return r ? r : (a->rank > b->rank) - (a->rank < b->rank);
}

/* By name, whichever folder they are in: sysctl.d(5). */
static void read_folders(struct reader *r)
{
	static const char *const folders[] = { "etc/sysctl.d", "run/sysctl.d",
		"usr/local/lib/sysctl.d", "usr/lib/sysctl.d", "lib/sysctl.d" };
	struct arena *a = scan_arena(r->scan);
	struct source *all = arena_get(a, ARRAY_LEN(folders) * FILES_MAX * sizeof *all);
	size_t n_all = 0;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++) {
		struct host_entry *list;
		struct err e = { 0 };
		size_t n;

		if (host_list(scan_host(r->scan), folders[i], FILES_MAX, a, &list, &n, &e) < 0) {
			if (e.code != ERR_MISSING)
				scan_gap_err(r->scan, &kind_sysctl, SPAN_NONE, true, &e);
			continue;
		}
		for (size_t k = 0; k < n; k++) {
			struct span name = list[k].name;

			if (name.n <= 5 || memcmp(name.p + name.n - 5, ".conf", 5) != 0)
				continue;
			all[n_all++] = (struct source){ name,
				arena_format(a, "%s/%s", folders[i], name.p), i };
		}
	}
	qsort(all, n_all, sizeof *all, compare_sources);
	for (size_t i = 0; i < n_all; i++)
		if (i == 0 || !span_same(all[i].name, all[i - 1].name))
			read_file(r, all[i].path);
}

static int compare_entries(const void *x, const void *y)
{
	const struct entry *a = x, *b = y;
	int r = span_compare(a->path, b->path);

	return r ? r : (a->order < b->order) - (a->order > b->order);
}

static struct entry *keep(struct arena *a, const struct buf *b)
{
	struct entry *p = arena_get(a, b->n + 1);

	if (b->n)
		memcpy(p, b->p, b->n);
	return p;
}

static void compile(struct sysctl_config *c, const struct entry *list, size_t n, struct arena *a)
{
	c->patterns = arena_get(a, (n + 1) * sizeof *c->patterns);
	for (size_t i = 0; i < n; i++) {
		struct pattern *p = &c->patterns[c->n_patterns];
		struct err e;
		size_t sections;

		p->of = &list[i];
		if (glob_compile(a, list[i].path, &p->sections, &sections, &e) == 0)
			c->n_patterns++;
	}
}

struct sysctl_config *sysctl_config_load(struct scan *s)
{
	struct arena *a = scan_arena(s);
	struct sysctl_config *c = arena_get(a, sizeof *c);
	AUTO(reader)
	r = { .scan = s,
		.exact = BUF_INIT(SETTINGS_MAX * sizeof(struct entry)),
		.patterns = BUF_INIT(PATTERNS_MAX * sizeof(struct entry)) };

	read_folders(&r);
	read_file(&r, "etc/sysctl.conf");
	if (r.over)
		gap(s, GAP_LIMIT, "more settings in sysctl.d than we accept");
	c->exact = keep(a, &r.exact);
	c->n_exact = r.exact.n / sizeof(struct entry);
	qsort(c->exact, c->n_exact, sizeof *c->exact, compare_entries);
	compile(c, keep(a, &r.patterns), r.patterns.n / sizeof(struct entry), a);
	return c;
}

static struct entry *find_exact(struct sysctl_config *c, struct span path)
{
	size_t low = 0, high = c->n_exact;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_compare(c->exact[mid].path, path) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < c->n_exact && span_same(c->exact[low].path, path) ? &c->exact[low] : NULL;
}

bool sysctl_config_find(struct sysctl_config *c, struct span path, struct span *ret_value,
	struct span *ret_file)
{
	const struct entry *hit = NULL;
	struct entry *exact = find_exact(c, path);

	if (exact) {
		exact->asked = true;
		hit = exact;
	} else {
		for (size_t i = c->n_patterns; i-- > 0 && !hit;)
			if (glob_path(c->patterns[i].sections, path))
				hit = c->patterns[i].of;
	}
	if (!hit || hit->exclude)
		return false;
	*ret_value = hit->value;
	*ret_file = hit->file;
	return true;
}

bool sysctl_config_left(struct sysctl_config *c, struct span *ret_path)
{
	while (c->left < c->n_exact) {
		const struct entry *x = &c->exact[c->left++];

		if (c->left > 1 && span_same(x->path, x[-1].path))
			continue;
		if (x->asked || x->exclude)
			continue;
		*ret_path = x->path;
		return true;
	}
	return false;
}
