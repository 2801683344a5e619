#include "watch/windows/declared.h"

static bool is_asked(const struct policy *p, const struct kind *k)
{
	const struct rule *const *rules = policy_rules(p);

	for (size_t i = 0; rules[i]; i++)
		if (rules[i]->kind == k && rules[i]->real_time)
			return true;
	return false;
}

static void add(struct declared *list, size_t *n, const struct kind *k, unsigned seconds)
{
	for (size_t i = 0; i < *n; i++)
		if (list[i].kind == k) {
			if (seconds < list[i].seconds)
				list[i].seconds = seconds;
			return;
		}
	if (*n < KIND_IDS)
		list[(*n)++] = (struct declared){ k, seconds };
}

size_t declared_by(const struct policy *p, enum watch_means by, struct declared *ret)
{
	size_t n = 0;

	for (size_t i = 0; sensors[i]; i++)
		for (const struct watch_source *s = sensors[i]->watches; s && s->means; s++)
			if (s->means == by && is_asked(p, sensors[i]->kind))
				add(ret, &n, sensors[i]->kind, s->seconds);
	return n;
}
