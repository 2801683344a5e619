#include "entity/mount.h"

#include <stdlib.h>
#include <unistd.h>

#include "core/attr.h"
#include "entity/list.h"
#include "host/host.h"
#include "sensor/mount/mount_info.h"
#include "sensor/mount/mount_room.h"

#define TABLE_BYTES ((size_t)64 << 20)
#define FSTAB_BYTES ((size_t)1 << 20)
#define OPTIONS_MAX 256

struct fstab_entry {
	struct fstab_line line;
	size_t order;
	bool met; /* something is mounted there */
};

struct mounted {
	struct mount_line line;
	size_t order;
};

struct look {
	struct scan *scan;
	struct arena *a;
	struct record *r;
	bool known; /* there is a mount table: what is not in it is not mounted */
	struct fstab_entry *fstab;
	size_t n_fstab;
};

static void format_gap(struct look *l, const char *path, unsigned line, unsigned n,
	const struct err *why)
{
	struct gap g = { .kind = &kind_mount, .subtree = true, .reason = GAP_FORMAT };

	g.text = arena_format(l->a, "'/%s' line %u: %s (%u such line%s)", path, line, why->text, n,
		n == 1 ? "" : "s");
	scan_gap(l->scan, &g);
}

static size_t count_lines(struct span text)
{
	size_t n = 1;

	for (size_t i = 0; i < text.n; i++)
		n += text.p[i] == '\n';
	return n;
}

/* ---- fstab ---- */

static int compare_fstab(const void *x, const void *y)
{
	const struct fstab_entry *a = x, *b = y;
	int r = span_compare(a->line.point, b->line.point);

	return r ? r : (a->order > b->order) - (a->order < b->order);
}

static void read_fstab(struct look *l)
{
	struct span text, line;
	struct err e = { 0 }, first = { 0 };
	unsigned at = 0, bad = 0, first_bad = 0;
	int r = host_read(scan_host(l->scan), "etc/fstab", FSTAB_BYTES, l->a, &text, &e);

	if (r < 0) {
		if (r != ERR_MISSING)
			scan_gap_err(l->scan, &kind_mount, SPAN_NONE, true, &e);
		return;
	}
	l->fstab = arena_get(l->a, count_lines(text) * sizeof *l->fstab);
	while (span_cut(&text, '\n', &line)) {
		struct fstab_entry *x = &l->fstab[l->n_fstab];

		at++;
		r = fstab_line_parse(line, l->a, &x->line, &e);
		if (r > 0)
			x->order = l->n_fstab++;
		if (r < 0 && bad++ == 0) {
			first_bad = at;
			first = e;
		}
	}
	if (bad)
		format_gap(l, "etc/fstab", first_bad, bad, &first);
	qsort(l->fstab, l->n_fstab, sizeof *l->fstab, compare_fstab);
}

