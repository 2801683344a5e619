#include "change/selection.h"

#include "core/escape.h"
#include "entity/key.h"
#include "entity/key_typed.h"

/* ---- words to terms ---- */

struct parser {
	struct arena *arena;
	const char *cwd;
	struct err *err;
};

static int bad_word(struct parser *p, struct span word, const char *why)
{
	return err_set(p->err, ERR_USAGE, "selection '%.*s': %s",
		(int)(word.n > 200 ? 200 : word.n), word.p, why);
}

/* Append the sections of a path to an absolute one, "." and ".." worked off. */
static void add_sections(struct buf *b, struct span path)
{
	struct span section;

	while (span_cut(&path, '/', &section)) {
		if (section.n == 0 || span_is(section, "."))
			continue;
		if (span_is(section, "..")) {
			while (b->n > 0 && b->p[--b->n] != '/')
				;
			continue;
		}
		buf_add_char(b, '/');
		buf_add_span(b, section);
	}
}

static int parse_path(struct parser *p, const struct kind *k, struct span word,
	struct selector_term *ret)
{
	AUTO(buf) path = BUF_INIT(BUF_MAX_DEFAULT);

	if (word.n == 0)
		return bad_word(p, word, "a path is not empty");
	ret->what = SELECT_PATH;
	ret->kind = k;
	if (key_typed_windows(k, word, p->arena, &ret->text)) {
		(void)key_shown(ret->text, p->arena, &ret->printed);
		return 0;
	}
	if (k && k->keys != KEYS_PLAIN)
		return bad_word(p, word,
			"a key of the registry begins with HKLM, HKU, HKCR or HKCC");
	if (word.p[0] != '/')
		add_sections(&path, span_of(p->cwd));
	add_sections(&path, word);
	if (path.n == 0)
		buf_add_char(&path, '/');
	ret->text = arena_copy(p->arena, buf_span(&path));
	return 0;
}

/* A key copied from what we printed is also that key. */
static struct span as_printed(struct parser *p, struct span word)
{
	AUTO(buf) plain = BUF_INIT(BUF_MAX_DEFAULT);
	struct err e;

	if (!memchr(word.p, '\\', word.n) || escape_undo(word, &plain, &e) < 0)
		return SPAN_NONE;
	return arena_copy(p->arena, buf_span(&plain));
}

static bool is_wild(const struct kind *k, struct span word)
{
	if (k->keys != KEYS_PLAIN && k->hierarchical)
		return glob_is_wild_as(word, &glob_registry);
	return key_is_windows(k, word) ? glob_is_wild_as(word, &glob_windows) : glob_is_wild(word);
}

static int parse_glob(struct parser *p, const struct kind *k, struct span word,
	struct selector_term *ret)
{
	struct glob_section *glob = NULL;
	size_t n;

	if (k->hierarchical && !is_wild(k, word))
		return parse_path(p, k, word, ret);
	if (k->hierarchical && key_is_windows(k, word))
		(void)key_typed_windows(k, word, p->arena, &word);
	if (k->hierarchical ? key_pattern(k, word, p->arena, &glob, &n, p->err) < 0
			    : glob_text_check(word, p->err) < 0)
		return bad_word(p, word, "no pattern looks like this");
	ret->what = SELECT_KEY;
	ret->kind = k;
	ret->text = arena_copy(p->arena, word);
	ret->glob = glob;
	if (!k->hierarchical && word.n)
		ret->printed = as_printed(p, word);
	return 0;
}

static int parse_seq(struct parser *p, struct span text, struct selector_term *ret)
{
	struct span rest = text, from;

	if (!span_cut(&rest, '-', &from) || !span_number(from, &ret->from))
		return bad_word(p, text, "expected a ledger number, or two with '-' between them");
	ret->to = ret->from;
	if (rest.p && !span_number(rest, &ret->to))
		return bad_word(p, text, "expected a ledger number behind '-'");
	if (ret->from == 0 || ret->to < ret->from)
		return bad_word(p, text, "expected numbers from 1, the smaller one first");
	ret->what = SELECT_SEQ;
	return 0;
}

static int parse_id(struct parser *p, enum selector_what what, struct span text,
	struct selector_term *ret)
{
	if (text.n == 0)
		return bad_word(p, text, "expected an id behind ':'");
	ret->what = what;
	ret->text = arena_copy(p->arena, text);
	return 0;
}

