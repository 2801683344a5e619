/* Where canaries can be planted: a folder of our own on each file system of a host. */
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/doctor/canary.h"
#include "core/escape.h"
#include "core/time.h"
#include "entity/file.h"
#include "entity/process.h"
#include "os/mounts.h"

/* File systems that hold files of people. In the others making a folder may do something: in a
 * cgroup's it makes a cgroup. */
static const char *const types[] = { "ext2", "ext3", "ext4", "xfs", "btrfs", "tmpfs", "overlay",
	"f2fs", "vfat", "exfat", "zfs", "bcachefs", NULL };

static bool is_below(struct span path, const char *folder)
{
	size_t n = strlen(folder);

	return path.n >= n && memcmp(path.p, folder, n) == 0 && (path.n == n || path.p[n] == '/');
}

static bool is_known(struct span type)
{
	for (size_t i = 0; types[i]; i++)
		if (span_is(type, types[i]))
			return true;
	return false;
}

/* What a policy, as a base between double quotes, takes for what it is. */
static bool is_plain(struct span path)
{
	for (size_t i = 0; i < path.n; i++)
		if (strchr("*?\\\"${}[]", path.p[i]))
			return false;
	return !escape_needed(path) && path.n < 1024;
}

/* The folder ours is made in: the mount point, but of "/" the one that also holds the state, where
 * little is watched. */
static const char *home_of(struct doctor *d, const char *point)
{
	const char *state = d->session->state_dir, *last = strrchr(state, '/');
	const char *parent;
	struct stat a, b;

	if (strcmp(point, "/") != 0 || *state != '/' || last == state)
		return point;
	parent = arena_text(d->arena, span_from(state, (size_t)(last - state)));
	if (stat(parent, &a) < 0 || stat("/", &b) < 0 || a.st_dev != b.st_dev)
		return point;
	return parent;
}

static struct doctor_finding *tell(struct doctor *d, const char *point, const char *why)
{
	struct doctor_finding *f = doctor_say(d, REAL_TIME, "file", DOCTOR_NOTE, NULL,
		"%s: not planted: %s", point, why);

	f->kind = &kind_file;
	f->scope = point;
	return f;
}

/* A file as the canary will be, so that tests of type, mode and owner can tell. */
static const struct record *as_planted(struct doctor *d, const struct kind *k)
{
	struct record *r;

	if (k != &kind_file)
		return NULL;
	r = record_new(d->arena, k);
	record_set_number(r, FILE_TYPE, FILE_REGULAR);
	record_set_number(r, FILE_MODE, 0644);
	record_set_number(r, FILE_UID, 0);
	record_set_number(r, FILE_GID, 0);
	record_set_bytes(r, FILE_OWNER, span_of("root"));
	record_set_bytes(r, FILE_GROUP, span_of("root"));
	return r;
}

bool doctor_is_watched(struct planting *p, const struct kind *k, const char *key, const char *scope)
{
	struct doctor *d = p->d;
	struct explain_row *rows;
	size_t n;

	if (!d->running || !d->policy)
		return false;
	n = policy_explain(d->policy, k, span_of(key), as_planted(d, k), d->arena, &rows);
	for (size_t i = 0; i < n; i++) {
		struct doctor_finding *f;

		/* what a test would say of a file is known, of a process it is not */
		if (rows[i].verdict != EXPLAIN_SELECTED || (rows[i].open && k != &kind_process))
			continue;
		f = doctor_say(d, REAL_TIME, k->name, DOCTOR_NOTE, NULL,
			"%s%snot planted: rule '%s' of the running agent would take it for a "
			"finding; its own canaries are asked above",
			scope ? scope : "", scope ? ": " : "", rows[i].rule->id);
		f->kind = k;
		f->scope = scope;
		return true;
	}
	return false;
}

static void add_place(struct planting *p, const struct mount_point *m)
{
	struct doctor *d = p->d;
	const char *point = arena_text(d->arena, m->path);
	const char *home = home_of(d, point);
	char dir[PATH_MAX];

	if (snprintf(dir, sizeof dir, "%s/" PLACE_NAME, strcmp(home, "/") == 0 ? "" : home) >=
			(int)sizeof dir ||
		doctor_is_watched(p, &kind_file, arena_format(d->arena, "%s/canary-a", dir), point))
		return;
	if (!mkdtemp(dir)) {
		tell(d, point, strerrordesc_np(errno));
		return;
	}
	p->places[p->n_places].point = point;
	p->places[p->n_places++].dir = arena_text(d->arena, span_of(dir));
}

/* The mount is the one that a path leads to, and its file system is not among the first n. */
static bool is_new(const struct mounts *all, const struct mount_point *m, dev_t *seen, size_t *n)
{
	AUTO(buf) path = BUF_INIT(8192);
	struct stat st;

	if (mounts_find(all, m->path) != m)
		return false;
	buf_add_span(&path, m->path);
	if (stat(buf_text(&path), &st) < 0 || !S_ISDIR(st.st_mode))
		return false;
	for (size_t i = 0; i < *n; i++)
		if (seen[i] == st.st_dev)
			return false;
	seen[(*n)++] = st.st_dev;
	return true;
}

void doctor_places(struct planting *p)
{
	AUTO_FREE(mounts) mounts = NULL;
	const struct mount_point *list;
	dev_t seen[PLACES_MAX];
	size_t n, n_seen = 0;
	struct err e;

	if (mounts_load(&mounts, &e) < 0) {
		doctor_say(p->d, REAL_TIME, "mounts", DOCTOR_FAIL, NULL, "%s", e.text);
		return;
	}
	list = mounts_list(mounts, &n);
	for (size_t i = 0; i < n && n_seen < PLACES_MAX; i++) {
		if (mount_is_remote(&list[i]) || !is_known(list[i].type) ||
			is_below(list[i].path, "/proc") || is_below(list[i].path, "/sys"))
			continue;
		if (!is_plain(list[i].path)) {
			doctor_say(p->d, REAL_TIME, "file", DOCTOR_NOTE, NULL,
				"a mount point of an odd name: not planted");
			continue;
		}
		if (is_new(mounts, &list[i], seen, &n_seen))
			add_place(p, &list[i]);
	}
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *f)
{
	(void)st, (void)type, (void)f;
	(void)remove(path);
	return 0;
}

/* Only what is on the same file system: a mount of ours in it that could not be taken away is left
 * as it is. */
static void remove_tree(const char *dir)
{
	(void)nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
}

void doctor_places_remove(struct planting *p)
{
	for (size_t i = 0; i < p->n_places; i++)
		remove_tree(p->places[i].dir);
	remove_tree(p->dir);
}
