#include "cli/beside.h"

#include "core/attr.h"
#include "entity/key.h"
#include "entity/registry_key.h"
#include "entity/registry_value.h"

const char *const beside_words[] = {
	[BESIDE_NO] = "no",
	[BESIDE_SOME] = "some",
	[BESIDE_YES] = "yes",
};

/* May anything in this folder, or deeper, be selected? */
static bool is_entered(const struct policy *p, const struct kind *k, struct span folder)
{
	struct selector ask = policy_selector(p);
	AUTO(buf) room = BUF_INIT(BUF_MAX_DEFAULT);
	struct key_path path = key_path(&kind_registry_key, folder, &room);
	struct scope *at = ask.top(ask.policy, k);
	struct span name;

	while (at && span_cut(&path.sections, path.separator, &name)) {
		struct scope *next = ask.enter(at, name, false);

		ask.leave(at);
		at = next;
	}
	ask.leave(at);
	return at != NULL;
}

/* Does a rule hold it whatever it is like? */
static bool is_held(const struct selection *held)
{
	return held->tentative != (UINT64_C(1) << held->n) - 1;
}

/* The default value stands for all that no rule names. */
static void look_at_values(const struct policy *p, struct span key, struct beside *ret)
{
	AUTO(buf) value = BUF_INIT(BUF_MAX_DEFAULT);

	buf_add_span(&value, key);
	buf_add_char(&value, '\\');
	if (policy_select(p, ret->kind, buf_span(&value), NULL, &ret->held) && is_held(&ret->held))
		ret->watched = BESIDE_YES;
	else if (is_entered(p, ret->kind, key))
		ret->watched = BESIDE_SOME;
}

static void look_at_key(const struct policy *p, struct span value, struct beside *ret)
{
	if (policy_select(p, ret->kind, key_folder(&kind_registry_value, value), NULL, &ret->held))
		ret->watched = is_held(&ret->held) ? BESIDE_YES : BESIDE_SOME;
}

static const struct {
	const struct kind *of, *is;
	const char *what;
	void (*look)(const struct policy *p, struct span key, struct beside *ret);
} rows[] = {
	{ &kind_registry_key, &kind_registry_value, "values in it", look_at_values },
	{ &kind_registry_value, &kind_registry_key, "the key it is in", look_at_key },
};

bool beside_find(const struct policy *p, const struct kind *k, struct span key, struct beside *ret)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].of != k)
			continue;
		*ret = (struct beside){ .kind = rows[i].is, .what = rows[i].what };
		rows[i].look(p, key, ret);
		return true;
	}
	return false;
}