static int parse_word(struct parser *p, struct span word, struct selector_term *ret)
{
	struct span rest = word, head;
	const struct kind *k;

	if (span_is(word, "all")) {
		ret->what = SELECT_ALL;
		return 0;
	}
	if (!span_cut(&rest, ':', &head) || !rest.p)
		return parse_path(p, NULL, word, ret);
	if (span_is(head, "rule"))
		return parse_id(p, SELECT_RULE, rest, ret);
	if (span_is(head, "card"))
		return parse_id(p, SELECT_CARD, rest, ret);
	if (span_is(head, "seq"))
		return parse_seq(p, rest, ret);
	k = kind_find(head);
	return k ? parse_glob(p, k, rest, ret) : parse_path(p, NULL, word, ret);
}

int change_selection_parse(struct arena *a, const char *const *words, size_t n, const char *cwd,
	struct change_selection *ret, struct err *e)
{
	struct parser p = { a, cwd, e };
	const struct kind *k = n > 0 ? kind_find(span_of(words[0])) : NULL;
	struct change_selection sel = { .terms = arena_get(a, (n + 1) * sizeof *sel.terms) };

	if (k && n == 1)
		sel.terms[sel.n++] = (struct selector_term){ .what = SELECT_KIND, .kind = k };
	for (size_t i = k ? 1 : 0; i < n; i++) {
		struct selector_term *t = &sel.terms[sel.n++];
		struct span word = span_of(words[i]);

		if (k ? parse_glob(&p, k, word, t) < 0 : parse_word(&p, word, t) < 0)
			return e->code;
	}
	*ret = sel;
	return 0;
}

/* ---- does it hold ---- */

static bool below(const struct kind *k, struct span key, struct span folder)
{
	return span_is(folder, "/") || key_same(k, key, folder) || key_is_below(k, key, folder);
}

bool selector_term_holds(const struct selector_term *t, const struct kind *k, struct span key,
	struct span rule)
{
	if (t->kind && t->kind != k)
		return false;
	switch (t->what) {
	case SELECT_ALL:
		return true;
	case SELECT_KIND:
		return k != NULL;
	case SELECT_PATH:
		return k && k->hierarchical &&
		       (below(k, key, t->text) || (t->printed.n && below(k, key, t->printed)));
	case SELECT_KEY:
		return t->glob ? key_matches(k, t->glob, key)
			       : glob_text(t->text, key) ||
					 (t->printed.n && span_same(t->printed, key));
	case SELECT_RULE:
		return rule.n > 0 && span_same(rule, t->text);
	case SELECT_SEQ:
	case SELECT_CARD:
		break;
	}
	return false;
}

static bool change_holds(const struct selector_term *t, const struct change *c)
{
	if (t->what == SELECT_CARD)
		return span_same(t->text, c->card);
	return selector_term_holds(t, c->kind, c->key, c->rule) ||
	       (c->old_key.n && selector_term_holds(t, c->kind, c->old_key, c->rule));
}

/* A loss speaks for all that it may have hidden. */
static bool loss_holds(const struct selector_term *t, const struct loss_note *l)
{
	if (t->what == SELECT_RULE || t->what == SELECT_CARD)
		return false;
	if (!l->kind || (!l->scope.n && (!t->kind || t->kind == l->kind)))
		return t->what != SELECT_PATH || !l->kind || l->kind->hierarchical;
	return selector_term_holds(t, l->kind, l->scope, SPAN_NONE) ||
	       (t->what == SELECT_PATH && l->kind->hierarchical &&
		       below(l->kind, t->text, l->scope));
}

static bool term_holds(const struct selector_term *t, const struct ledger_record *r)
{
	if (t->what == SELECT_SEQ)
		return r->chained && r->seq >= t->from && r->seq <= t->to;
	if (r->type == RECORD_CHANGE)
		return change_holds(t, &r->change);
	if (r->type == RECORD_GAP)
		return selector_term_holds(t, r->gap.kind, r->gap.key, SPAN_NONE);
	if (r->type == RECORD_LOSS)
		return loss_holds(t, &r->loss);
	return t->what == SELECT_ALL;
}

bool change_selection_holds(const struct change_selection *sel, const struct ledger_record *r)
{
	for (size_t i = 0; i < sel->n; i++)
		if (term_holds(&sel->terms[i], r))
			return true;
	return false;
}
