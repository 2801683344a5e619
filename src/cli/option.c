#include "cli/option.h"

#include <getopt.h>
#include <stdio.h>

#include "cli/suggest.h"
#include "core/escape.h"
#include "core/time.h"
#include "os/clock.h"

/* What getopt_long needs, made from the rows. */
struct grammar {
	const struct option_row *rows[OPTIONS_MAX];
	size_t n;
	struct option longs[OPTIONS_MAX + 1];
	char letters[2 * OPTIONS_MAX + 3];
};

static void make_grammar(struct grammar *g, const struct option_row *const *tables, bool early)
{
	char *letter = g->letters;

	*g = (struct grammar){ 0 };
	/* "+": stop at the first operand; ":": tell a missing argument from an unknown option */
	if (early)
		*letter++ = '+';
	*letter++ = ':';
	for (; *tables; tables++) {
		for (const struct option_row *row = *tables; row->name; row++) {
			if (g->n == OPTIONS_MAX)
				return;
			g->longs[g->n] = (struct option){ row->name,
				row->type == OPTION_FLAG ? no_argument : required_argument, NULL,
				256 + (int)g->n };
			if (row->letter) {
				*letter++ = row->letter;
				if (row->type != OPTION_FLAG)
					*letter++ = ':';
			}
			g->rows[g->n++] = row;
		}
	}
}

static int bad_value(const struct option_row *row, const char *value, const char *expected,
	struct err *e)
{
	AUTO(buf) shown = BUF_INIT(4096);

	escape_text(&shown, span_from(value, strnlen(value, 128)));
	return err_set(e, ERR_USAGE, "--%s cannot be '%s': expected %s", row->name,
		buf_text(&shown), expected);
}

static bool parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *ret,
	const char **ret_rest)
{
	uint64_t n = 0;

	if (*text < '0' || *text > '9')
		return false;
	for (; *text >= '0' && *text <= '9'; text++)
		if (__builtin_mul_overflow(n, 10, &n) || __builtin_add_overflow(n, *text - '0', &n))
			return false;
	if (n < least || n > most)
		return false;
	*ret = n;
	*ret_rest = text;
	return true;
}

static int store_number(const struct option_row *row, const char *value, struct err *e)
{
	char expected[64];
	const char *rest;
	uint64_t n;

	if (parse_number(value, row->least, row->most, &n, &rest) && !*rest) {
		*row->to.number = n;
		return 0;
	}
	snprintf(expected, sizeof expected, "a number from %llu to %llu",
		(unsigned long long)row->least, (unsigned long long)row->most);
	return bad_value(row, value, expected, e);
}

static int store_bytes(const struct option_row *row, const char *value, struct err *e)
{
	static const char units[] = "KMGT";
	const char *rest, *unit;
	uint64_t n;

	if (parse_number(value, 1, UINT64_C(1) << 40, &n, &rest)) {
		unit = *rest ? strchr(units, *rest) : NULL;
		if (unit) {
			n <<= 10 * (unit - units + 1);
			rest++;
			if (strcmp(rest, "iB") == 0 || strcmp(rest, "B") == 0)
				rest += strlen(rest);
		}
		if (!*rest && n >> 40 < 1 << 20) {
			*row->to.number = n;
			return 0;
		}
	}
	return bad_value(row, value, "bytes such as 500000, 64K, 20M or 1G", e);
}

static int store_choice(const struct option_row *row, const char *value, struct err *e)
{
	AUTO(buf) expected = BUF_INIT(1024);

	for (int i = 0; row->choices[i]; i++) {
		if (strcmp(row->choices[i], value) == 0) {
			*row->to.choice = i;
			return 0;
		}
		buf_addf(&expected, "%s%s", i ? ", " : "", row->choices[i]);
	}
	return bad_value(row, value, buf_text(&expected), e);
}

