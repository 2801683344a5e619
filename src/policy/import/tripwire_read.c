/* The language of twpol.txt: words, quoted texts and signs; '#' begins a comment. */
#include "policy/import/tripwire.h"

#include <ctype.h>
#include <stdlib.h>

#include "core/attr.h"
#include "policy/import/paths.h"

#define VARIABLES_MAX 1024
#define RULES_LIMIT 8192
#define BLOCKS_MAX 32 /* { } in each other */
#define IFS_MAX 32
#define WORD_MAX 4096

struct variable {
	struct span name, value;
};

enum word_kind { WORD_END, WORD_TEXT, WORD_SIGN, WORD_ARROW, WORD_DIRECTIVE };

struct reader {
	struct import *x;
	struct arena *a;
	struct span left;
	unsigned line;
	/* the word that is next */
	enum word_kind kind;
	struct span word; /* WORD_TEXT: variables replaced; WORD_SIGN: one of "!;(){}=," */
	unsigned word_line;
	bool unknown; /* it names a variable that is not defined */
	struct variable variables[VARIABLES_MAX];
	size_t n_variables;
	struct tripwire_attributes blocks[BLOCKS_MAX];
	size_t n_blocks, n_ifs;
	enum tripwire_section section;
	bool ended;
	struct tripwire_rules *rules;
};

static int wrong(const struct reader *r, struct err *e, const char *expected)
{
	return err_set(e, ERR_FORMAT, "line %u, column 1: expected %s", r->word_line, expected);
}

/* ---- words ---- */

static const struct variable defined_by_tripwire[] = {
	{ { "ReadOnly", 8 }, { "+pinugtsdbmCM-rlacSH", 20 } },
	{ { "Dynamic", 7 }, { "+pinugtd-srlbamcCMSH", 20 } },
	{ { "Growing", 7 }, { "+pinugtdl-srbamcCMSH", 20 } },
	{ { "Device", 6 }, { "+pugsdr-intlbamcCMSH", 20 } },
	{ { "IgnoreAll", 9 }, { "-pinugtsdrlbamcCMSH", 19 } },
	{ { "IgnoreNone", 10 }, { "+pinugtsdrbamcCMSH-l", 20 } },
};

static const struct span *variable(const struct reader *r, struct span name)
{
	for (size_t i = r->n_variables; i-- > 0;)
		if (span_same(r->variables[i].name, name))
			return &r->variables[i].value;
	for (size_t i = 0; i < ARRAY_LEN(defined_by_tripwire); i++)
		if (span_same(defined_by_tripwire[i].name, name))
			return &defined_by_tripwire[i].value;
	return NULL;
}

static void step(struct reader *r, size_t n)
{
	for (size_t i = 0; i < n && i < r->left.n; i++)
		r->line += r->left.p[i] == '\n';
	r->left = span_from_offset(r->left, n);
}

static bool at(const struct reader *r, const char *text)
{
	return span_starts(r->left, span_of(text));
}

static void skip_blank(struct reader *r)
{
	while (r->left.n) {
		if (isspace((unsigned char)r->left.p[0])) {
			step(r, 1);
		} else if (r->left.p[0] == '#') {
			const char *end = memchr(r->left.p, '\n', r->left.n);

			step(r, end ? (size_t)(end - r->left.p) : r->left.n);
		} else {
			return;
		}
	}
}

/* $(NAME) at the front. */
static bool take_variable(struct reader *r, struct buf *b)
{
	const char *close = at(r, "$(") ? memchr(r->left.p, ')', r->left.n) : NULL;
	struct span name = span_from_offset(r->left, 2);
	const struct span *value;

	if (!close)
		return false;
	name.n = (size_t)(close - name.p);
	value = variable(r, name);
	if (value) {
		buf_add_span(b, *value);
	} else {
		r->unknown = true;
		buf_add_span(b, (struct span){ r->left.p, name.n + 3 });
	}
	step(r, name.n + 3);
	return true;
}

