#include <stdlib.h>

#include "sensor/sudo_rule/sudoers.h"

#define ALIASES_MAX 65536
#define ALIAS_DEPTH 32

/* ---- words ---- */

static void skip_blanks(struct span *s)
{
	while (s->n && *s->p == ' ')
		*s = span_from_offset(*s, 1);
}

/* Up to one of `ends` outside quotes and escapes. */
static struct span cut_until(struct span *s, const char *ends)
{
	bool quoted = false;
	size_t i = 0;
	struct span x;

	for (; i < s->n; i++) {
		if (s->p[i] == '\\' && i + 1 < s->n)
			i++;
		else if (s->p[i] == '"')
			quoted = !quoted;
		else if (!quoted && strchr(ends, s->p[i]) && s->p[i])
			break;
	}
	i = i < s->n ? i : s->n;
	x = span_from(s->p, i);
	*s = span_from_offset(*s, i);
	while (x.n && x.p[x.n - 1] == ' ' && (x.n < 2 || x.p[x.n - 2] != '\\'))
		x.n--;
	return x;
}

static bool take(struct span *s, char c)
{
	skip_blanks(s);
	if (s->n == 0 || *s->p != c)
		return false;
	*s = span_from_offset(*s, 1);
	return true;
}

/* "^…$" (sudo 1.9.10): commas and colons are part of it. 0: it does not end, so is none. */
static size_t regex_length(struct span s)
{
	if (s.n == 0 || *s.p != '^')
		return 0;
	for (size_t i = 1; i < s.n; i++) {
		if (s.p[i] == '\\')
			i++;
		else if (s.p[i] == '$' && (i + 1 == s.n || memchr(" ,:=", s.p[i + 1], 4)))
			return i + 1;
	}
	return 0;
}

/* A command with its arguments; each of both may be a regular expression as a whole. */
static struct span cut_command(struct span *s, const char *ends)
{
	struct span from = *s, word;
	size_t n = regex_length(*s);

	if (n == 0) {
		word = *s;
		n = cut_until(&word, " ,:=").n;
	}
	*s = span_from_offset(*s, n);
	if (n && s->n && *s->p == ' ') {
		n = regex_length(span_from_offset(*s, 1));
		*s = span_from_offset(*s, n ? n + 1 : 0);
	}
	(void)cut_until(s, ends);
	n = from.n - s->n;
	while (n && from.p[n - 1] == ' ' && (n < 2 || from.p[n - 2] != '\\'))
		n--;
	return span_from(from.p, n);
}

/* '!' and the word behind it stand together, also where blanks were between. */
static struct span cut_item(struct arena *a, struct span *s, const char *ends, bool command)
{
	bool no = false;
	struct span x;

	for (skip_blanks(s); take(s, '!'); skip_blanks(s))
		no = !no;
	x = command ? cut_command(s, ends) : cut_until(s, ends);
	if (!no || x.n == 0)
		return x;
	return span_of(arena_format(a, "!%.*s", SPAN_ARG(x)));
}

/* Items with commas between, each resolved. */
static int take_list(struct span *s, const char *ends, enum sudo_alias_type type,
	const struct sudo_aliases *aliases, struct words *ret, struct err *e)
{
	do {
		struct span x = cut_item(ret->a, s, ends, false);

		if (x.n == 0)
			return err_set(e, ERR_FORMAT, "a name is missing");
		sudo_alias_expand(aliases, type, x, ret);
	} while (take(s, ','));
	return 0;
}

/* ---- aliases ---- */

static bool is_alias_name(struct span x)
{
	if (x.n == 0 || *x.p < 'A' || *x.p > 'Z')
		return false;
	for (size_t i = 1; i < x.n; i++)
		if ((x.p[i] < 'A' || x.p[i] > 'Z') && (x.p[i] < '0' || x.p[i] > '9') &&
			x.p[i] != '_')
			return false;
	return true;
}

