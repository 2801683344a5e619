#include "sensor/sudo_rule/sudoers.h"

/* Words of doas.conf: quotes taken off where they are whole words; '{' and '}' are words. */
static bool next_word(struct span *s, struct span *ret)
{
	bool quoted = false;
	size_t i = 0;

	while (s->n && *s->p == ' ')
		*s = span_from_offset(*s, 1);
	if (s->n == 0)
		return false;
	if (*s->p == '{' || *s->p == '}')
		i = 1;
	else
		for (; i < s->n && (quoted || !memchr(" {}", s->p[i], 3)); i++) {
			if (s->p[i] == '\\' && i + 1 < s->n)
				i++;
			else if (s->p[i] == '"')
				quoted = !quoted;
		}
	i = i < s->n ? i : s->n;
	*ret = span_from(s->p, i);
	*s = span_from_offset(*s, i);
	if (ret->n > 1 && *ret->p == '"' && ret->p[ret->n - 1] == '"')
		*ret = span_from(ret->p + 1, ret->n - 2);
	return true;
}

static int take_setenv(struct span *rest, struct doas_rule *r, struct err *e)
{
	struct span word;

	if (!next_word(rest, &word) || !span_is(word, "{"))
		return err_set(e, ERR_FORMAT, "setenv without '{'");
	while (next_word(rest, &word)) {
		if (span_is(word, "}"))
			return 0;
		words_add(&r->options,
			span_of(arena_format(r->options.a, "setenv %.*s", SPAN_ARG(word))));
	}
	return err_set(e, ERR_FORMAT, "setenv without '}'");
}

static bool is_option(struct span word)
{
	return span_is(word, "nopass") || span_is(word, "nolog") || span_is(word, "persist") ||
	       span_is(word, "keepenv");
}

static int take_command(struct span rest, struct doas_rule *r, struct err *e)
{
	struct span word;

	if (!next_word(&rest, &word))
		return err_set(e, ERR_FORMAT, "cmd without a command");
	r->any_command = false;
	while (rest.n && *rest.p == ' ')
		rest = span_from_offset(rest, 1);
	r->command = rest.n ? span_of(arena_format(r->options.a, "%.*s %.*s", SPAN_ARG(word),
				      SPAN_ARG(rest)))
			    : word;
	return 0;
}

int doas_rule_from_line(struct arena *a, struct span line, struct doas_rule *ret, struct err *e)
{
	struct span rest = line, word;

	*ret = (struct doas_rule){ .options = { .a = a }, .any_command = true };
	if (!next_word(&rest, &word))
		return err_set(e, ERR_FORMAT, "an empty rule");
	ret->permit = span_is(word, "permit");
	if (!ret->permit && !span_is(word, "deny"))
		return err_set(e, ERR_FORMAT, "a rule that neither permits nor denies");
	for (;;) {
		if (!next_word(&rest, &word))
			return err_set(e, ERR_FORMAT, "a rule for nobody");
		if (span_is(word, "setenv")) {
			if (take_setenv(&rest, ret, e) < 0)
				return e->code;
		} else if (is_option(word)) {
			ret->nopass = ret->nopass || span_is(word, "nopass");
			words_add(&ret->options, word);
		} else {
			break;
		}
	}
	ret->who = word;
	while (next_word(&rest, &word)) {
		if (span_is(word, "as") && next_word(&rest, &ret->as))
			continue;
		if (span_is(word, "cmd"))
			return take_command(rest, ret, e);
		return err_set(e, ERR_FORMAT, "a rule with something behind it");
	}
	return 0;
}