/* The last line for a mount point: it is what `mount` ends with. */
static struct fstab_entry *find_fstab(struct look *l, struct span point)
{
	size_t low = 0, high = l->n_fstab;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (span_compare(l->fstab[mid].line.point, point) <= 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low > 0 && span_same(l->fstab[low - 1].line.point, point) ? &l->fstab[low - 1]
									 : NULL;
}

/* ---- fields ---- */

/* Those of `options` that pass, as a set. */
static void put_options(struct look *l, unsigned field, struct span options,
	bool (*passes)(const void *ctx, struct span option), const void *ctx)
{
	struct span list[OPTIONS_MAX], one;
	size_t n = 0;

	while (n < OPTIONS_MAX && span_cut(&options, ',', &one))
		if (one.n && (!passes || passes(ctx, one)))
			list[n++] = one;
	if (n)
		record_set_set(l->r, field, l->a, list, n);
}

static bool stays(const void *ctx, struct span option)
{
	return !mount_option_is_fleeting(((const struct mount_line *)ctx)->type, option);
}

/* fstab asks for it and it can be seen in the table whether it is so, and it is not. */
static bool is_lacking(const void *ctx, struct span option)
{
	static const char *const seen[] = { "ro", "nosuid", "nodev", "noexec", "noatime",
		"nodiratime", "sync", "dirsync", "nosymfollow" };
	const struct mount_line *m = ctx;

	for (size_t i = 0; i < ARRAY_LEN(seen); i++)
		if (span_is(option, seen[i]))
			return !mount_has_option(m->options, option) &&
			       !mount_has_option(m->super_options, option);
	return false;
}

/* fstab may name several ("udf,iso9660"), or a general one ("nfs" for nfs4). */
static bool same_type(struct span live, struct span wanted)
{
	struct span one;

	while (span_cut(&wanted, ',', &one))
		if (span_is(one, "auto") || span_is(one, "none") ||
			(one.n && span_starts(live, one)))
			return true;
	return span_starts(live, span_of("fuse")) || span_is(live, "autofs");
}

/* m NULL: it is not mounted. */
static void put_fstab(struct look *l, const struct fstab_line *f, const struct mount_line *m)
{
	struct record *r = l->r;
	bool differs;

	record_set_bytes(r, MOUNT_FSTAB_SOURCE, f->source);
	record_set_bytes(r, MOUNT_FSTAB_TYPE, f->type);
	put_options(l, MOUNT_FSTAB_OPTIONS, f->options, NULL, NULL);
	if (m) {
		put_options(l, MOUNT_LACKS, f->options, is_lacking, m);
		differs = record_has(r, MOUNT_LACKS) || !same_type(m->type, f->type);
	} else {
		differs = !mount_has_option(f->options, span_of("noauto")) &&
			  !mount_has_option(f->options, span_of("nofail"));
	}
	if (l->known)
		record_set_number(r, MOUNT_DIFFERS, differs);
}

static void put_flag(struct record *r, unsigned field, const struct mount_line *m,
	const char *option)
{
	record_set_number(r, field, mount_has_option(m->options, span_of(option)));
}

/* Of what was unlinked the kernel says so; its name is mostly a temporary one, another each time
 * (systemd-nspawn mounts such files over /proc/kmsg). */
static struct span lasting_root(struct span root)
{
	struct span gone = span_of("//deleted");
	bool is_gone = root.n > gone.n && memcmp(root.p + root.n - gone.n, gone.p, gone.n) == 0;

