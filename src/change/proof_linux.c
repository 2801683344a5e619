#include "change/proof.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "change/keys.h"
#include "change/prover.h"
#include "core/cbor.h"
#include "core/mem.h"
#include "entity/file.h"
#include "entity/key.h"
#include "entity/package.h"
#include "os/clock.h"

#define CANDIDATES_MAX ((size_t)1 << 20) /* what is beyond stays unexplained */
#define TRANSACTIONS_MAX ((size_t)1 << 16)
#define ANSWERS_BYTES ((size_t)256 << 20)
#define READ_BYTES ((size_t)64 << 10)
#define SILENCE_MS 60000 /* without an answer: something it reads hangs */
#define FLUSH_NS 100000000

struct answer {
	size_t candidate;
	struct proof proof;
};

struct proofs {
	struct arena *arena;
	struct transaction *transactions;
	size_t n_transactions, cap_transactions;
	struct candidate *candidates; /* in key order */
	size_t n_candidates, cap_candidates;
	struct answer *answers; /* in the order of the candidates */
	size_t n_answers;
};

void proofs_free(struct proofs *p)
{
	if (!p)
		return;
	arena_free(p->arena);
	free(p->transactions);
	free(p->candidates);
	free(p->answers);
	free(p);
}

void proofs_freep(struct proofs **p)
{
	proofs_free(*p);
	*p = NULL;
}

uint64_t proofs_count(const struct proofs *p)
{
	return p->n_answers;
}

/* ---- what there is to explain, and by which transactions ---- */

static struct side copy_side(struct arena *a, const struct side *s)
{
	struct side copy = { .known = s->known };

	if (s->known) {
		copy.shared = arena_copy(a, s->shared);
		copy.local = arena_copy(a, s->local);
	}
	return copy;
}

static bool is_state(const struct record *r, const char *state)
{
	return record_has(r, PACKAGE_STATE) && span_is(r->v[PACKAGE_STATE].bytes, state);
}

/* A removed package of which only the configuration is left has no version here. */
static struct span version_of(struct arena *a, const struct side *s)
{
	struct record r = { .kind = &kind_package };
	struct err e;

	if (!s->known || record_decode(s->shared, s->local, &r, &e) < 0 ||
		!record_has(&r, PACKAGE_VERSION) || is_state(&r, "config-files") ||
		is_state(&r, "not-installed"))
		return SPAN_NONE;
	return arena_copy(a, r.v[PACKAGE_VERSION].bytes);
}

/* What a package went through. */
enum step { STEP_NONE, STEP_CONFIGURED, STEP_WHOLE };

static void add_transaction(struct proofs *p, const struct finding *x, enum step step)
{
	if (p->n_transactions == TRANSACTIONS_MAX)
		return;
	if (p->n_transactions == p->cap_transactions) {
		p->cap_transactions = p->cap_transactions ? 2 * p->cap_transactions : 64;
		p->transactions =
			mem_grow(p->transactions, p->cap_transactions, sizeof *p->transactions);
	}
	p->transactions[p->n_transactions++] =
		(struct transaction){ arena_copy(p->arena, span_from_offset(x->key, 1)),
			version_of(p->arena, &x->was), version_of(p->arena, &x->is),
			step == STEP_CONFIGURED };
}

static int add_candidate(struct proofs *p, const struct finding *x, struct tree_cursor *approved,
	struct err *e)
{
	struct tree_entry entry;
	struct candidate c = { .type = x->type, .fields = x->fields };
	int rc = tree_cursor_get(approved, x->key, &entry, e);

	if (rc < 0 || p->n_candidates == CANDIDATES_MAX)
		return rc < 0 ? rc : 0;
	c.key = arena_copy(p->arena, x->key);
	c.old_key = arena_copy(p->arena, x->old_key);
	c.was = copy_side(p->arena, &x->was);
	c.is = copy_side(p->arena, &x->is);
	if (rc > 0)
		c.approved = copy_side(p->arena, &(struct side){ true, entry.shared, entry.local });
	if (p->n_candidates == p->cap_candidates) {
		p->cap_candidates = p->cap_candidates ? 2 * p->cap_candidates : 256;
		p->candidates = mem_grow(p->candidates, p->cap_candidates, sizeof *p->candidates);
	}
	p->candidates[p->n_candidates++] = c;
	return 0;
}

static bool is_kind(struct span key, const struct kind *k)
{
	return key.n && (uint8_t)key.p[0] == k->id;
}

static bool differs(const struct record *was, const struct record *is, unsigned field)
{
	return (record_diff(was, is) & field_bit(field)) != 0;
}