/* A ':' parts definitions only where "NAME =" follows: it also stands in digests and addresses. */
static bool next_definition(struct span s)
{
	struct span rest = s, name;

	if (!take(&rest, ':'))
		return false;
	skip_blanks(&rest);
	name = cut_until(&rest, " =,:");
	return is_alias_name(name) && take(&rest, '=');
}

/* Commands may hold blanks and colons. */
static struct span cut_member(struct span *s, struct arena *a, enum sudo_alias_type type)
{
	const char *ends = type == ALIAS_COMMAND ? ",:" : ",: ";
	struct span from, x = cut_item(a, s, ends, type == ALIAS_COMMAND);

	while (s->n && *s->p == ':' && !next_definition(*s)) {
		from = x;
		*s = span_from_offset(*s, 1);
		x = cut_until(s, ends);
		x = span_of(arena_format(a, "%.*s:%.*s", SPAN_ARG(from), SPAN_ARG(x)));
	}
	return x;
}

static int take_definition(struct arena *a, struct span *s, enum sudo_alias_type type,
	struct sudo_aliases *ret, struct err *e)
{
	struct words items = { .a = a };
	struct sudo_alias x = { .type = type };

	skip_blanks(s);
	x.name = cut_until(s, " =,:");
	if (!is_alias_name(x.name) || !take(s, '='))
		return err_set(e, ERR_FORMAT, "an alias without a name");
	do {
		struct span member = cut_member(s, a, type);

		if (member.n == 0)
			return err_set(e, ERR_FORMAT, "an alias without a member");
		words_add(&items, member);
	} while (take(s, ','));
	x.item = items.item;
	x.n = items.n;
	if (ret->n == ALIASES_MAX || items.full)
		return err_set(e, ERR_LIMIT, "more than %d aliases, or members of one",
			ALIASES_MAX);
	if (ret->n == ret->cap) {
		struct sudo_alias *more = arena_get(a, (ret->cap * 2 + 64) * sizeof *more);

		if (ret->n)
			memcpy(more, ret->list, ret->n * sizeof *more);
		ret->list = more;
		ret->cap = ret->cap * 2 + 64;
	}
	ret->list[ret->n++] = x;
	return 0;
}

int sudo_alias_from_line(struct arena *a, struct span line, struct sudo_aliases *ret, struct err *e)
{
	enum sudo_alias_type type = ALIAS_COMMAND;
	struct span rest = line, word = cut_until(&rest, " ");

	if (span_is(word, "User_Alias"))
		type = ALIAS_USER;
	else if (span_is(word, "Runas_Alias"))
		type = ALIAS_RUNAS;
	else if (span_is(word, "Host_Alias"))
		type = ALIAS_HOST;
	do
		if (take_definition(a, &rest, type, ret, e) < 0)
			return e->code;
	while (take(&rest, ':'));
	skip_blanks(&rest);
	return rest.n ? err_set(e, ERR_FORMAT, "an alias with something behind it") : 0;
}

static int compare_alias(const void *x, const void *y)
{
	const struct sudo_alias *a = x, *b = y;

	return a->type != b->type ? (a->type < b->type ? -1 : 1) : span_compare(a->name, b->name);
}

void sudo_aliases_sort(struct sudo_aliases *x)
{
	if (x->n)
		qsort(x->list, x->n, sizeof *x->list, compare_alias);
}

static void expand(const struct sudo_aliases *x, enum sudo_alias_type type, struct span item,
	bool no, unsigned depth, struct words *ret)
{
	struct sudo_alias key = { .type = type, .name = item }, *hit = NULL;

	if (ret->full)
		return;
	if (item.n && *item.p == '!') {
		expand(x, type, span_from_offset(item, 1), !no, depth, ret);
		return;
	}
	if (x && x->n && is_alias_name(item))
		hit = bsearch(&key, x->list, x->n, sizeof *x->list, compare_alias);
	if (!hit || depth == ALIAS_DEPTH) {
		words_add(ret, no ? span_of(arena_format(ret->a, "!%.*s", SPAN_ARG(item))) : item);
		return;
	}
	for (size_t i = 0; i < hit->n; i++)
		expand(x, type, hit->item[i], no, depth + 1, ret);
}