	return is_gone ? gone : root;
}

/* layer: what is on the same point below it comes before it in the list. */
static void emit_mounted(struct look *l, const struct mounted *m, unsigned layer, bool covered)
{
	const struct mount_line *x = &m->line;
	struct fstab_entry *f = covered ? NULL : find_fstab(l, x->point);
	struct record *r = l->r;

	r->has = 0;
	r->key = x->point;
	if (layer > 1) {
		AUTO(buf) key = BUF_INIT(x->point.n + 16);

		buf_add_span(&key, x->point);
		buf_addf(&key, "#%u", layer);
		r->key = arena_copy(l->a, buf_span(&key));
		record_set_number(r, MOUNT_AUTOMOUNT, span_is(m[-1].line.type, "autofs"));
	}
	record_set_bytes(r, MOUNT_SOURCE, x->source);
	record_set_bytes(r, MOUNT_TYPE, x->type);
	record_set_bytes(r, MOUNT_ROOT, lasting_root(x->root));
	record_set_bytes(r, MOUNT_PROPAGATION, mount_propagation(x->tags, l->a));
	put_options(l, MOUNT_OPTIONS, x->options, NULL, NULL);
	put_options(l, MOUNT_SUPER_OPTIONS, x->super_options, stays, x);
	record_set_number(r, MOUNT_DEVICE, device_make(x->major, x->minor));
	record_set_number(r, MOUNT_MOUNTED, 1);
	record_set_number(r, MOUNT_COVERED, covered);
	record_set_number(r, MOUNT_BIND, !span_is(x->root, "/"));
	record_set_number(r, MOUNT_READ_ONLY,
		mount_has_option(x->options, span_of("ro")) ||
			mount_has_option(x->super_options, span_of("ro")));
	put_flag(r, MOUNT_NOSUID, x, "nosuid");
	put_flag(r, MOUNT_NODEV, x, "nodev");
	put_flag(r, MOUNT_NOEXEC, x, "noexec");
	if (f) {
		f->met = true;
		put_fstab(l, &f->line, x);
	}
	scan_emit(l->scan, r);
}

/* ---- the table ---- */

static int compare_mounted(const void *x, const void *y)
{
	const struct mounted *a = x, *b = y;
	int r = span_compare(a->line.point, b->line.point);

	return r ? r : (a->order > b->order) - (a->order < b->order);
}

static size_t parse_table(struct look *l, const char *path, struct span text, struct mounted *all)
{
	struct err e = { 0 }, first = { 0 };
	unsigned at = 0, bad = 0, first_bad = 0;
	struct span line;
	size_t n = 0;

	while (span_cut(&text, '\n', &line)) {
		at++;
		if (line.n == 0)
			continue;
		if (mount_line_parse(line, l->a, &all[n].line, &e) == 0) {
			all[n].order = n;
			n++;
		} else if (bad++ == 0) {
			first_bad = at;
			first = e;
		}
	}
	if (bad)
		format_gap(l, path, first_bad, bad, &first);
	return n;
}

/* /proc lies under a mount: that is what the table is for. */
static bool read_covered(struct look *l, struct span *ret)
{
	static const char *const proc[] = { "proc", NULL };
	struct err why;
	bool fine;
	int fd;

	if (host_is_kernels(scan_host(l->scan), proc, &why) == 0)
		return false;
	fd = host_open_fs("proc");
	fine = fd >= 0 && host_read_at(fd, "1/mountinfo", TABLE_BYTES, l->a, ret, &why) == 0;
	if (fd >= 0)
		close(fd);
	return fine && ret->n;
}

/* What process 1 sees is the host; in a container without a view of it our own. */
static bool read_table(struct look *l, const char **ret_path, struct span *ret)
{
	static const char *const tables[] = { "proc/1/mountinfo", "proc/self/mountinfo" };
	struct err e = { 0 };

	*ret_path = tables[0];
	if (read_covered(l, ret))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(tables); i++) {
		int r = host_read(scan_host(l->scan), tables[i], TABLE_BYTES, l->a, ret, &e);

		*ret_path = tables[i];
		if (r == 0 && ret->n)
			return true;
		if (r == ERR_LIMIT)
			break;
	}
	if (host_is_live(scan_host(l->scan)) || (e.code && e.code != ERR_MISSING))
		scan_gap_err(l->scan, &kind_mount, SPAN_NONE, true, &e);
	return false;
}

static void look_at_mounted(struct look *l)
{
	struct mounted *all;
	const char *path;
	struct span text;
	size_t n;
	unsigned layer = 0;

	l->known = read_table(l, &path, &text);
	if (!l->known)
		return;
	all = arena_get(l->a, count_lines(text) * sizeof *all);
	n = parse_table(l, path, text, all);
	qsort(all, n, sizeof *all, compare_mounted);
	for (size_t i = 0; i < n; i++) {
		bool again = i > 0 && span_same(all[i].line.point, all[i - 1].line.point);
		bool covered = i + 1 < n && span_same(all[i].line.point, all[i + 1].line.point);

		layer = again ? layer + 1 : 1;
		emit_mounted(l, &all[i], layer, covered);
	}
}

static void look_at_others(struct look *l)
{
	for (size_t i = 0; i < l->n_fstab; i++) {
		struct fstab_entry *f = &l->fstab[i];

		if (f->met || f != find_fstab(l, f->line.point))
			continue;
		l->r->has = 0;
		l->r->key = f->line.point;
		if (l->known)
			record_set_number(l->r, MOUNT_MOUNTED, 0);
		put_fstab(l, &f->line, NULL);
		scan_emit(l->scan, l->r);
	}
}

static int scan(struct scan *s, struct err *e)
{
	struct arena *a = scan_arena(s);
	struct look l = { .scan = s, .a = a, .r = record_new(a, &kind_mount) };

	(void)e;
	if (!scan_asks_kind(s, &kind_mount))
		return 0;
	read_fstab(&l);
	look_at_mounted(&l);
	look_at_others(&l);
	return 0;
}

static const struct watch_source watches[] = {
	{ WATCH_MOUNT, NULL, 0 },
	{ WATCH_FILE, "/etc/fstab", 0 },
	{ WATCH_END, NULL, 0 },
};

const struct sensor sensor_mount = {
	.kind = &kind_mount,
	.source = "mountinfo, fstab",
	.scan = scan,
	.watches = watches,
};