/* A package came, went, or has another version and was put there anew; or one that was unpacked
 * before is now configured. Nothing less: records of the same version that say something new were
 * edited, and explain nothing. */
static enum step step_of(const struct finding *x)
{
	struct record was = { .kind = &kind_package }, is = { .kind = &kind_package };
	struct err e;

	if (x->type == FOUND_DROPPED || (!x->was.known && x->type != FOUND_CREATED))
		return STEP_NONE;
	if (!x->was.known || !x->is.known)
		return STEP_WHOLE;
	if (record_decode(x->was.shared, x->was.local, &was, &e) < 0 ||
		record_decode(x->is.shared, x->is.local, &is, &e) < 0)
		return STEP_NONE;
	if (is_state(&was, "config-files") != is_state(&is, "config-files"))
		return STEP_WHOLE;
	if (differs(&was, &is, PACKAGE_VERSION) || differs(&was, &is, PACKAGE_REVISION))
		return !record_has(&is, PACKAGE_INSTALLED) || differs(&was, &is, PACKAGE_INSTALLED)
			       ? STEP_WHOLE
			       : STEP_NONE;
	if (!is_state(&was, "installed") && is_state(&is, "installed"))
		return STEP_CONFIGURED;
	return STEP_NONE;
}

static int find_transactions(struct proofs *p, struct found *f, struct err *e)
{
	struct finding x;
	int rc;

	found_rewind(f);
	while ((rc = found_next(f, &x, e)) > 0) {
		enum step step = is_kind(x.key, &kind_package) ? step_of(&x) : STEP_NONE;

		if (step != STEP_NONE)
			add_transaction(p, &x, step);
	}
	return rc;
}

/* dpkg unpacks settings under another name, and gives them their own as it configures. */
static bool is_settled(const struct finding *x)
{
	struct span suffix = span_of(".dpkg-new");

	return x->type == FOUND_RENAMED && x->old_key.n == x->key.n + suffix.n &&
	       span_starts(x->old_key, x->key) &&
	       span_same(span_from_offset(x->old_key, x->key.n), suffix);
}

static int find_candidates(struct proofs *p, const struct proof_setup *s, struct err *e)
{
	AUTO_FREE(tree_cursor) approved = NULL;
	struct finding x;
	int rc;

	if (tree_cursor_open(&approved, s->store, &s->approved, e) < 0)
		return e->code;
	found_rewind(s->found);
	while ((rc = found_next(s->found, &x, e)) > 0)
		if (is_kind(x.key, &kind_file) && (x.type <= FOUND_DELETED || is_settled(&x)) &&
			add_candidate(p, &x, approved, e) < 0)
			return e->code;
	return rc;
}

/* ---- the process that reads ---- */

static void write_all(int fd, struct buf *b)
{
	for (size_t at = 0; at < b->n;) {
		ssize_t n = write(fd, b->p + at, b->n - at);

		if (n < 0 && errno != EINTR)
			_exit(0);
		at += n > 0 ? (size_t)n : 0;
	}
	buf_clear(b);
}

/* An answer: CBOR array [candidate, transaction, digest]; a sign of life: an empty one. */
static void put_answer(struct buf *b, size_t candidate, size_t transaction, const char *digest)
{
	cbor_put_array(b, 3);
	cbor_put_uint(b, candidate);
	cbor_put_uint(b, transaction);
	cbor_put_bytes(b, span_of(digest));
}

static NORETURN void judge_all(const struct proofs *p, const char *root, int fd)
{
	struct prover prover = { NULL, p->transactions, p->n_transactions };
	struct host_options o = { .root = root };
	struct buf out = BUF_INIT(ANSWERS_BYTES);
	int64_t flushed = clock_monotonic();
	char digest[PROVER_DIGEST];
	size_t transaction;
	struct err e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	prctl(PR_SET_NAME, "invar-prover");
	if (host_open(&prover.host, &o, &e) < 0)
		_exit(1);
	for (size_t i = 0; i < p->n_candidates; i++) {
		if (prover_judge(&prover, &p->candidates[i], &transaction, digest) > 0)
			put_answer(&out, i, transaction, digest);
		if (clock_monotonic() - flushed < FLUSH_NS)
			continue;
		cbor_put_array(&out, 0);
		write_all(fd, &out);
		flushed = clock_monotonic();
	}
	write_all(fd, &out);
	_exit(0);
}