void sudo_alias_expand(const struct sudo_aliases *x, enum sudo_alias_type type, struct span item,
	struct words *ret)
{
	expand(x, type, item, false, 0, ret);
}

/* ---- rules ---- */

static bool take_tag(struct span *s, struct sudo_spec *r)
{
	static const char *const tags[] = { "NOPASSWD", "PASSWD", "NOEXEC", "EXEC", "SETENV",
		"NOSETENV", "LOG_INPUT", "NOLOG_INPUT", "LOG_OUTPUT", "NOLOG_OUTPUT", "FOLLOW",
		"NOFOLLOW", "MAIL", "NOMAIL", "INTERCEPT", "NOINTERCEPT" };
	struct span rest;

	skip_blanks(s);
	rest = *s;
	for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
		rest = span_from_offset(*s, strlen(tags[i]));
		if (span_starts(*s, span_of(tags[i])) && take(&rest, ':')) {
			words_add(&r->tags, span_of(tags[i]));
			*s = rest;
			return true;
		}
	}
	return false;
}

static bool take_option(struct span *s, struct sudo_spec *r)
{
	static const char *const options[] = { "ROLE", "TYPE", "PRIVS", "LIMITPRIVS", "CWD",
		"CHROOT", "TIMEOUT", "NOTBEFORE", "NOTAFTER", "APPARMOR_PROFILE" };

	skip_blanks(s);
	for (size_t i = 0; i < ARRAY_LEN(options); i++) {
		struct span rest = span_from_offset(*s, strlen(options[i]));

		if (span_starts(*s, span_of(options[i])) && rest.n && *rest.p == '=') {
			words_add(&r->tags, cut_until(s, " ,"));
			return true;
		}
	}
	return false;
}

static bool take_digest(struct span *s, struct sudo_spec *r)
{
	static const char *const algorithms[] = { "sha224", "sha256", "sha384", "sha512" };

	skip_blanks(s);
	for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
		struct span rest = span_from_offset(*s, 6), value;

		if (!span_starts(*s, span_of(algorithms[i])) || !take(&rest, ':'))
			continue;
		skip_blanks(&rest);
		value = cut_until(&rest, " ,");
		words_add(&r->digests, span_of(arena_format(r->digests.a, "%s:%.*s", algorithms[i],
					       SPAN_ARG(value))));
		(void)take(&rest, ','); /* several digests of one command */
		*s = rest;
		return true;
	}
	return false;
}

/* "(users : groups)" */
static int take_runas(struct span *s, const struct sudo_aliases *aliases, struct sudo_spec *r,
	struct err *e)
{
	skip_blanks(s);
	if (s->n && *s->p != ':' && *s->p != ')' &&
		take_list(s, ",:) ", ALIAS_RUNAS, aliases, &r->as_users, e) < 0)
		return e->code;
	if (take(s, ':')) {
		skip_blanks(s);
		if (s->n && *s->p != ')' &&
			take_list(s, ",) ", ALIAS_RUNAS, aliases, &r->as_groups, e) < 0)
			return e->code;
	}
	return take(s, ')') ? 0 : err_set(e, ERR_FORMAT, "a bracket that does not end");
}

/* What an alias of commands stands for may begin with digests, too. */
static void add_command(struct sudo_spec *r, struct span x)
{
	bool no = x.n && *x.p == '!';
	struct span rest = no ? span_from_offset(x, 1) : x;

	while (take_digest(&rest, r))
		;
	if (no && rest.n)
		rest = span_of(arena_format(r->commands.a, "!%.*s", SPAN_ARG(rest)));
	if (rest.n)
		words_add(&r->commands, rest);
}

static int take_commands(struct span *s, const struct sudo_aliases *aliases, struct sudo_spec *r,
	struct err *e)
{
	bool named = false; /* (…) holds for what follows, too */

