/* aide.conf(5): macros, groups and selection lines. */
#include "policy/import/aide.h"

#include <ctype.h>

#include "core/attr.h"
#include "entity/file.h"
#include "policy/import/importers.h"
#include "policy/import/regex.h"

#define LINE_MAX_BYTES 8192 /* once macros are replaced */
#define NAMES_MAX 1024      /* macros, groups */
#define SELECTIONS_MAX 4096
#define IF_MAX 64 /* nested */

/* What an @@if said. */
enum branch { BRANCH_TAKEN, BRANCH_NOT, BRANCH_UNSURE };

struct macro {
	struct span name, value;
	bool defined;
};

struct aide {
	struct import *x;
	struct arena *a;
	struct macro macros[NAMES_MAX];
	struct aide_group groups[NAMES_MAX];
	size_t n_macros, n_groups, n_ifs;
	enum branch ifs[IF_MAX];
	unsigned if_lines[IF_MAX];
	struct aide_rules rules;
	unsigned line;
	bool vague; /* this line holds what only the host knows */
};

static struct span trim(struct span s)
{
	while (s.n && isspace((unsigned char)s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && isspace((unsigned char)s.p[s.n - 1]))
		s.n--;
	return s;
}

/* The first word off the front of *rest. */
static struct span word(struct span *rest)
{
	struct span s = trim(*rest), ret = { s.p, 0 };

	while (ret.n < s.n && !isspace((unsigned char)s.p[ret.n]))
		ret.n++;
	*rest = trim(span_from_offset(s, ret.n));
	return ret;
}

static const char *shown(struct aide *d, struct span s)
{
	bool exact;

	s.n = s.n > 200 ? 200 : s.n;
	return arena_text(d->a, paths_printable(d->a, s, &exact));
}

static bool certain(const struct aide *d)
{
	for (size_t i = 0; i < d->n_ifs; i++)
		if (d->ifs[i] == BRANCH_UNSURE)
			return false;
	return true;
}

static bool skipped(const struct aide *d)
{
	for (size_t i = 0; i < d->n_ifs; i++)
		if (d->ifs[i] == BRANCH_NOT)
			return true;
	return false;
}

/* ---- macros ---- */

static struct macro *macro(struct aide *d, struct span name)
{
	for (size_t i = 0; i < d->n_macros; i++)
		if (span_same(d->macros[i].name, name))
			return &d->macros[i];
	return NULL;
}

static int expand(struct aide *d, struct span line, struct span *ret, struct err *e)
{
	AUTO(buf) b = BUF_INIT(LINE_MAX_BYTES);

	d->vague = false;
	while (line.n) {
		const char *open = span_find(line, span_of("@@{"));
		size_t before = open ? (size_t)(open - line.p) : line.n;
		struct span name = span_from_offset(line, before + 3);
		const char *close = open ? memchr(name.p, '}', name.n) : NULL;
		struct macro *m;

		if (!close)
			before = line.n;
		buf_add(&b, line.p, before);
		line = span_from_offset(line, before);
		if (!close)
			break;
		name.n = (size_t)(close - name.p);
		line = span_from_offset(line, name.n + 4);
		m = macro(d, name);
		if (span_is(name, "HOSTNAME")) {
			buf_add_text(&b, "[^/]*");
			d->vague = true;
		} else if (m && m->defined) {
			buf_add_span(&b, m->value);
		} else {
			import_note(d->x, d->line, "macro %s is not defined here: it is empty",
				shown(d, name));
			d->vague = true;
		}
	}
	if (b.full)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d bytes", d->line,
			LINE_MAX_BYTES);
	*ret = arena_copy(d->a, buf_span(&b));
	return 0;
}

static int set_macro(struct aide *d, struct span name, struct span value, bool defined,
	struct err *e)
{
	struct macro *m = macro(d, name);

	if (!m && d->n_macros == NAMES_MAX)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d macros", d->line,
			NAMES_MAX);
	if (!m)
		m = &d->macros[d->n_macros++];
	*m = (struct macro){ name, value, defined };
	return 0;
}