/* Everything it says, until it ends; false: it hung or crashed. */
static bool hear_all(int fd, pid_t child, struct buf *ret)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	bool good = false;
	int status = 0;

	while (poll(&p, 1, SILENCE_MS) > 0) {
		char *room = buf_room(ret, READ_BYTES);
		ssize_t n = room ? read(fd, room, READ_BYTES) : -1;

		good = n == 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		ret->n += (size_t)n;
	}
	if (!good)
		kill(child, SIGKILL);
	return waitpid(child, &status, good ? 0 : WNOHANG) == child && good && WIFEXITED(status) &&
	       WEXITSTATUS(status) == 0;
}

static int take_answers(struct proofs *p, struct span said, struct err *e)
{
	struct cbor c = cbor_of(said);

	p->answers = mem_array(p->n_candidates + 1, sizeof *p->answers);
	while (!cbor_at_end(&c)) {
		uint64_t items, candidate, transaction;
		const struct transaction *t;
		struct span digest;

		if (cbor_get_array(&c, &items, e) < 0)
			return e->code;
		if (items == 0)
			continue;
		if (cbor_get_uint(&c, &candidate, e) < 0 ||
			cbor_get_uint(&c, &transaction, e) < 0 ||
			cbor_get_bytes(&c, &digest, e) < 0)
			return e->code;
		if (candidate >= p->n_candidates || transaction >= p->n_transactions ||
			p->n_answers == p->n_candidates)
			return err_set(e, ERR_FORMAT, "an answer to no question");
		t = &p->transactions[transaction];
		p->answers[p->n_answers++] = (struct answer){ (size_t)candidate,
			{ .by = span_of("package"),
				.package = t->key,
				.from = t->from,
				.to = t->to,
				.digest = arena_copy(p->arena, digest),
				.strength = span_of("database") } };
	}
	return 0;
}

static int ask(struct proofs *p, const char *root, struct err *e)
{
	AUTO(buf) said = BUF_INIT(ANSWERS_BYTES);
	struct err ignored;
	int ends[2];
	pid_t child;
	bool good;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return err_sys(e, "cannot make a pipe");
	child = fork();
	if (child == 0) {
		close(ends[0]);
		judge_all(p, root, ends[1]);
	}
	close(ends[1]);
	if (child < 0) {
		close(ends[0]);
		return err_sys(e, "cannot start a process");
	}
	good = hear_all(ends[0], child, &said);
	close(ends[0]);
	/* Nothing was proven: everything stays as loud as it was. */
	if (!good || take_answers(p, buf_span(&said), &ignored) < 0)
		p->n_answers = 0;
	return 0;
}

/* ---- folders ---- */

static const struct answer *find_answer(const struct proofs *p, struct span key)
{
	size_t low = 0, high = p->n_answers;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct answer *x = &p->answers[middle];
		int order = span_compare(p->candidates[x->candidate].key, key);

		if (order == 0)
			return x;
		*(order < 0 ? &low : &high) = order < 0 ? middle + 1 : middle;
	}
	return NULL;
}

/* The first answer about an entry of this folder; what changed in it and is not explained is told
 * under its own name. */
static const struct answer *find_inside(const struct proofs *p, struct span folder)
{
	AUTO(buf) text = BUF_INIT((size_t)1 << 16);
	AUTO(buf) low = BUF_INIT((size_t)1 << 16);
	AUTO(buf) high = BUF_INIT((size_t)1 << 16);
	size_t from = 0, to = p->n_answers;
	const struct kind *k;
	struct err e;

	if (stored_key_text(folder, &k, &text, &e) < 0)
		return NULL;
	key_range_below(k, buf_span(&text), &low, &high);
	while (from < to) {
		size_t middle = (from + to) / 2;
		struct span key = p->candidates[p->answers[middle].candidate].key;

		*(span_compare(key, buf_span(&low)) < 0 ? &from : &to) =
			span_compare(key, buf_span(&low)) < 0 ? middle + 1 : middle;
	}
	if (from == p->n_answers ||
		span_compare(p->candidates[p->answers[from].candidate].key, buf_span(&high)) >= 0)
		return NULL;
	return stored_key_parent(p->candidates[p->answers[from].candidate].key, &text) &&
			       span_same(buf_span(&text), folder)
		       ? &p->answers[from]
		       : NULL;
}

/* A folder whose time moved as its entries were put there or taken away, and that is in all else
 * what was approved. */
static bool only_times(const struct candidate *c)
{
	uint64_t times = field_bit(FILE_MTIME) | field_bit(FILE_CTIME) | field_bit(FILE_NLINK);

	return c->type == FOUND_UPDATED && (c->fields & ~times) == 0 && c->approved.known &&
	       span_same(c->approved.shared, c->is.shared);
}

