#include "policy/import/sregex.h"

#include "core/buf.h"
#include "core/fold.h"

#define BYTES_MAX ((size_t)1 << 20)

struct piece {
	struct arena *arena;
	enum sregex_paths paths;
	struct span text, base;
	bool begins, ends; /* '^', '$' */
	struct sregex *ret;
};

static bool is_separator(enum sregex_paths paths, char c)
{
	return paths == SREGEX_POSIX ? c == '/'
				     : c == '\\' || (paths == SREGEX_WINDOWS && c == '/');
}

static bool same(const struct piece *p, struct span a, struct span b)
{
	return p->paths == SREGEX_POSIX ? span_same(a, b) : fold_same(a, b);
}

/* One byte that stands for itself. */
static void add_byte(struct buf *b, enum sregex_paths paths, char c)
{
	if (is_separator(paths, c)) {
		buf_add_char(b, paths == SREGEX_POSIX ? '/' : '\\');
		return;
	}
	if (paths == SREGEX_POSIX && (c == '*' || c == '?' || c == '\\' || c == '$'))
		buf_add_char(b, '\\');
	if (paths == SREGEX_REGISTRY && (c == '*' || c == '?' || c == '['))
		buf_addf(b, "[%c]", c);
	else
		buf_add_char(b, c);
}

static void add_pattern(const struct piece *p, struct span pattern)
{
	struct sregex *ret = p->ret;

	for (size_t i = 0; i < ret->n; i++)
		if (span_same(ret->list[i], pattern))
			return;
	if (ret->n == SREGEX_PATTERNS_MAX) {
		ret->refused = true;
		return;
	}
	ret->list[ret->n++] = arena_copy(p->arena, pattern);
}

/* What a path below the base must begin with ("" is every path), or be, if `exact`. */
static void add_from_base(const struct piece *p, struct span rest, bool exact)
{
	AUTO(buf) b = BUF_INIT(BYTES_MAX);
	char separator = p->paths == SREGEX_POSIX ? '/' : '\\';

	if (rest.n == 0) {
		p->ret->all = p->ret->all || !exact;
		return;
	}
	for (size_t i = 0; i < rest.n; i++)
		add_byte(&b, p->paths, rest.p[i]);
	if (!exact)
		buf_addf(&b, "*%c**", separator);
	add_pattern(p, buf_span(&b));
}

/* Anywhere below the base. */
static void add_inside(const struct piece *p)
{
	AUTO(buf) b = BUF_INIT(BYTES_MAX);
	char separator = p->paths == SREGEX_POSIX ? '/' : '\\';
	struct span text = p->text;
	bool whole = text.n && is_separator(p->paths, text.p[0]);

	buf_addf(&b, "**%c%s", separator, whole ? "" : "*");
	for (size_t i = whole ? 1 : 0; i < text.n; i++)
		add_byte(&b, p->paths, text.p[i]);
	if (!p->ends)
		buf_addf(&b, "*%c**", separator);
	add_pattern(p, buf_span(&b));
}

/* Texts that begin in the base and end below it. */
static void add_across(const struct piece *p)
{
	AUTO(buf) whole = BUF_INIT(BYTES_MAX);
	struct span base;

	buf_add_span(&whole, p->base);
	buf_add_char(&whole, p->paths == SREGEX_POSIX ? '/' : '\\');
	base = buf_span(&whole);
	for (size_t at = 0; at < base.n; at++) {
		struct span tail = span_from_offset(base, at);

		if (p->begins && at)
			return;
		if (at + 1 == base.n && !p->begins && is_separator(p->paths, p->text.p[0]))
			return; /* add_inside says it */
		if (p->text.n <= tail.n) {
			/* all of it stands in the base */
			if (!p->ends && same(p, p->text, (struct span){ tail.p, p->text.n }))
				p->ret->all = true;
		} else if (same(p, tail, (struct span){ p->text.p, tail.n })) {
			add_from_base(p, span_from_offset(p->text, tail.n), p->ends);
		}
	}
}

static void add_piece(struct piece *p)
{
	struct span root = p->base;

	if (p->text.n > 4096) {
		p->ret->refused = true;
		return;
	}
	/* the base itself, where it is the file */
	if (p->ends && root.n >= p->text.n && (!p->begins || root.n == p->text.n) &&
		same(p, span_from_offset(root, root.n - p->text.n), p->text))
		add_pattern(p, span_of(p->paths == SREGEX_POSIX ? "/" : "\\"));
	if (p->text.n == 0) {
		p->ret->all = true;
		return;
	}
	add_across(p);
	if (!p->begins)
		add_inside(p);
}

static void split(struct piece *p, struct span text, void (*add)(struct piece *))
{
	struct span piece;

	while (span_cut(&text, '|', &piece)) {
		p->begins = piece.n && piece.p[0] == '^';
		piece = span_from_offset(piece, p->begins);
		p->ends = piece.n && piece.p[piece.n - 1] == '$';
		piece.n -= p->ends;
		if (piece.n && piece.p[0] == '!')
			p->ret->refused = true;
		p->text = piece;
		add(p);
	}
}

void sregex_read(struct arena *a, struct span text, struct span base, enum sregex_paths paths,
	struct sregex *ret)
{
	struct piece p = { .arena = a, .paths = paths, .base = base, .ret = ret };

	*ret = (struct sregex){ 0 };
	if (text.n == 0 || base.n > 4096)
		ret->refused = true;
	else
		split(&p, text, add_piece);
}

void sregex_prefix(struct arena *a, struct span prefix, struct span base, enum sregex_paths paths,
	struct sregex *ret)
{
	struct piece p = { .arena = a,
		.paths = paths,
		.base = base,
		.text = prefix,
		.begins = true,
		.ret = ret };

	*ret = (struct sregex){ 0 };
	if (prefix.n == 0 || base.n > 4096)
		ret->refused = true;
	else
		add_piece(&p);
}

static void add_name(struct piece *p)
{
	AUTO(buf) b = BUF_INIT(BYTES_MAX);

	buf_add_text(&b, p->begins ? "" : "*");
	for (size_t i = 0; i < p->text.n; i++)
		add_byte(&b, SREGEX_REGISTRY, p->text.p[i]);
	buf_add_text(&b, p->ends ? "" : "*");
	if (b.n)
		add_pattern(p, buf_span(&b));
}

void sregex_names(struct arena *a, struct span text, struct sregex *ret)
{
	struct piece p = { .arena = a, .paths = SREGEX_REGISTRY, .ret = ret };

	*ret = (struct sregex){ 0 };
	split(&p, text, add_name);
}