/* What follows @@if: "not defined X", "hostname H", "exists P". */
static enum branch judge(struct aide *d, struct span condition)
{
	bool negated = false, holds;
	struct span first = word(&condition);
	struct macro *m;

	for (; span_is(first, "not"); first = word(&condition))
		negated = !negated;
	if (!span_is(first, "defined")) {
		import_note(d->x, d->line,
			"'%s' depends on the host: both branches are imported, without what they "
			"leave out",
			shown(d, first));
		return BRANCH_UNSURE;
	}
	m = macro(d, condition);
	holds = span_is(condition, "HOSTNAME") || (m && m->defined);
	return holds != negated ? BRANCH_TAKEN : BRANCH_NOT;
}

static int begin_if(struct aide *d, struct span condition, struct err *e)
{
	if (d->n_ifs == IF_MAX)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d @@if in each other",
			d->line, IF_MAX);
	d->if_lines[d->n_ifs] = d->line;
	d->ifs[d->n_ifs] = skipped(d) ? BRANCH_NOT : judge(d, condition);
	d->n_ifs++;
	return 0;
}

static int else_or_end(struct aide *d, bool end, struct err *e)
{
	enum branch *b;

	if (d->n_ifs == 0)
		return err_set(e, ERR_FORMAT, "line %u, column 1: no @@if stands before it",
			d->line);
	b = &d->ifs[d->n_ifs - 1];
	if (end)
		d->n_ifs--;
	else if (*b != BRANCH_UNSURE)
		*b = *b == BRANCH_TAKEN ? BRANCH_NOT : BRANCH_TAKEN;
	return 0;
}

static const struct {
	const char *name, *as; /* in front of what follows */
} ifs[] = {
	{ "@@if", "" },
	{ "@@ifdef", "defined " },
	{ "@@ifndef", "not defined " },
	{ "@@ifhost", "hostname " },
	{ "@@ifnhost", "not hostname " },
};

static int directive(struct aide *d, struct span line, struct err *e)
{
	struct span rest = line, name = word(&rest), value, first;

	for (size_t i = 0; i < ARRAY_LEN(ifs); i++)
		if (span_is(name, ifs[i].name))
			return begin_if(d,
				span_of(arena_format(d->a, "%s%s", ifs[i].as,
					arena_text(d->a, rest))),
				e);
	if (span_is(name, "@@else") || span_is(name, "@@endif"))
		return else_or_end(d, span_is(name, "@@endif"), e);
	if (skipped(d))
		return 0;
	if (span_is(name, "@@undef"))
		return set_macro(d, rest, SPAN_NONE, false, e);
	if (span_is(name, "@@define")) {
		first = word(&rest);
		if (expand(d, rest, &value, e) < 0)
			return e->code;
		if (d->vague || !certain(d))
			import_note(d->x, d->line, "macro %s may be another one on the host",
				shown(d, first));
		return set_macro(d, first, value, true, e);
	}
	if (span_is(name, "@@include") || span_is(name, "@@x_include"))
		import_note(d->x, d->line, "%s: what it brings in is not read; import it, too",
			shown(d, line));
	else
		import_note(d->x, d->line, "%s: not needed", shown(d, line));
	return 0;
}

/* ---- selection lines ---- */

static const char type_letters[] = {
	[FILE_REGULAR] = 'f',
	[FILE_DIRECTORY] = 'd',
	[FILE_SYMLINK] = 'l',
	[FILE_FIFO] = 'p',
	[FILE_SOCKET] = 's',
	[FILE_BLOCK] = 'b',
	[FILE_CHAR] = 'c',
};

/* "f,d"; false: something else is asked, too, and *ret is 0. */
static bool types_of(struct span list, unsigned *ret)
{
	struct span one;

	*ret = 0;
	if (span_is(list, "0"))
		return true;
	while (span_cut(&list, ',', &one)) {
		const char *hit =
			one.n == 1 ? memchr(type_letters, one.p[0], sizeof type_letters) : NULL;

		if (!hit || !one.p[0]) {
			*ret = 0;
			return false;
		}
		*ret |= 1u << (hit - type_letters);
	}
	return true;
}

