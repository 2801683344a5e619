/* Who is there: by /proc/modules, by /sys/module and, when asked, by /proc/kallsyms. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/attr.h"
#include "core/buf.h"
#include "sensor/module/module_look.h"
#include "sensor/module/module_text.h"

#define PROC_BYTES ((size_t)8 << 20)
#define SYMBOL_BYTES ((size_t)256 << 10) /* at a time */
#define AGAIN_MS 10
#define DEP_BYTES ((size_t)16 << 20)

enum view { VIEW_PROC, VIEW_SYS, VIEW_SYMBOLS };

struct views {
	struct module_look *l;
	struct buf found; /* struct module_seen each, a name as often as views show it */
	bool proc, sys;   /* the view could be had */
	bool loaded;      /* there is a module that /sys says was loaded */
};

static void views_done(struct views *v)
{
	buf_done(&v->found);
}

static void gap(struct module_look *l, enum gap_reason why, const char *text)
{
	struct gap g = { .kind = l->kind, .subtree = true, .reason = why, .text = text };

	scan_gap(l->scan, &g);
}

static void gap_err(struct module_look *l, const struct err *e)
{
	if (e->code != ERR_MISSING)
		scan_gap_err(l->scan, l->kind, SPAN_NONE, true, e);
}

static void look_at_proc(struct views *v)
{
	struct module_look *l = v->l;
	struct err e = { 0 }, first = { 0 };
	unsigned at = 0, bad = 0, first_bad = 0;
	struct span text, line;

	if (host_read(l->host, "proc/modules", PROC_BYTES, l->a, &text, &e) < 0) {
		gap_err(l, &e);
		return;
	}
	v->proc = true;
	while (span_cut(&text, '\n', &line)) {
		struct module_seen m = { .line = line, .proc = true };
		struct module_line parsed;

		at++;
		if (line.n == 0)
			continue;
		if (module_line_parse(line, &parsed, &e) == 0) {
			m.name = parsed.name;
			m.passing = !span_is(parsed.state, "live");
			buf_add(&v->found, &m, sizeof m);
		} else if (bad++ == 0) {
			first_bad = at;
			first = e;
		}
	}
	if (bad)
		gap(l, GAP_FORMAT,
			arena_format(l->a, "'/proc/modules' line %u: %s (%u such line%s)",
				first_bad, first.text, bad, bad == 1 ? "" : "s"));
}

/* Parts of the kernel have a folder for their parameters, but no state. */
static bool was_loaded(struct module_look *l, struct span name)
{
	struct stat st;
	struct err e;

	return host_stat(l->host, arena_format(l->a, "sys/module/%s/initstate", name.p), false, &st,
		       &e) == 0;
}

static void look_at_sys(struct views *v)
{
	struct module_look *l = v->l;
	struct host_entry *list;
	struct err e = { 0 };
	size_t n;

	if (host_list(l->host, "sys/module", MODULES_MAX, l->a, &list, &n, &e) < 0) {
		gap_err(l, &e);
		return;
	}
	v->sys = true;
	for (size_t i = 0; i < n; i++) {
		struct module_seen m = { .name = list[i].name, .sysfs = true };

		m.sys = was_loaded(l, m.name);
		v->loaded = v->loaded || m.sys;
		buf_add(&v->found, &m, sizeof m);
	}
}

static void add_symbol(struct views *v, struct span line, struct span *last)
{
	struct module_seen m = { .name = module_of_symbol(line), .symbols = true };

	if (m.name.n == 0 || span_same(m.name, *last))
		return;
	m.name = arena_copy(v->l->a, m.name);
	*last = m.name;
	buf_add(&v->found, &m, sizeof m);
}