/* '\' and what follows: as in C, but in paths of Windows it mostly stands for itself. */
static void take_escape(struct reader *r, struct buf *b)
{
	bool windows = r->section == TRIPWIRE_NTFS || r->section == TRIPWIRE_REGISTRY;
	char c = r->left.n > 1 ? r->left.p[1] : '\\', text[4] = { 0 }, *end;

	if (c == '\\' || c == '"' || (!windows && !isalnum((unsigned char)c))) {
		buf_add_char(b, c);
		step(r, 2);
	} else if (windows) {
		buf_add_char(b, '\\');
		step(r, 1);
	} else if (r->left.n > 3 && (c == 'x' || (c >= '0' && c <= '3'))) {
		bool hex = c == 'x';

		memcpy(text, r->left.p + (hex ? 2 : 1), hex ? 2 : 3);
		buf_add_char(b, (char)strtoul(text, &end, hex ? 16 : 8));
		step(r, 4);
	} else {
		buf_add_char(b, c == 't' ? '\t' : c == 'n' ? '\n' : c);
		step(r, 2);
	}
}

static int take_text(struct reader *r, struct err *e)
{
	AUTO(buf) b = BUF_INIT(WORD_MAX);
	bool quoted = at(r, "\"");

	step(r, quoted);
	while (r->left.n &&
		(quoted ? r->left.p[0] != '"'
			: !isspace((unsigned char)r->left.p[0]) &&
					!strchr(";,(){}=#\"!", r->left.p[0]) && !at(r, "->"))) {
		if (take_variable(r, &b))
			continue;
		if (r->left.p[0] == '\\') {
			take_escape(r, &b);
			continue;
		}
		buf_add_char(&b, r->left.p[0]);
		step(r, 1);
	}
	if (quoted && !at(r, "\""))
		return wrong(r, e, "a '\"' that ends the text");
	if (b.full)
		return err_set(e, ERR_LIMIT, "line %u, column 1: a word of more than %d bytes",
			r->word_line, WORD_MAX);
	step(r, quoted);
	r->kind = WORD_TEXT;
	r->word = arena_copy(r->a, buf_span(&b));
	return 0;
}

static int next(struct reader *r, struct err *e)
{
	skip_blank(r);
	r->word_line = r->line;
	r->unknown = false;
	if (r->left.n == 0) {
		r->kind = WORD_END;
		r->word = SPAN_NONE;
	} else if (at(r, "->")) {
		r->kind = WORD_ARROW;
		step(r, 2);
	} else if (at(r, "@@")) {
		const char *end = memchr(r->left.p, '\n', r->left.n);

		r->kind = WORD_DIRECTIVE;
		r->word = (struct span){ r->left.p, end ? (size_t)(end - r->left.p) : r->left.n };
		step(r, r->word.n);
	} else if (r->left.p[0] == '\0') {
		return wrong(r, e, "text, without NUL bytes");
	} else if (strchr("!;(){}=,", r->left.p[0])) {
		r->kind = WORD_SIGN;
		r->word = (struct span){ r->left.p, 1 };
		step(r, 1);
	} else {
		return take_text(r, e);
	}
	return 0;
}

static bool sign(const struct reader *r, const char *s)
{
	return r->kind == WORD_SIGN && span_is(r->word, s);
}

static const char *shown(struct reader *r, struct span s)
{
	bool exact;

	s.n = s.n > 200 ? 200 : s.n;
	return arena_text(r->a, paths_printable(r->a, s, &exact));
}

/* ---- statements ---- */

static const struct {
	const char *name;
	enum tripwire_section section;
} sections[] = {
	{ "GLOBAL", TRIPWIRE_FILES },
	{ "FS", TRIPWIRE_FILES },
	{ "UNIXFS", TRIPWIRE_FILES },
	{ "NTFS", TRIPWIRE_NTFS },
	{ "NTREG", TRIPWIRE_REGISTRY },
};

static struct span next_word(struct span *rest)
{
	struct span ret;

	while (rest->n && isspace((unsigned char)rest->p[0]))
		*rest = span_from_offset(*rest, 1);
	ret = (struct span){ rest->p, 0 };
	while (ret.n < rest->n && !isspace((unsigned char)rest->p[ret.n]))
		ret.n++;
	*rest = span_from_offset(*rest, ret.n);
	return ret;
}