/* The expression ends at a blank; "\ " is one in it, "\\" one '\'. */
static struct span cut_regex(struct aide *d, struct span *rest)
{
	char *p = arena_get(d->a, rest->n + 1);
	size_t n = 0, i = 0;

	for (; i < rest->n && !isspace((unsigned char)rest->p[i]); i++) {
		if (rest->p[i] == '\\' && i + 1 < rest->n &&
			(rest->p[i + 1] == '\\' || rest->p[i + 1] == ' '))
			i++;
		else if (rest->p[i] == '\\' && i + 1 < rest->n)
			p[n++] = rest->p[i++];
		p[n++] = rest->p[i];
	}
	*rest = trim(span_from_offset(*rest, i));
	return (struct span){ p, n };
}

static struct aide_rule *new_rule(struct aide *d)
{
	struct aide_rules *r = &d->rules;

	if (r->n == r->cap) {
		struct aide_rule *list;

		r->cap = r->cap ? r->cap * 2 : 64;
		list = arena_get(d->a, r->cap * sizeof *list);
		if (r->n)
			memcpy(list, r->list, r->n * sizeof *list);
		r->list = list;
	}
	return &r->list[r->n++];
}

/* What stands behind the expression: types and what to look at, or only one of them. */
static void options(struct aide *d, struct aide_rule *r, struct span rest)
{
	bool negative = r->how >= AIDE_NEGATIVE;
	struct span first = word(&rest), unknown;
	struct span types = rest.n || negative ? first : SPAN_NONE, what = rest.n ? rest : first;

	if (types.n && !types_of(types, &r->types)) {
		import_note(d->x, d->line, "the restriction '%s' has no counterpart: %s",
			shown(d, types), negative ? "nothing is left out" : "every type is taken");
		r->exact = false;
	}
	if (negative)
		return;
	r->attributes = aide_attributes(what, d->groups, d->n_groups, &unknown);
	if (unknown.n)
		import_note(d->x, d->line, "'%s' is no group that is known here: %s",
			shown(d, unknown), r->attributes ? "it is left out" : "R is taken");
	if (unknown.n && !r->attributes)
		r->attributes = aide_attributes(span_of("R"), NULL, 0, &unknown);
}

static int selection(struct aide *d, enum aide_how how, struct span line, struct err *e)
{
	struct span rest = line, regex = cut_regex(d, &rest);
	bool sure = certain(d) && !d->vague, negative = how >= AIDE_NEGATIVE;
	struct aide_rule *r;
	const char *why;

	if (d->rules.n == SELECTIONS_MAX)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d selection lines",
			d->line, SELECTIONS_MAX);
	r = new_rule(d);
	*r = (struct aide_rule){ .how = how,
		.regex = regex,
		.depth = regex_depth(regex),
		.exact = sure,
		.line = d->line };
	why = regex_paths(d->a, regex, how == AIDE_EQUALS ? REGEX_SECTION : REGEX_PREFIX,
		&r->paths);
	if (how == AIDE_EQUALS && regex.n > 1 && regex.p[regex.n - 1] == '/')
		paths_add(d->a, &r->paths, paths_base(r->paths.n ? r->paths.list[0] : regex));
	r->exact &= !why;
	options(d, r, rest);
	if (r->paths.n == 0)
		import_note(d->x, d->line, "%s: no path can be like that", shown(d, regex));
	else if (why && negative)
		import_note(d->x, d->line, "!%s: nothing is left out: %s", shown(d, regex), why);
	else if (why)
		import_note(d->x, d->line, "%s: more is watched: %s", shown(d, regex), why);
	else if (negative && !sure)
		import_note(d->x, d->line, "!%s: nothing is left out: it depends on the host",
			shown(d, regex));
	return 0;
}

/* ---- groups and options ---- */