/* Read in pieces: a hundred thousand lines of which we want a few names. */
static void look_at_symbols(struct views *v)
{
	struct module_look *l = v->l;
	AUTO(buf) text = BUF_INIT(SYMBOL_BYTES * 2);
	struct span last = SPAN_NONE, rest, line;
	struct err e = { 0 };
	int fd;

	if (host_open_file(l->host, "proc/kallsyms", O_RDONLY, &fd, &e) < 0) {
		gap_err(l, &e);
		return;
	}
	for (;;) {
		char *at = buf_room(&text, SYMBOL_BYTES);
		ssize_t n = at ? read(fd, at, SYMBOL_BYTES) : 0;

		if (n <= 0)
			break;
		text.n += (size_t)n;
		rest = buf_span(&text);
		while (memchr(rest.p, '\n', rest.n) && span_cut(&rest, '\n', &line))
			add_symbol(v, line, &last);
		memmove(text.p, rest.p, rest.n);
		text.n = rest.n;
	}
	close(fd);
}

static int compare(const void *x, const void *y)
{
	const struct module_seen *a = x, *b = y;

	return span_compare(a->name, b->name);
}

static void unite(struct module_look *l, const struct buf *found)
{
	size_t n = found->n / sizeof *l->seen;

	l->seen = arena_get(l->a, found->n + sizeof *l->seen);
	if (n)
		memcpy(l->seen, found->p, found->n);
	qsort(l->seen, n, sizeof *l->seen, compare);
	l->n = 0;
	for (size_t i = 0; i < n; i++) {
		struct module_seen *to = l->n ? &l->seen[l->n - 1] : NULL;
		const struct module_seen *from = &l->seen[i];

		if (!to || !span_same(to->name, from->name)) {
			l->seen[l->n++] = *from;
			continue;
		}
		if (from->proc)
			to->line = from->line;
		to->proc = to->proc || from->proc;
		to->sys = to->sys || from->sys;
		to->sysfs = to->sysfs || from->sysfs;
		to->symbols = to->symbols || from->symbols;
		to->passing = to->passing || from->passing;
	}
}

static void look(struct module_look *l)
{
	AUTO(views)
	v = { .l = l, .found = BUF_INIT(MODULES_MAX * 4 * sizeof(struct module_seen)) };

	look_at_proc(&v);
	look_at_sys(&v);
	if (l->asks & field_bit(MODULE_SYMBOLS))
		look_at_symbols(&v);
	if (v.found.full)
		gap(l, GAP_LIMIT, "more modules than we accept");
	else
		unite(l, &v.found);
	if (v.proc && v.sys)
		return;
	for (size_t i = 0; i < l->n; i++)
		l->seen[i].passing = true;
	if (v.loaded && !v.proc)
		gap(l, GAP_SKIPPED, "no '/proc/modules' to compare '/sys/module' with");
}

static bool views_agree(const struct module_look *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (module_is_hidden(&l->seen[i]))
			return false;
	return true;
}

static struct module_seen *find(const struct module_look *l, struct span name)
{
	struct module_seen key = { .name = name };

	return l->n ? bsearch(&key, l->seen, l->n, sizeof key, compare) : NULL;
}

/* modules.dep: "kernel/fs/ext4/ext4.ko: what it needs". */
static void find_files(struct module_look *l)
{
	struct span text, line, path;
	struct err e = { 0 };

	if (l->release.n == 0 ||
		host_read(l->host, arena_format(l->a, "lib/modules/%s/modules.dep", l->release.p),
			DEP_BYTES, l->a, &text, &e) < 0)
		return;
	while (span_cut(&text, '\n', &line)) {
		struct module_seen *m;

		if (!span_cut(&line, ':', &path))
			continue;
		m = find(l, module_name_of(path, l->a));
		if (m)
			m->file = path;
	}
}

/* systemd-nspawn makes a /sys of its own, with parts of the kernel's and without modules. */
int module_sources(struct host *h, struct err *e)
{
	static const char *const always[] = { "proc", "proc/sys", "sys/kernel", NULL };
	static const char *const sometimes[] = { "sys/module", NULL };
	struct stat st;
	struct err why;

	if (host_is_kernels(h, always, e) < 0)
		return e->code;
	return host_stat(h, sometimes[0], false, &st, &why) < 0 ? 0
								: host_is_kernels(h, sometimes, e);
}

void module_look_around(struct module_look *l)
{
	look(l);
	/* One may have been loaded or unloaded in between: hidden is what stays so. */
	for (unsigned i = 0; i < 3 && !views_agree(l); i++) {
		poll(NULL, 0, AGAIN_MS);
		look(l);
	}
	find_files(l);
}