	do {
		struct words found = { .a = r->commands.a };
		struct span x;

		if (take(s, '(')) {
			if (take_runas(s, aliases, r, e) < 0)
				return e->code;
			named = true;
		}
		while (take_option(s, r) || take_tag(s, r))
			;
		r->as_default = r->as_default || !named;
		while (take_digest(s, r))
			;
		x = cut_item(r->commands.a, s, ",:=", true);
		if (x.n == 0)
			return err_set(e, ERR_FORMAT, "a command is missing");
		sudo_alias_expand(aliases, ALIAS_COMMAND, x, &found);
		r->commands.full = r->commands.full || found.full;
		for (size_t i = 0; i < found.n; i++)
			add_command(r, found.item[i]);
	} while (take(s, ','));
	return 0;
}

int sudo_spec_from_line(struct arena *a, struct span line, const struct sudo_aliases *aliases,
	struct sudo_spec *ret, struct err *e)
{
	const struct words none = { .a = a };
	struct span rest = line;

	*ret = (struct sudo_spec){ none, none, none, none, none, none, none, false };
	if (take_list(&rest, ",= ", ALIAS_USER, aliases, &ret->who, e) < 0)
		return e->code;
	do {
		if (take_list(&rest, ",= ", ALIAS_HOST, aliases, &ret->hosts, e) < 0)
			return e->code;
		if (!take(&rest, '='))
			return err_set(e, ERR_FORMAT, "a rule without '='");
		if (take_commands(&rest, aliases, ret, e) < 0)
			return e->code;
	} while (take(&rest, ':'));
	if (ret->who.full || ret->hosts.full || ret->as_users.full || ret->as_groups.full ||
		ret->commands.full)
		return err_set(e, ERR_LIMIT, "a rule of more than %d names", SUDO_WORDS_MAX);
	skip_blanks(&rest);
	return rest.n ? err_set(e, ERR_FORMAT, "a rule with something behind it") : 0;
}

/* ---- Defaults ---- */

int sudo_defaults_from_line(struct span line, struct sudo_settings *ret, struct err *e)
{
	struct span rest = span_from_offset(line, 8), scope = rest;
	size_t n = 0;

	/* ":alice, bob" goes on behind a comma. */
	while (rest.n && *rest.p != ' ') {
		(void)cut_until(&rest, " ");
		n = scope.n - rest.n;
		if (scope.p[n - 1] == ',')
			skip_blanks(&rest);
	}
	skip_blanks(&rest);
	if (rest.n == 0)
		return err_set(e, ERR_FORMAT, "Defaults without a setting");
	*ret = (struct sudo_settings){ span_from(scope.p, n), rest };
	return 0;
}

int sudo_settings_next(struct sudo_settings *s, struct arena *a, struct sudo_setting *ret,
	struct err *e)
{
	bool no = false;
	struct span x, op;
	size_t n = 0;

	skip_blanks(&s->rest);
	if (s->rest.n == 0)
		return 0;
	while (take(&s->rest, '!'))
		no = !no;
	skip_blanks(&s->rest);
	x = cut_until(&s->rest, ",");
	(void)take(&s->rest, ',');
	while (n < x.n && x.p[n] != '=' && x.p[n] != '+' && x.p[n] != '-' && x.p[n] != ' ')
		n++;
	*ret = (struct sudo_setting){ s->scope, span_from(x.p, n), span_of(no ? "off" : "on") };
	if (n == 0)
		return err_set(e, ERR_FORMAT, "Defaults with a setting that has no name");
	op = span_from_offset(x, n);
	skip_blanks(&op);
	if (op.n == 0)
		return 1;
	if (*op.p != '=' && (op.n < 2 || op.p[1] != '='))
		return err_set(e, ERR_FORMAT, "Defaults with something behind a setting");
	n = *op.p == '=' ? 1 : 2;
	x = span_from_offset(op, n);
	skip_blanks(&x);
	if (x.n > 1 && *x.p == '"' && x.p[x.n - 1] == '"')
		x = span_from(x.p + 1, x.n - 2);
	ret->value = span_of(arena_format(a, "%.*s%.*s", (int)n, op.p, SPAN_ARG(x)));
	return 1;
}