static const char *const option_starts[] = { "database", "report", "verbose", "log_level",
	"gzip_dbout", "config_version", "acl_no_symlink_follow", "warn_dead_symlinks",
	"syslog_format", "grouped", "summarize_changes", "ignore_list", "num_workers", "recstop",
	"limit", "config_check_warn_unrestricted_rules", "root_prefix" };

static int assignment(struct aide *d, struct span line, size_t at, struct err *e)
{
	struct span name = trim((struct span){ line.p, at }), unknown, value;
	uint64_t bits;

	for (size_t i = 0; i < ARRAY_LEN(option_starts); i++)
		if (span_starts(name, span_of(option_starts[i]))) {
			import_note(d->x, d->line, "option %s: %s", shown(d, name),
				span_is(name, "root_prefix")
					? "not taken over; the paths stand as they are written"
					: "not needed");
			return 0;
		}
	value = trim(span_from_offset(line, at + 1));
	bits = aide_attributes(value, d->groups, d->n_groups, &unknown);
	if (unknown.n)
		import_note(d->x, d->line,
			"'%s' is no attribute that is known here: it is left out",
			shown(d, unknown));
	if (d->n_groups == NAMES_MAX)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d groups", d->line,
			NAMES_MAX);
	d->groups[d->n_groups++] = (struct aide_group){ name, bits };
	return 0;
}

static const struct {
	char sign;
	enum aide_how how;
} signs[] = { { '=', AIDE_EQUALS }, { '!', AIDE_NEGATIVE }, { '-', AIDE_NEGATIVE_ALONE } };

static int statement(struct aide *d, struct span line, struct err *e)
{
	const char *equal = memchr(line.p, '=', line.n);

	if (line.p[0] == '/')
		return selection(d, AIDE_REGULAR, line, e);
	for (size_t i = 0; line.n > 1 && line.p[1] == '/' && i < ARRAY_LEN(signs); i++)
		if (line.p[0] == signs[i].sign)
			return selection(d, signs[i].how, span_from_offset(line, 1), e);
	if (equal && equal > line.p)
		return assignment(d, line, (size_t)(equal - line.p), e);
	return err_set(e, ERR_FORMAT,
		"line %u, column 1: neither a selection line, nor a group, nor an option", d->line);
}

static int read_line(struct aide *d, struct span line, struct err *e)
{
	line = trim(line);
	if (line.n == 0 || line.p[0] == '#')
		return 0;
	if (line.n > LINE_MAX_BYTES)
		return err_set(e, ERR_LIMIT, "line %u, column 1: more than %d bytes", d->line,
			LINE_MAX_BYTES);
	if (span_starts(line, span_of("@@")) && !span_starts(line, span_of("@@{")))
		return directive(d, line, e);
	if (skipped(d))
		return 0;
	if (expand(d, line, &line, e) < 0)
		return e->code;
	line = trim(line);
	return line.n ? statement(d, line, e) : 0;
}

static int run(struct import *x, struct span text, struct err *e)
{
	struct arena *a = import_arena(x);
	struct aide *d = arena_get(a, sizeof *d);
	struct span line;

	d->x = x;
	d->a = a;
	while (span_cut(&text, '\n', &line)) {
		d->line++;
		if (read_line(d, line, e) < 0)
			return e->code;
	}
	if (d->n_ifs)
		return err_set(e, ERR_FORMAT, "line %u, column 1: no @@endif ends this @@if",
			d->if_lines[d->n_ifs - 1]);
	aide_emit(x, &d->rules);
	return 0;
}

/* Some line is one that only AIDE has. */
static bool knows(struct span text)
{
	static const char *const starts[] = { "/", "!/", "=/", "database=", "database_", "@@define",
		"@@if", "@@include", "@@x_include" };
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		line = trim(line);
		if (line.n && strchr("<{", line.p[0]))
			return false;
		for (size_t i = 0; i < ARRAY_LEN(starts); i++)
			if (span_starts(line, span_of(starts[i])))
				return true;
	}
	return false;
}

const struct importer importer_aide = {
	.name = "aide",
	.text = "AIDE 0.16 to 0.19: aide.conf",
	.knows = knows,
	.run = run,
};
