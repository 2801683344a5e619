#include "change/standing.h"

#include "change/pipeline.h"
#include "core/escape.h"

#define ROOT_MAX ((size_t)1 << 20)
#define VALUE_GAPS "gaps" /* decimal; since all was looked at */
#define VALUE_ROOT "root" /* what was observed as "/" */

/* 1: *ret is the number under this name; 0: there is none. */
static int get_number(struct store *s, const char *name, uint64_t *ret, struct err *e)
{
	AUTO(buf) text = BUF_INIT(64);
	int rc = store_value_get(s, name, &text, e);

	if (rc < 0)
		return rc == ERR_MISSING ? 0 : rc;
	if (!span_number(buf_span(&text), ret))
		return err_set(e, ERR_DAMAGED, "the stored value '%s' is no number", name);
	return 1;
}

/* Which of them a check of a part cleared is not known: only looking at everything makes fewer. */
int standing_gaps_set(struct store *s, uint64_t n, bool everything, struct err *e)
{
	AUTO(buf) text = BUF_INIT(64);
	uint64_t before = 0;

	if (!everything && get_number(s, VALUE_GAPS, &before, e) < 0)
		return e->code;
	buf_addf(&text, "%llu", (unsigned long long)(n > before ? n : before));
	return store_value_set(s, VALUE_GAPS, buf_span(&text), e);
}

/* Without the slashes at its end. */
static struct span plain_root(const char *root)
{
	struct span s = span_of(root ? root : "/");

	while (s.n > 1 && s.p[s.n - 1] == '/')
		s.n--;
	return s;
}

int standing_root_set(struct store *s, const char *root, struct err *e)
{
	return store_value_set(s, VALUE_ROOT, plain_root(root), e);
}

int pipeline_root_check(struct store *s, const char *root, struct err *e)
{
	AUTO(buf) stored = BUF_INIT(ROOT_MAX);
	AUTO(buf) has = BUF_INIT(4 * ROOT_MAX);
	AUTO(buf) asked = BUF_INIT(4 * ROOT_MAX);
	int rc = store_value_get(s, VALUE_ROOT, &stored, e);

	/* An older program's state does not say. */
	if (rc == ERR_MISSING || (rc == 0 && span_same(buf_span(&stored), plain_root(root))))
		return 0;
	if (rc < 0)
		return rc;
	escape_text(&has, buf_span(&stored));
	escape_text(&asked, plain_root(root));
	return err_set(e, ERR_USAGE, "this state is of '%.200s'; you asked for '%.200s'",
		buf_text(&has), buf_text(&asked));
}

int pipeline_standing(struct store *s, const struct policy *p, struct standing *ret, struct err *e)
{
	AUTO(buf) before = BUF_INIT(BUF_MAX_DEFAULT);
	AUTO(buf) now = BUF_INIT(BUF_MAX_DEFAULT);
	struct standing x = { 0 };
	int rc = store_value_get(s, VALUE_POLICY, &before, e);

	if (rc < 0 && rc != ERR_MISSING)
		return rc;
	policy_print(p, &now);
	x.policy_changed = rc == 0 && !span_same(buf_span(&before), buf_span(&now));
	if (get_number(s, VALUE_GAPS, &x.gaps, e) < 0)
		return e->code;
	*ret = x;
	return 0;
}