static int compare_answers(const void *x, const void *y)
{
	const struct answer *a = x, *b = y;

	return a->candidate < b->candidate ? -1 : a->candidate > b->candidate;
}

static void take_all(struct proofs *p, struct answer *all, size_t n)
{
	qsort(all, n, sizeof *all, compare_answers);
	free(p->answers);
	p->answers = all;
	p->n_answers = n;
}

static void explain_folders(struct proofs *p)
{
	struct answer *all = mem_array(p->n_candidates + 1, sizeof *all);
	size_t n = p->n_answers;

	if (n)
		memcpy(all, p->answers, n * sizeof *all);
	for (size_t i = 0; i < p->n_candidates; i++) {
		const struct candidate *c = &p->candidates[i];
		const struct answer *inside;

		if (!only_times(c) || find_answer(p, c->key))
			continue;
		inside = find_inside(p, c->key);
		if (!inside)
			continue;
		all[n] = (struct answer){ i, inside->proof };
		all[n++].proof.digest = SPAN_NONE;
	}
	take_all(p, all, n);
}

/* ---- links ---- */

/* What is behind a link that went away: *ret is its stored key. */
static bool read_target(const struct candidate *c, struct buf *ret)
{
	AUTO(buf) path = BUF_INIT((size_t)1 << 16);
	AUTO(buf) target = BUF_INIT((size_t)1 << 16);
	struct record was = { .kind = &kind_file };
	const struct kind *k;
	struct err e;

	buf_clear(ret);
	if (c->type != FOUND_DELETED || record_decode(c->was.shared, c->was.local, &was, &e) < 0 ||
		!record_has(&was, FILE_TARGET) || stored_key_text(c->key, &k, &path, &e) < 0)
		return false;
	prover_join(buf_span(&path), was.v[FILE_TARGET].bytes, &target);
	return !target.full && target.n && key_from_text(k, buf_span(&target), ret, &e) == 0;
}

/* Links of nobody's (alternatives) go when what they led to goes: what took that explains them. A
 * link to a link takes another round. */
static void explain_links(struct proofs *p)
{
	AUTO(buf) key = BUF_INIT((size_t)1 << 16);
	size_t before;

	do {
		struct answer *all = mem_array(p->n_candidates + 1, sizeof *all);
		size_t n = before = p->n_answers;

		if (n)
			memcpy(all, p->answers, n * sizeof *all);
		for (size_t i = 0; i < p->n_candidates; i++) {
			const struct answer *x;

			if (find_answer(p, p->candidates[i].key) ||
				!read_target(&p->candidates[i], &key))
				continue;
			x = find_answer(p, buf_span(&key));
			if (!x || p->candidates[x->candidate].type != FOUND_DELETED)
				continue;
			all[n] = (struct answer){ i, x->proof };
			all[n++].proof.digest = SPAN_NONE;
		}
		take_all(p, all, n);
	} while (p->n_answers > before);
}

/* ---- all of it ---- */

static int approve_all(const struct proofs *p, struct edits *approved, struct err *e)
{
	for (size_t i = 0; i < p->n_answers; i++) {
		const struct candidate *c = &p->candidates[p->answers[i].candidate];
		struct tree_entry entry = { c->key, c->is.shared, c->is.local };

		if ((c->is.known ? edits_put(approved, &entry, e)
				 : edits_delete(approved, c->key, e)) < 0 ||
			(c->old_key.n && edits_delete(approved, c->old_key, e) < 0))
			return e->code;
	}
	return 0;
}

static int make(struct proofs *p, const struct proof_setup *s, struct edits *approved,
	struct err *e)
{
	if (find_transactions(p, s->found, e) < 0)
		return e->code;
	if (p->n_transactions == 0)
		return 0;
	if (find_candidates(p, s, e) < 0 || (p->n_candidates && ask(p, s->root, e) < 0))
		return e->code;
	if (p->n_answers == 0)
		return 0;
	explain_links(p);
	explain_folders(p);
	return approve_all(p, approved, e);
}

int proofs_make(struct proofs **ret, const struct proof_setup *setup, struct edits *approved,
	struct err *e)
{
	struct proofs *p = mem_new(sizeof *p);

	p->arena = arena_new();
	if (make(p, setup, approved, e) < 0) {
		proofs_free(p);
		return e->code;
	}
	*ret = p;
	return 0;
}

bool proofs_get(const struct proofs *p, struct span key, struct proof *ret)
{
	const struct answer *x = p ? find_answer(p, key) : NULL;

	if (x)
		*ret = x->proof;
	return x != NULL;
}
