/* Requests of the collector's, "look at this one", and what must be known to answer them. */
#include "entity/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <sys/stat.h>

#include "host/package.h"
#include "os/clock.h"
#include "sensor/file/file_frame.h"
#include "sensor/file/file_ship.h"

#define FRESH_NS 2000000000 /* a package manager at work changes its lists all the time */

/* ---- who owns files ---- */

static const char *const names_files[STAMPS_NAMES] = { "etc/passwd", "etc/group" };

/* Where the list of a package's files, or all of them, comes to lie. */
static const char *const packages_files[STAMPS_PACKAGES] = {
	"var/lib/dpkg/info",
	"var/lib/dpkg/diversions",
	"lib/apk/db/installed",
	"var/lib/rpm/Packages",
	"var/lib/rpm/rpmdb.sqlite",
	"var/lib/rpm/rpmdb.sqlite-wal",
	"usr/lib/sysimage/rpm/rpmdb.sqlite",
	"usr/lib/sysimage/rpm/rpmdb.sqlite-wal",
};

static int64_t ns_of(struct timespec t)
{
	return t.tv_sec * 1000000000 + t.tv_nsec;
}

/* True: they are others than those in `known`, which now has them. */
static bool restamp(const struct ship *s, const char *const *files, size_t n, struct stamp *known)
{
	bool other = false;

	for (size_t i = 0; i < n; i++) {
		struct stamp now = { 0 };
		struct stat st;

		if (fstatat(s->walk.rootfd, files[i], &st, 0) == 0)
			now = (struct stamp){ st.st_ino, st.st_dev, (uint64_t)st.st_size,
				ns_of(st.st_mtim), ns_of(st.st_ctim) };
		other = other || memcmp(&now, &known[i], sizeof now) != 0;
		known[i] = now;
	}
	return other;
}

/* A passwd that is empty, gone or unreadable takes the owner of every file: none of them changed.
 */
static uint64_t nameless(const struct names *names)
{
	return (names_has_users(names) ? 0 : field_bit(FILE_OWNER)) |
	       (names_has_groups(names) ? 0 : field_bit(FILE_GROUP));
}

/* The packages' lists are read here, once; from then on any thread may ask. */
static struct host *owning_host(const struct look_common *c)
{
	uint64_t asked = c->selector->fields(c->selector->policy, &kind_file);
	struct host_options o = { .root = c->options->root };
	struct host *h = NULL;
	struct err e;

	if (!(asked & field_bit(FILE_PACKAGE)) || host_open(&h, &o, &e) < 0)
		return NULL;
	(void)host_path_owner(h, span_of("/"));
	return h;
}

static void learn_names(struct ship *s)
{
	char *problem = s->crew->shared->names_problem;
	struct names *names = NULL;
	struct err e = { 0 };

	*problem = '\0';
	if (names_load(&names, s->walk.rootfd, &e) < 0) {
		names = NULL; /* numbers remain */
		snprintf(problem, sizeof s->crew->shared->names_problem, "%s", e.text);
	}
	names_free(s->common.names);
	s->common.names = names;
	s->common.nameless = nameless(names);
}

void ship_learn(struct ship *s)
{
	int64_t now = clock_monotonic();

	if (restamp(s, names_files, STAMPS_NAMES, s->names_stamp) || !s->common.names)
		learn_names(s);
	if (s->common.host && now - s->packages_read < FRESH_NS)
		return;
	if (restamp(s, packages_files, STAMPS_PACKAGES, s->packages_stamp))
		host_freep(&s->common.host);
	if (!s->common.host)
		s->common.host = owning_host(&s->common);
	s->packages_read = now;
}

void ship_forget(struct ship *s)
{
	bool busy = false;

	pthread_mutex_lock(&s->requests);
	for (unsigned i = 0; i < s->hands; i++)
		busy = busy || atomic_load(&s->crew->shared->station[i].busy);
	if (!busy && !ring_used(s->crew->requests)) {
		host_freep(&s->common.host);
		malloc_trim(0);
	}
	pthread_mutex_unlock(&s->requests);
}

/* ---- one request ---- */

static bool follows(const struct walk *w, const struct folder *f, struct span name)
{
	AUTO(buf) text = BUF_INIT(STATION_PATH);

	buf_add_span(&text, name);
	name.p = buf_text(&text); /* with a NUL behind it */
	return list_follows(w, f, name);
}

/* The folder of a stored key, opened section by section from the top: no link is followed, no
 * length is too long. NULL: it cannot be entered any more, and gap says when that is a finding. */
static struct folder *find_folder(struct ship *s, struct span sections, struct node *gap)
{
	struct folder *f = s->walk.top;
	struct span step;

	pthread_mutex_lock(&s->walk.lock);
	f->refs++;
	pthread_mutex_unlock(&s->walk.lock);
	gap->folder = f;
	if (!list_open(&s->walk, gap))
		return NULL;
	while (sections.n && span_cut(&sections, '\0', &step)) {
		bool follow = follows(&s->walk, f, step);
		struct folder *child;

		pthread_mutex_lock(&s->walk.lock);
		child = folder_new(f, step);
		child->refs = 1;
		child->followed = (unsigned char)(f->followed + follow);
		child->scope = s->walk.selector->enter(f->scope, step, false);
		folder_drop(&s->walk, f); /* the child holds it until it is open */
		pthread_mutex_unlock(&s->walk.lock);
		gap->folder = f = child;
		if (!f->scope || !list_open(&s->walk, gap)) {
			folder_release(&s->walk, f);
			return NULL;
		}
	}
	return f;
}