static int directive(struct reader *r, struct err *e)
{
	struct span rest = r->word, name = next_word(&rest), what = next_word(&rest);

	if (span_is(name, "@@section")) {
		r->section = TRIPWIRE_OTHER;
		for (size_t i = 0; i < ARRAY_LEN(sections); i++)
			if (span_is(what, sections[i].name))
				r->section = sections[i].section;
		if (r->section == TRIPWIRE_OTHER)
			import_note(r->x, r->word_line, "section %s has no counterpart",
				shown(r, what));
	} else if (span_is(name, "@@ifhost")) {
		if (r->n_ifs++ == IFS_MAX)
			return err_set(e, ERR_LIMIT,
				"line %u, column 1: more than %d @@ifhost in each other",
				r->word_line, IFS_MAX);
		import_note(r->x, r->word_line,
			"@@ifhost depends on the host: all branches are imported, without what "
			"they "
			"leave out");
	} else if (span_is(name, "@@endif") || span_is(name, "@@else")) {
		if (r->n_ifs == 0)
			return wrong(r, e, "an @@ifhost before it");
		r->n_ifs -= span_is(name, "@@endif");
	} else if (span_is(name, "@@end")) {
		r->ended = true;
	} else {
		import_note(r->x, r->word_line, "%s: not needed", shown(r, name));
	}
	return next(r, e);
}

/* A number, or "true" (all levels), "false" (0). */
static long number(struct span s)
{
	char text[16] = { 0 };
	long n;

	if (span_is(s, "true"))
		return -1;
	if (span_is(s, "false"))
		return 0;
	memcpy(text, s.p, s.n < sizeof text - 1 ? s.n : sizeof text - 1);
	n = strtol(text, NULL, 10);
	return n < -1 ? -1 : n > 1000000 ? 1000000 : n;
}

/* Behind a '(': NAME = VALUE, … ')' */
static int attributes(struct reader *r, struct tripwire_attributes *ret, struct err *e)
{
	while (!sign(r, ")")) {
		struct span name = r->word;
		unsigned line = r->word_line;

		if (r->kind != WORD_TEXT)
			return wrong(r, e, "the name of an attribute, or ')'");
		if (next(r, e) < 0)
			return e->code;
		if (!sign(r, "="))
			return wrong(r, e, "'='");
		if (next(r, e) < 0)
			return e->code;
		if (r->kind != WORD_TEXT)
			return wrong(r, e, "the value of an attribute");
		if (span_is(name, "rulename"))
			ret->name = r->word;
		else if (span_is(name, "severity"))
			ret->severity = number(r->word);
		else if (span_is(name, "recurse"))
			ret->recurse = (int)number(r->word);
		else
			import_note(r->x, line, "attribute %s has no counterpart here",
				shown(r, name));
		/* values of one attribute are joined by ';' or '|' at times */
		for (;;) {
			if (next(r, e) < 0)
				return e->code;
			if (!sign(r, ";"))
				break;
			if (next(r, e) < 0)
				return e->code;
		}
		if (sign(r, ",") && next(r, e) < 0)
			return e->code;
	}
	return next(r, e);
}

static int add(struct reader *r, const struct tripwire_rule *rule, struct err *e)
{
	struct tripwire_rules *all = r->rules;

	if (all->n == RULES_LIMIT)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d rules", r->word_line,
			RULES_LIMIT);
	if (all->n == all->cap) {
		struct tripwire_rule *list;

		all->cap = all->cap ? all->cap * 2 : 64;
		list = arena_get(r->a, all->cap * sizeof *list);
		if (all->n)
			memcpy(list, all->list, all->n * sizeof *list);
		all->list = list;
	}
	all->list[all->n++] = *rule;
	return 0;
}

/* Behind an object and its "->": a mask, attributes, ';'. */
static int rule(struct reader *r, struct tripwire_rule *made, bool unknown, struct err *e)
{
	AUTO(buf) mask = BUF_INIT(WORD_MAX);

	while (r->kind == WORD_TEXT) {
		unknown |= r->unknown;
		buf_add_span(&mask, r->word);
		if (next(r, e) < 0)
			return e->code;
	}
	if (mask.full)
		return err_set(e, ERR_LIMIT, "line %u, column 1: a mask of more than %d bytes",
			made->line, WORD_MAX);
	made->mask = arena_copy(r->a, buf_span(&mask));
	if (sign(r, "(") && (next(r, e) < 0 || attributes(r, &made->attributes, e) < 0))
		return e->code;
	if (!sign(r, ";"))
		return wrong(r, e, "';'");
	if (unknown)
		import_note(r->x, made->line,
			"%s -> %s: a variable is not defined: no rule is made",
			shown(r, made->object), shown(r, made->mask));
	else if (add(r, made, e) < 0)
		return e->code;
	return next(r, e);
}

