#include "sensor/firewall/firewall_canon.h"

#include <linux/netfilter/nf_tables.h>

#include "core/attr.h"
#include "core/buf.h"
#include "sensor/firewall/firewall_attr.h"

#define BYTES_MAX ((size_t)1 << 20) /* a message of netlink is far below */
#define EXPR_DEPTH_MAX 4

struct canon {
	struct buf bytes;
	canon_set *set;
	void *ctx;
	unsigned depth;
};

static void canon_done(struct canon *c)
{
	buf_done(&c->bytes);
}

static void finish(const struct canon *c, uint8_t ret[SHA256_SIZE])
{
	sha256_once(c->bytes.p ? c->bytes.p : "", c->bytes.n, ret);
}

static void add_piece(struct canon *c, unsigned type, struct span bytes)
{
	uint32_t head[2] = { type, (uint32_t)bytes.n };

	buf_add(&c->bytes, head, sizeof head);
	buf_add_span(&c->bytes, bytes);
}

enum what { WHAT_COUNTS, WHAT_IS_SET, WHAT_IS_EXPR, WHAT_ARE_EXPRS, WHAT_ARE_FLAGS };

/* Attributes of expressions that are not to be taken as they are. */
static const struct {
	const char *name;
	unsigned type; /* 0: every attribute */
	enum what what;
} special[] = {
	{ "counter", 0, WHAT_COUNTS },
	{ "last", 0, WHAT_COUNTS },
	{ "quota", NFTA_QUOTA_CONSUMED, WHAT_COUNTS },
	{ "quota", NFTA_QUOTA_FLAGS, WHAT_ARE_FLAGS },
	{ "lookup", NFTA_LOOKUP_SET, WHAT_IS_SET },
	{ "lookup", NFTA_LOOKUP_SET_ID, WHAT_COUNTS },
	{ "dynset", NFTA_DYNSET_SET_NAME, WHAT_IS_SET },
	{ "dynset", NFTA_DYNSET_SET_ID, WHAT_COUNTS },
	{ "dynset", NFTA_DYNSET_EXPR, WHAT_IS_EXPR },
	{ "dynset", NFTA_DYNSET_EXPRESSIONS, WHAT_ARE_EXPRS },
	{ "objref", NFTA_OBJREF_SET_NAME, WHAT_IS_SET },
	{ "objref", NFTA_OBJREF_SET_ID, WHAT_COUNTS },
};

static void add_expr(struct canon *c, struct span expr);

static void add_exprs(struct canon *c, struct span list)
{
	struct span one;
	unsigned type;

	while (attr_next(&list, &type, &one))
		if (type == NFTA_LIST_ELEM)
			add_expr(c, one);
}

static void add_set(struct canon *c, unsigned type, struct span name)
{
	uint8_t digest[SHA256_SIZE];

	name = attr_text(name);
	if (c->set && c->set(c->ctx, name, digest))
		add_piece(c, type, span_from(digest, sizeof digest));
	else
		add_piece(c, type, name);
}

/* NFT_QUOTA_F_DEPLETED is a state, NFT_QUOTA_F_INV is not. */
static void add_flags(struct canon *c, unsigned type, struct span value)
{
	uint32_t flags = 0;

	if (attr_u32(value, &flags))
		flags &= NFT_QUOTA_F_INV;
	add_piece(c, type, span_from(&flags, sizeof flags));
}

static void add_attr(struct canon *c, struct span name, unsigned type, struct span value)
{
	for (size_t i = 0; i < ARRAY_LEN(special); i++) {
		if (!span_is(name, special[i].name) || (special[i].type && special[i].type != type))
			continue;
		switch (special[i].what) {
		case WHAT_COUNTS:
			return;
		case WHAT_IS_SET:
			add_set(c, type, value);
			return;
		case WHAT_IS_EXPR:
			add_expr(c, value);
			return;
		case WHAT_ARE_EXPRS:
			add_exprs(c, value);
			return;
		case WHAT_ARE_FLAGS:
			add_flags(c, type, value);
			return;
		}
	}
	add_piece(c, type, value);
}

static void add_expr(struct canon *c, struct span expr)
{
	struct span name = attr_text(attr_find(expr, NFTA_EXPR_NAME));
	struct span data = attr_find(expr, NFTA_EXPR_DATA), value;
	unsigned type;

	if (c->depth == EXPR_DEPTH_MAX)
		return; /* the kernel has one level */
	c->depth++;
	add_piece(c, NFTA_EXPR_NAME, name);
	while (attr_next(&data, &type, &value))
		add_attr(c, name, type, value);
	c->depth--;
}

void canon_rule(struct span attrs, canon_set *set, void *ctx, uint8_t ret[SHA256_SIZE])
{
	AUTO(canon) c = { BUF_INIT(BYTES_MAX), set, ctx, 0 };

	add_exprs(&c, attr_find(attrs, NFTA_RULE_EXPRESSIONS));
	finish(&c, ret);
}

void canon_element(struct span element, uint8_t ret[SHA256_SIZE])
{
	AUTO(canon) c = { BUF_INIT(BYTES_MAX), NULL, NULL, 0 };
	struct span value;
	unsigned type;

	while (attr_next(&element, &type, &value)) {
		switch (type) {
		case NFTA_SET_ELEM_EXPIRATION:
		case NFTA_SET_ELEM_PAD:
			break;
		case NFTA_SET_ELEM_EXPR:
			add_expr(&c, value);
			break;
		case NFTA_SET_ELEM_EXPRESSIONS:
			add_exprs(&c, value);
			break;
		default:
			add_piece(&c, type, value);
		}
	}
	finish(&c, ret);
}

bool canon_object(unsigned type, struct span data, uint8_t ret[SHA256_SIZE])
{
	AUTO(canon) c = { BUF_INIT(BYTES_MAX), NULL, NULL, 0 };
	struct span name = span_of(type == NFT_OBJECT_QUOTA ? "quota" : "");
	struct span value;
	unsigned attr;

	if (type == NFT_OBJECT_COUNTER)
		return false;
	while (attr_next(&data, &attr, &value))
		add_attr(&c, name, attr, value);
	finish(&c, ret);
	return true;
}

void canon_fold(uint8_t to[SHA256_SIZE], const uint8_t more[SHA256_SIZE])
{
	uint8_t both[2 * SHA256_SIZE];

	memcpy(both, to, SHA256_SIZE);
	memcpy(both + SHA256_SIZE, more, SHA256_SIZE);
	sha256_once(both, sizeof both, to);
}

struct span canon_comment(struct span userdata, unsigned type)
{
	while (userdata.n >= 2) {
		size_t n = (unsigned char)userdata.p[1];

		if (n > userdata.n - 2)
			break;
		if ((unsigned char)userdata.p[0] == type)
			return attr_text(span_from(userdata.p + 2, n));
		userdata = span_from_offset(userdata, n + 2);
	}
	return SPAN_NONE;
}