/* "etc" NUL "ssh" NUL NUL "config" → "etc" NUL "ssh" and "config"; the topmost folder's are empty.
 */
static void split(struct span key, struct span *ret_sections, struct span *ret_name)
{
	size_t at = 1;

	while (at + 1 < key.n && (key.p[at] != '\0' || key.p[at + 1] != '\0'))
		at++;
	*ret_sections = (struct span){ key.p + 1, at - 1 };
	*ret_name = span_from_offset(key, at + 2);
}

static bool is_path(const struct folder *f, struct span sections)
{
	if (!f || f->path_n != (sections.n ? sections.n + 1 : 0))
		return false;
	for (size_t i = 0; i < sections.n; i++)
		if (f->path[i + 1] != (sections.p[i] ? sections.p[i] : '/'))
			return false;
	return true;
}

/* What it is now, before it is looked at. */
static void look_ahead(const struct walk *w, struct batch *b)
{
	const struct folder *f = b->folder;
	struct stat st;

	b->type = DT_UNKNOWN;
	b->below = BELOW_UNKNOWN;
	if (fstatat(f->fd, b->name.n ? b->name.p : ".", &st, AT_SYMLINK_NOFOLLOW) == 0)
		b->type = (unsigned char)IFTODT(st.st_mode);
	else if (errno != ENOENT && errno != ENOTDIR)
		return;
	if (b->type == DT_LNK && list_follows(w, f, b->name))
		b->below = BELOW_FOLLOWED;
	else if (b->type != DT_DIR)
		b->below = BELOW_NOTHING;
}

static void answer_gone(struct hand *h, struct batch *b, struct node *gap)
{
	struct frame_head head = { .type = FRAME_GONE, .name_n = (uint32_t)b->key.n };
	bool lost = gap->notice.n > 0;
	uint32_t n = (uint32_t)(sizeof head + b->key.n);

	/* Every request has its answer; one that a gap covers is not taken for gone. */
	head.below = lost ? BELOW_UNKNOWN : BELOW_NOTHING;
	buf_add_span(&b->frames, buf_span(&gap->notice));
	buf_add(&b->frames, &n, sizeof n);
	buf_add(&b->frames, &head, sizeof head);
	buf_add_span(&b->frames, buf_span(&b->key));
	b->piece[0] = (struct piece){ 0, (uint32_t)b->frames.n };
	walk_done(&h->ship->walk, b);
}

static void serve(struct hand *h, struct batch *b)
{
	struct walk *w = &h->ship->walk;
	struct node gap = { .notice = BUF_INIT((size_t)1 << 20) };
	struct span sections;

	buf_text(&b->key); /* the NUL that the name's system calls want */
	split(buf_span(&b->key), &sections, &b->name);
	if (!is_path(h->folder, sections)) {
		hand_leave(h);
		reader_at(h->reader, w->top, sections);
		h->folder = find_folder(h->ship, sections, &gap);
	}
	b->folder = h->folder;
	if (!b->folder) {
		answer_gone(h, b, &gap);
	} else {
		pthread_mutex_lock(&w->lock);
		b->folder->refs++;
		pthread_mutex_unlock(&w->lock);
		reader_at(h->reader, b->folder, b->name);
		look_ahead(w, b);
		reader_batch(h->reader, b);
	}
	buf_done(&gap.notice);
}

void hand_leave(struct hand *h)
{
	if (h->folder)
		folder_release(&h->ship->walk, h->folder);
	h->folder = NULL;
}

/* Take the next key; another look begins with a byte that is no key's. */
static struct batch *take_request(struct hand *h)
{
	struct ship *s = h->ship;
	struct batch *b = NULL;
	struct span key;

	if (!ring_get(s->crew->requests, &key))
		return NULL;
	/* whoever wants the lock from here on sees that we are at it */
	reader_at(h->reader, s->walk.top, SPAN_NONE);
	if (key.n == 1) {
		s->look++;
		ring_pop(s->crew->requests);
		ship_learn(s);
		if (!ring_get(s->crew->requests, &key))
			return NULL;
	}
	b = walk_batch(&s->walk);
	b->key.max = (size_t)4 << 20;
	buf_clear(&b->key);
	buf_add_span(&b->key, key);
	ring_pop(s->crew->requests);
	if (h->look != s->look) /* it may be another folder by now */
		hand_leave(h);
	h->look = s->look;
	return b;
}

bool hand_serve(struct hand *h)
{
	struct ship *s = h->ship;
	struct batch *b;

	if (!ring_used(s->crew->requests))
		return false;
	pthread_mutex_lock(&s->requests);
	b = take_request(h);
	pthread_mutex_unlock(&s->requests);
	if (b)
		serve(h, b);
	return b != NULL;
}