static int stop(struct reader *r, struct tripwire_rule *made, struct err *e)
{
	if (next(r, e) < 0)
		return e->code;
	if (r->kind != WORD_TEXT)
		return wrong(r, e, "a path behind '!'");
	made->stop = true;
	made->object = r->word;
	if (r->unknown)
		import_note(r->x, r->word_line,
			"!%s: a variable is not defined: nothing is left out", shown(r, r->word));
	else if (add(r, made, e) < 0)
		return e->code;
	if (next(r, e) < 0)
		return e->code;
	return sign(r, ";") ? next(r, e) : wrong(r, e, "';'");
}

static int assign(struct reader *r, struct span name, struct err *e)
{
	AUTO(buf) value = BUF_INIT(WORD_MAX);

	if (next(r, e) < 0)
		return e->code;
	while (r->kind == WORD_TEXT) {
		buf_add_span(&value, r->word);
		if (next(r, e) < 0)
			return e->code;
	}
	if (!sign(r, ";"))
		return wrong(r, e, "';'");
	if (r->n_variables == VARIABLES_MAX || value.full)
		return err_set(e, ERR_LIMIT,
			"line %u, column 1: more than %d variables, or one of more than %d bytes",
			r->word_line, VARIABLES_MAX, WORD_MAX);
	r->variables[r->n_variables++] =
		(struct variable){ name, arena_copy(r->a, buf_span(&value)) };
	return next(r, e);
}

/* Behind '(': the attributes of the rules in the { } that follows. */
static int begin_block(struct reader *r, struct err *e)
{
	struct tripwire_attributes inner = r->blocks[r->n_blocks];

	if (r->n_blocks + 1 == BLOCKS_MAX)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d '{' in each other",
			r->word_line, BLOCKS_MAX);
	if (next(r, e) < 0 || attributes(r, &inner, e) < 0)
		return e->code;
	if (!sign(r, "{"))
		return wrong(r, e, "'{'");
	r->blocks[++r->n_blocks] = inner;
	return next(r, e);
}

static int statement(struct reader *r, struct err *e)
{
	struct tripwire_rule made = { .section = r->section,
		.unsure = r->n_ifs > 0,
		.object = r->word,
		.attributes = r->blocks[r->n_blocks],
		.line = r->word_line };
	bool unknown = r->unknown;

	if (r->kind == WORD_DIRECTIVE)
		return directive(r, e);
	if (sign(r, "("))
		return begin_block(r, e);
	if (sign(r, "}") && r->n_blocks) {
		r->n_blocks--;
		return next(r, e);
	}
	if (sign(r, "!"))
		return stop(r, &made, e);
	if (r->kind != WORD_TEXT)
		return wrong(r, e, "a rule, a variable, '!', '(' or a directive");
	if (next(r, e) < 0)
		return e->code;
	if (sign(r, "="))
		return assign(r, made.object, e);
	if (r->kind != WORD_ARROW)
		return wrong(r, e, "'->' or '='");
	return next(r, e) < 0 ? e->code : rule(r, &made, unknown, e);
}

int tripwire_read(struct import *x, struct span text, struct tripwire_rules *ret, struct err *e)
{
	struct reader *r = arena_get(import_arena(x), sizeof *r);

	r->x = x;
	r->a = import_arena(x);
	r->left = text;
	r->line = 1;
	r->rules = ret;
	r->blocks[0] = (struct tripwire_attributes){ SPAN_NONE, -1, -1 };
	if (next(r, e) < 0)
		return e->code;
	while (r->kind != WORD_END && !r->ended)
		if (statement(r, e) < 0)
			return e->code;
	if (!r->ended && (r->n_blocks || r->n_ifs))
		return wrong(r, e, r->n_blocks ? "a '}'" : "an @@endif");
	return 0;
}
