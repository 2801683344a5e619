#include "entity/registry_base.h"

#include "core/fold.h"

#define USERS "{users}"
#define CLASSES "_Classes"
#define CLASSES_N (sizeof CLASSES - 1)
#define USERS_CLASSES "{users}_Classes"

bool registry_is_user(struct span sid)
{
	return !fold_starts(span_from_offset(sid, sid.n < CLASSES_N ? 0 : sid.n - CLASSES_N),
		       span_of(CLASSES), NULL) &&
	       (fold_starts(sid, span_of("S-1-5-21-"), NULL) ||
		       fold_starts(sid, span_of("S-1-12-1-"), NULL));
}

static bool is_classes_of_user(struct span name)
{
	return name.n > CLASSES_N &&
	       fold_same(span_from_offset(name, name.n - CLASSES_N), span_of(CLASSES)) &&
	       registry_is_user((struct span){ name.p, name.n - CLASSES_N });
}

bool registry_section_holds(const struct glob_section *s, struct span name)
{
	if (s->how == GLOB_ANY || s->how == GLOB_DEEP)
		return true;
	if (fold_same(s->text, span_of(USERS)))
		return registry_is_user(name);
	if (fold_same(s->text, span_of(USERS_CLASSES)))
		return is_classes_of_user(name);
	return glob_section_is(s, name, fold_hash(name));
}

static void add(struct registry_bases *b, struct arena *a, const char *text,
	const struct rule_asks *x)
{
	struct registry_base *base = &b->list[b->n];
	struct glob_section *sections;
	struct err ignored;

	/* The policy has compiled the same before: it does not fail. */
	if (glob_compile_as(a, span_of(text), &glob_registry, &sections, &base->n, &ignored) < 0)
		return;
	base->section = sections;
	base->offline = x->offline;
	base->real_time = x->real_time;
	b->n++;
}

void registry_bases_of(const struct selector *s, const struct kind *k, struct arena *a,
	struct registry_bases *ret)
{
	struct rule_asks x;
	size_t n = 0;

	*ret = (struct registry_bases){ 0 };
	for (size_t i = 0; s->asks(s->policy, k, i, &x); i++)
		for (size_t j = 0; x.bases && x.bases[j]; j++)
			n++;
	ret->list = arena_get(a, (n + 1) * sizeof *ret->list);
	for (size_t i = 0; s->asks(s->policy, k, i, &x); i++)
		for (size_t j = 0; x.bases && x.bases[j]; j++)
			add(ret, a, x.bases[j], &x);
}

/* How far base and path agree: the whole of the shorter one, or not at all. */
static enum registry_reach reach(const struct registry_base *b, struct span path)
{
	struct span name;
	size_t i = 0;

	while (i < b->n && span_cut(&path, '\0', &name))
		if (!registry_section_holds(&b->section[i++], name))
			return REACH_NOT;
	return i == b->n ? REACH_INSIDE : REACH_ABOVE;
}

enum registry_reach registry_reaches(const struct registry_bases *b, struct span path, size_t least)
{
	enum registry_reach best = REACH_NOT;

	for (size_t i = 0; i < b->n && best != REACH_INSIDE; i++) {
		enum registry_reach one =
			b->list[i].n < least ? REACH_NOT : reach(&b->list[i], path);

		best = one > best ? one : best;
	}
	return best;
}

bool registry_reaches_offline(const struct registry_bases *b, struct span path)
{
	for (size_t i = 0; i < b->n; i++)
		if (b->list[i].offline && reach(&b->list[i], path) != REACH_NOT)
			return true;
	return false;
}
