/* Looks at points, one after the other, by one crew: starting a process and reading the lists of
 * users and packages for each would cost more than the looking. */
#include "entity/file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"
#include "os/clock.h"
#include "sensor/file/file_collect.h"

#define HUNG_MAX 64
#define HUNG_NS INT64_C(60000000000) /* then it is tried again */

struct post {
	struct collector c;
	struct scan_options options; /* the crew was started with */
	char *root, *spare;          /* of options */
	pid_t owner;
	int rootfd;
	struct hung {
		char *path;
		int64_t until; /* monotonic */
	} hung[HUNG_MAX];
	size_t n_hung;
};

static void post_free(void *state)
{
	struct post *p = state;

	/* A fork of its owner must leave the crew alone. */
	if (p->owner != getpid())
		return;
	collect_done(&p->c);
	for (size_t i = 0; i < p->n_hung; i++)
		free(p->hung[i].path);
	free(p->root);
	free(p->spare);
	close(p->rootfd);
	free(p);
}

static char *copy_text(const char *text)
{
	return text ? mem_text(text) : NULL;
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) == 0 : a == b;
}

static int post_new(struct post **ret, const struct scan_options *o, struct err *e)
{
	int rootfd = open(o->root ? o->root : "/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct post *p;

	if (rootfd < 0)
		return err_sys(e, "cannot open '%s'", o->root ? o->root : "/");
	p = mem_new(sizeof *p);
	collect_init(&p->c);
	p->c.kept = true;
	p->options = *o;
	p->root = copy_text(o->root);
	p->spare = copy_text(o->spare);
	p->owner = getpid();
	p->rootfd = rootfd;
	*ret = p;
	return 0;
}

/* The crew does as its options said when it was started. */
static bool still_fits(const struct post *p, const struct scan_options *o)
{
	const struct scan_options *x = &p->options;

	return p->owner == getpid() && same_text(p->root, o->root) &&
	       same_text(p->spare, o->spare) && x->jobs == o->jobs && x->io_class == o->io_class &&
	       x->limit_rate == o->limit_rate && x->limit_cpu == o->limit_cpu &&
	       x->deadline_ms == o->deadline_ms && x->size_cap == o->size_cap &&
	       x->file_seconds == o->file_seconds && !x->large_ms == !o->large_ms;
}

/* What did not answer a moment ago is not tried again yet: still a gap, not gone. */
static void avoid_hung(struct post *p, struct scan *s)
{
	int64_t now = clock_monotonic();
	size_t n = 0;

	for (size_t i = 0; i < p->n_hung; i++) {
		struct gap g = { .kind = &kind_file,
			.key = span_of(p->hung[i].path),
			.subtree = true,
			.reason = GAP_TIMEOUT,
			.text = "does not answer" };

		if (now > p->hung[i].until) {
			free(p->hung[i].path);
			continue;
		}
		scan_gap(s, &g);
		avoid_add(&p->c, g.key);
		p->hung[n++] = p->hung[i];
	}
	p->n_hung = n;
}

static void keep_hung(struct post *p, size_t from)
{
	for (size_t i = from; i < p->c.n_avoid && p->n_hung < HUNG_MAX; i++)
		p->hung[p->n_hung++] = (struct hung){ mem_copy(p->c.avoid[i].p, p->c.avoid[i].n),
			clock_monotonic() + HUNG_NS };
}

/* Nothing of the last scan, and of an earlier crew only how much it had read. */
static void begin_anew(struct post *p, struct scan *s)
{
	struct collector *c = &p->c;
	struct tally *t = c->crew.shared ? &c->crew.shared->tally : NULL;

	c->scan = s;
	c->points = 0;
	c->restarts = 0;
	c->n_awaited = c->n_sent = 0;
	c->bytes_before = t ? -atomic_load(&t->bytes) : 0;
	c->files_before = t ? -atomic_load(&t->files_read) : 0;
	memset(c->seen, 0, sizeof c->seen);
	probe_free(c->probe);
	c->probe = NULL;
	c->n_avoid = 0;
	arena_clear(c->arena);
	if (p->spare)
		avoid_add(c, span_of(p->spare));
	avoid_hung(p, s);
}

int kept_scan(struct scan *s, struct kept *k, struct err *e)
{
	const struct scan_options *o = scan_options(s);
	struct post *p = k->state;
	size_t known;
	int rc;

	if (p && !still_fits(p, o))
		kept_drop(k);
	if (!k->state) {
		if (post_new(&p, o, e) < 0)
			return e->code;
		*k = (struct kept){ .state = p, .drop = post_free };
	}
	p = k->state;
	begin_anew(p, s);
	known = p->c.n_avoid;
	rc = collect_run(&p->c, p->rootfd, e);
	keep_hung(p, known);
	k->stopped = k->stopped || p->c.stopped;
	p->c.stopped = false;
	p->c.scan = NULL;
	return rc;
}
