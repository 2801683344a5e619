#include "sensor/registry/registry_base.h"

#include "core/fold.h"
#include "sensor/registry/registry_text.h"

#define USERS "{users}"
#define USERS_CLASSES "{users}_Classes"

static bool is_classes_of_user(struct span name)
{
	struct span end = span_of("_Classes");

	return name.n > end.n && fold_same(span_from_offset(name, name.n - end.n), end) &&
	       registry_is_user((struct span){ name.p, name.n - end.n });
}

static bool section_holds(const struct glob_section *s, struct span name)
{
	if (s->how == GLOB_ANY || s->how == GLOB_DEEP)
		return true;
	if (fold_same(s->text, span_of(USERS)))
		return registry_is_user(name);
	if (fold_same(s->text, span_of(USERS_CLASSES)))
		return is_classes_of_user(name);
	return glob_section_is(s, name, fold_hash(name));
}

static void add(struct registry_bases *b, struct arena *a, const char *text, bool offline)
{
	struct registry_base *base = &b->list[b->n];
	struct glob_section *sections;
	struct err ignored;

	/* The policy has compiled the same before: it does not fail. */
	if (glob_compile_as(a, span_of(text), &glob_registry, &sections, &base->n, &ignored) < 0)
		return;
	base->section = sections;
	base->offline = offline;
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
			add(ret, a, x.bases[j], x.offline);
}

/* How far base and path agree: the whole of the shorter one, or not at all. */
static enum registry_reach reach(const struct registry_base *b, struct span path)
{
	struct span name;
	size_t i = 0;

	while (i < b->n && span_cut(&path, '\0', &name))
		if (!section_holds(&b->section[i++], name))
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
