#include "policy/tree.h"

#include <stdlib.h>
#include <yaml.h>

#include "core/mem.h"

struct children {
	struct node **list;
	unsigned n, cap;
};

struct build {
	struct arena *arena;
	const char *file;
	struct span yaml;
	struct problems *problems;
	yaml_parser_t parser;
	yaml_event_t event; /* the one looked at */
	unsigned nodes;
};

static struct place place_of(const struct build *b, yaml_mark_t mark)
{
	return (struct place){ b->file, (unsigned)mark.line + 1, (unsigned)mark.column + 1 };
}

static int refuse(struct build *b, const char *code, struct place at, const char *text,
	struct err *e)
{
	problem_add(b->problems, PROBLEM_ERROR, code, at, NULL, "%s", text);
	return err_set(e, ERR_POLICY, "'%s' is not a valid policy", b->file);
}

/* Where the mark points to; its index counts characters. */
static bool is_tab(struct span yaml, yaml_mark_t mark)
{
	size_t index = 0;

	for (size_t i = 0; i < yaml.n; i++) {
		if (((unsigned char)yaml.p[i] & 0xC0) == 0x80)
			continue;
		if (index++ == mark.index)
			return yaml.p[i] == '\t';
	}
	return false;
}

static int next(struct build *b, struct err *e)
{
	yaml_event_delete(&b->event);
	if (yaml_parser_parse(&b->parser, &b->event))
		return 0;

	const yaml_parser_t *p = &b->parser;
	const char *context = p->context ? p->context : "";
	const char *problem = p->problem ? p->problem : "cannot be read";
	yaml_mark_t mark = p->problem_mark;

	/* bytes that are not UTF-8 have an offset, but no line */
	if (p->error == YAML_READER_ERROR)
		mark = p->mark;
	else if (is_tab(b->yaml, mark))
		return refuse(b, "yaml-syntax", place_of(b, mark),
			"found a tab where indentation must be spaces", e);
	return refuse(b, "yaml-syntax", place_of(b, mark),
		arena_format(b->arena, "not valid YAML: %s%s%s", problem, *context ? " " : "",
			context),
		e);
}

static struct span bytes_of(struct build *b, const yaml_char_t *p, size_t n)
{
	return arena_copy(b->arena, span_from(p, n));
}

static int refuse_extras(struct build *b, const yaml_char_t *anchor, const yaml_char_t *tag,
	struct err *e)
{
	struct place at = place_of(b, b->event.start_mark);

	if (anchor)
		return refuse(b, "yaml-anchor", at,
			"found an anchor '&…'; a policy has no anchors and aliases, expected the "
			"value itself (see variables)",
			e);
	if (tag)
		return refuse(b, "yaml-tag", at,
			"found a tag '!…'; a policy has no tags, expected the value itself", e);
	return 0;
}

static int read_node(struct build *b, unsigned depth, struct node **ret, struct err *e);

static void add_child(struct children *c, struct node *n)
{
	if (c->n == c->cap) {
		c->cap = c->cap ? c->cap * 2 : 8;
		c->list = mem_grow(c->list, c->cap, sizeof(struct node *));
	}
	c->list[c->n++] = n;
}

static int check_key(struct build *b, const struct node *key, struct err *e)
{
	if (key->type != NODE_SCALAR)
		return refuse(b, "wrong-type", key->at,
			arena_format(b->arena, "found %s as a key, expected a word",
				node_found(b->arena, key)),
			e);
	if (key->plain && span_is(key->text, "<<"))
		return refuse(b, "yaml-merge", key->at,
			"found a merge key '<<'; a policy has none, expected the keys themselves",
			e);
	return 0;
}

static int compare_keys(const void *left, const void *right)
{
	const struct node *a = *(struct node *const *)left, *b = *(struct node *const *)right;
	int r = span_compare(a->text, b->text);

	if (r)
		return r;
	return a->at.line != b->at.line ? (a->at.line < b->at.line ? -1 : 1)
					: (a->at.column < b->at.column ? -1 : 1);
}

/* Sorted, so that a map of a hundred thousand keys costs no quadratic time. */
static void report_duplicates(struct build *b, const struct children *c)
{
	unsigned n = c->n / 2;
	struct node **keys = mem_array(n ? n : 1, sizeof(struct node *));

	for (unsigned i = 0; i < n; i++)
		keys[i] = c->list[2 * i];
	qsort(keys, n, sizeof(struct node *), compare_keys);
	for (unsigned i = 1; i < n; i++)
		if (span_same(keys[i]->text, keys[i - 1]->text))
			problem_add(b->problems, PROBLEM_ERROR, "duplicate-key", keys[i]->at, NULL,
				"key '%s' is here a second time, first in line %u; expected it "
				"once",
				problem_quote(b->arena, keys[i]->text), keys[i - 1]->at.line);
	free(keys);
}

static int read_children(struct build *b, struct node *n, unsigned depth, struct children *c,
	struct err *e)
{
	yaml_event_type_t end =
		n->type == NODE_MAP ? YAML_MAPPING_END_EVENT : YAML_SEQUENCE_END_EVENT;