static int store_kind(const struct option_row *row, const char *value, struct err *e)
{
	AUTO(buf) expected = BUF_INIT(1024);
	const struct kind *kind = kind_find(span_of(value));

	if (kind) {
		*row->to.kind = kind;
		return 0;
	}
	for (size_t i = 0; kinds[i]; i++)
		buf_addf(&expected, "%s%s", i ? ", " : "", kinds[i]->name);
	return bad_value(row, value, buf_text(&expected), e);
}

static int store_time(const struct option_row *row, const char *value, struct err *e)
{
	if (time_parse(span_of(value), clock_now(), &row->to.time->ns, e) < 0)
		return err_prefix(e, "--%s: ", row->name);
	row->to.time->set = true;
	return 0;
}

static int store_value(const struct option_row *row, const char *value, struct err *e)
{
	switch (row->type) {
	case OPTION_FLAG:
		*row->to.flag = true;
		return 0;
	case OPTION_TEXT:
	case OPTION_FILE:
		if (!value[strspn(value, " \t\r\n\v\f")])
			return err_set(e, ERR_USAGE, "--%s needs a %s that is not empty", row->name,
				row->arg);
		*row->to.text = value;
		return 0;
	case OPTION_NUMBER:
		return store_number(row, value, e);
	case OPTION_BYTES:
		return store_bytes(row, value, e);
	case OPTION_TIME:
		return store_time(row, value, e);
	case OPTION_CHOICE:
		return store_choice(row, value, e);
	case OPTION_KIND:
		return store_kind(row, value, e);
	}
	return 0;
}

static const struct option_row *row_of(const struct grammar *g, int c)
{
	for (size_t i = 0; i < g->n; i++)
		if (c == 256 + (int)i || (c < 256 && g->rows[i]->letter == c))
			return g->rows[i];
	return NULL;
}

static int unknown(const struct grammar *g, const char *word, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(4096);
	AUTO(buf) bare = BUF_INIT(4096);
	struct suggestion s;

	escape_text(&shown, span_from(word, strnlen(word, 128)));
	buf_add(&bare, word + 2, strcspn(word + 2, "="));
	s = (struct suggestion){ .typed = buf_text(&bare) };
	for (size_t i = 0; i < g->n; i++)
		suggest_from(&s, g->rows[i]->name);
	if (s.word)
		return err_set(e, ERR_USAGE, "unknown option '%s'; did you mean --%s?",
			buf_text(&shown), s.word);
	return err_set(e, ERR_USAGE, "unknown option '%s'", buf_text(&shown));
}

static int refuse(const struct grammar *g, int c, char **argv, struct err *e)
{
	const struct option_row *row = optopt ? row_of(g, optopt) : NULL;

	/* MinGW's says the same of a value that is not taken */
	if (c == ':' && row && row->type != OPTION_FLAG)
		return err_set(e, ERR_USAGE, "--%s needs a %s", row->name, row->arg);
	if (row)
		return err_set(e, ERR_USAGE, "--%s takes no value", row->name);
	if (optopt > ' ' && optopt < 127)
		return err_set(e, ERR_USAGE, "unknown option '-%c'", optopt);
	if (optopt)
		return err_set(e, ERR_USAGE, "unknown option");
	return unknown(g, argv[optind - 1], e);
}

int option_parse(const struct option_row *const *tables, int argc, char **argv, bool early,
	int *ret, struct err *e)
{
	struct grammar g;
	int c;

	make_grammar(&g, tables, early);
	opterr = 0;
	optind = 0; /* glibc and musl: start afresh */
	while ((c = getopt_long(argc, argv, g.letters, g.longs, NULL)) != -1) {
		const struct option_row *row = c == '?' || c == ':' ? NULL : row_of(&g, c);
		int rc = row ? store_value(row, optarg, e) : refuse(&g, c, argv, e);

		if (rc < 0)
			return rc;
	}
	*ret = optind;
	return 0;
}