	for (;;) {
		struct node *child;

		if (next(b, e) < 0)
			return e->code;
		if (b->event.type == end)
			break;
		if (read_node(b, depth + 1, &child, e) < 0)
			return e->code;
		if (n->type == NODE_MAP && c->n % 2 == 0 && check_key(b, child, e) < 0)
			return e->code;
		add_child(c, child);
	}
	if (n->type == NODE_MAP)
		report_duplicates(b, c);
	n->n = c->n;
	n->items = arena_get(b->arena, (c->n + 1) * sizeof(struct node *));
	if (c->n)
		memcpy(n->items, c->list, c->n * sizeof(struct node *));
	return 0;
}

static int read_scalar(struct build *b, struct node *n, struct err *e)
{
	n->type = NODE_SCALAR;
	n->plain = b->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	n->text = bytes_of(b, b->event.data.scalar.value, b->event.data.scalar.length);
	if (refuse_extras(b, b->event.data.scalar.anchor, b->event.data.scalar.tag, e) < 0)
		return e->code;
	if (n->text.n && memchr(n->text.p, 0, n->text.n))
		return refuse(b, "nul-byte", n->at, "found a NUL byte in a text", e);
	return 0;
}

/* The event looked at begins the node. */
static int read_node(struct build *b, unsigned depth, struct node **ret, struct err *e)
{
	struct node *n = arena_get(b->arena, sizeof *n);
	struct children c = { 0 };
	int rc;

	n->at = place_of(b, b->event.start_mark);
	if (depth > TREE_DEPTH_MAX)
		return refuse(b, "too-deep", n->at, "lists and maps nested deeper than 16", e);
	if (++b->nodes > TREE_NODES_MAX)
		return refuse(b, "too-large", n->at, "more than 200000 values in one file", e);
	switch (b->event.type) {
	case YAML_SCALAR_EVENT:
		rc = read_scalar(b, n, e);
		break;
	case YAML_SEQUENCE_START_EVENT:
		n->type = NODE_LIST;
		rc = refuse_extras(b, b->event.data.sequence_start.anchor,
			b->event.data.sequence_start.tag, e);
		break;
	case YAML_MAPPING_START_EVENT:
		n->type = NODE_MAP;
		rc = refuse_extras(b, b->event.data.mapping_start.anchor,
			b->event.data.mapping_start.tag, e);
		break;
	default:
		return refuse(b, "yaml-alias", n->at,
			"found an alias '*…' (a pattern that begins with '*' needs quotes); "
			"expected the value itself",
			e);
	}
	if (rc == 0 && n->type != NODE_SCALAR)
		rc = read_children(b, n, depth, &c, e);
	free(c.list);
	if (rc == 0)
		*ret = n;
	return rc;
}

static int read_stream(struct build *b, struct node **ret, struct err *e)
{
	struct node *root = NULL;

	if (next(b, e) < 0 || next(b, e) < 0) /* stream start, then a document or the end */
		return e->code;
	if (b->event.type == YAML_DOCUMENT_START_EVENT) {
		if (next(b, e) < 0 || read_node(b, 0, &root, e) < 0)
			return e->code;
		if (next(b, e) < 0 || next(b, e) < 0) /* document end, stream end */
			return e->code;
		if (b->event.type != YAML_STREAM_END_EVENT)
			return refuse(b, "yaml-documents", place_of(b, b->event.start_mark),
				"found a second document ('---'), expected one", e);
	}
	*ret = root;
	return 0;
}

int tree_parse(struct arena *a, const char *file, struct span yaml, struct node **ret,
	struct problems *problems, struct err *e)
{
	struct build b = { .arena = a, .file = file, .problems = problems };
	const struct span bom = span_of("\xef\xbb\xbf");
	struct node *root = NULL;
	int rc;

	if (yaml.n > FILE_BYTES_MAX)
		return refuse(&b, "too-large", (struct place){ file, 0, 0 },
			"the file has more than 1 MiB", e);
	if (span_starts(yaml, bom)) /* what some editors put before UTF-8 */
		yaml = span_from_offset(yaml, bom.n);
	b.yaml = yaml;
	if (!yaml_parser_initialize(&b.parser))
		abort(); /* out of memory, see core/mem.h */
	yaml_parser_set_encoding(&b.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b.parser, (const unsigned char *)(yaml.n ? yaml.p : ""),
		yaml.n);
	rc = read_stream(&b, &root, e);
	yaml_event_delete(&b.event);
	yaml_parser_delete(&b.parser);
	if (rc < 0)
		return rc;
	*ret = root;
	return 0;
}

const char *node_found(struct arena *a, const struct node *n)
{
	if (n->type == NODE_LIST)
		return "a list";
	if (n->type == NODE_MAP)
		return "a map";
	if (n->text.n == 0)
		return n->plain ? "nothing" : "an empty text";
	return arena_format(a, "'%s'", problem_quote(a, n->text));
}
