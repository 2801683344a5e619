#include "sensor/firewall/firewall_nft.h"

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdlib.h>

#include "core/attr.h"
#include "sensor/firewall/firewall_attr.h"
#include "sensor/firewall/firewall_canon.h"

#define HEAD_BYTES 4 /* struct nfgenmsg */

struct nft_element {
	size_t set; /* its place among the sets */
	uint8_t digest[SHA256_SIZE];
};

void nft_init(struct nft *n, struct arena *a)
{
	*n = (struct nft){ .arena = a };
	for (unsigned i = 0; i < NFT_SORTS; i++)
		n->things[i] = BUF_INIT(NFT_NAMES_MAX * sizeof(struct nft_thing));
	n->elements = BUF_INIT(NFT_ELEMENTS_MAX * sizeof(struct nft_element));
}

void nft_done(struct nft *n)
{
	for (unsigned i = 0; i < NFT_SORTS; i++)
		buf_done(&n->things[i]);
	buf_done(&n->elements);
}

static struct nft_thing *things(const struct nft *n, enum nft_sort sort, size_t *ret_n)
{
	*ret_n = n->things[sort].n / sizeof(struct nft_thing);
	return (struct nft_thing *)(void *)n->things[sort].p;
}

const struct nft_thing *nft_things(const struct nft *n, enum nft_sort sort, size_t *ret_n)
{
	return things(n, sort, ret_n);
}

const char *nft_family_name(unsigned family)
{
	static const char *const names[] = { [NFPROTO_INET] = "inet",
		[NFPROTO_IPV4] = "ip",
		[NFPROTO_ARP] = "arp",
		[NFPROTO_NETDEV] = "netdev",
		[NFPROTO_BRIDGE] = "bridge",
		[NFPROTO_IPV6] = "ip6" };

	return family < ARRAY_LEN(names) ? names[family] : NULL;
}

const char *nft_hook_name(unsigned family, unsigned hook)
{
	static const char *const inet[] = { "prerouting", "input", "forward", "output",
		"postrouting", "ingress" };
	static const char *const arp[] = { "input", "output", "forward" };
	static const char *const netdev[] = { "ingress", "egress" };

	if (family == NFPROTO_ARP)
		return hook < ARRAY_LEN(arp) ? arp[hook] : NULL;
	if (family == NFPROTO_NETDEV)
		return hook < ARRAY_LEN(netdev) ? netdev[hook] : NULL;
	return hook < ARRAY_LEN(inet) ? inet[hook] : NULL;
}

/* ---- the first round ---- */

static struct span text_of(struct nft *n, struct span attrs, unsigned type)
{
	return arena_copy(n->arena, attr_text(attr_find(attrs, type)));
}

static void number_of(struct span attrs, unsigned type, uint32_t *ret)
{
	(void)!attr_u32(attr_find(attrs, type), ret);
}

/* NFTA_DEVICE_NAME each; the older form is one name in an attribute of its own. */
static struct span devices(struct nft *n, struct span one, struct span list)
{
	AUTO(buf) b = BUF_INIT(65536);
	struct span name;
	unsigned type;

	if (one.p) {
		buf_add_span(&b, attr_text(one));
		buf_add_char(&b, '\0');
	}
	while (attr_next(&list, &type, &name)) {
		buf_add_span(&b, attr_text(name));
		buf_add_char(&b, '\0');
	}
	return b.n && !b.full ? arena_copy(n->arena, buf_span(&b)) : SPAN_NONE;
}

static void take_table(struct nft *n, struct span attrs, struct nft_thing *x)
{
	x->table = text_of(n, attrs, NFTA_TABLE_NAME);
	number_of(attrs, NFTA_TABLE_FLAGS, &x->flags);
	x->has_owner = attr_u32(attr_find(attrs, NFTA_TABLE_OWNER), &x->owner);
}

static void take_chain(struct nft *n, struct span attrs, struct nft_thing *x)
{
	struct span hook = attr_find(attrs, NFTA_CHAIN_HOOK);
	uint32_t policy = 0, priority = 0;

	x->table = text_of(n, attrs, NFTA_CHAIN_TABLE);
	x->name = text_of(n, attrs, NFTA_CHAIN_NAME);
	x->type = text_of(n, attrs, NFTA_CHAIN_TYPE);
	number_of(attrs, NFTA_CHAIN_FLAGS, &x->flags);
	x->has_policy = attr_u32(attr_find(attrs, NFTA_CHAIN_POLICY), &policy);
	x->drops = x->has_policy && policy == NF_DROP;
	x->base = hook.p != NULL;
	if (!x->base)
		return;
	number_of(hook, NFTA_HOOK_HOOKNUM, &x->hook);
	number_of(hook, NFTA_HOOK_PRIORITY, &priority);
	x->priority = (int32_t)priority;
	x->devices = devices(n, attr_find(hook, NFTA_HOOK_DEV), attr_find(hook, NFTA_HOOK_DEVS));
}

static void take_set(struct nft *n, struct span attrs, struct nft_thing *x)
{
	struct span comment =
		canon_comment(attr_find(attrs, NFTA_SET_USERDATA), CANON_COMMENT_OF_SET);

	x->table = text_of(n, attrs, NFTA_SET_TABLE);
	x->name = text_of(n, attrs, NFTA_SET_NAME);
	number_of(attrs, NFTA_SET_FLAGS, &x->flags);
	number_of(attrs, NFTA_SET_KEY_TYPE, &x->key_type);
	number_of(attrs, NFTA_SET_DATA_TYPE, &x->data_type);
	x->map = (x->flags & (NFT_SET_MAP | NFT_SET_OBJECT)) != 0;
	x->restless = (x->flags & (NFT_SET_TIMEOUT | NFT_SET_EVAL)) != 0;
	if (comment.n) {
		x->comments = arena_get(n->arena, sizeof *x->comments);
		x->comments->text = arena_copy(n->arena, comment);
	}
}

static void take_object(struct nft *n, struct span attrs, struct nft_thing *x)
{
	static const char *const types[] = { "unspecified", "counter", "quota", "ct helper",
		"limit", "ct limit", "tunnel", "ct timeout", "secmark", "ct expectation",
		"synproxy" };
	uint32_t type = 0;

	x->table = text_of(n, attrs, NFTA_OBJ_TABLE);
	x->name = text_of(n, attrs, NFTA_OBJ_NAME);
	number_of(attrs, NFTA_OBJ_TYPE, &type);
	x->type = span_of(type < ARRAY_LEN(types) ? types[type] : "unknown");
	x->has_digest = canon_object(type, attr_find(attrs, NFTA_OBJ_DATA), x->digest);
}

static void take_flowtable(struct nft *n, struct span attrs, struct nft_thing *x)
{
	struct span hook = attr_find(attrs, NFTA_FLOWTABLE_HOOK);
	uint32_t priority = 0;

	x->table = text_of(n, attrs, NFTA_FLOWTABLE_TABLE);
	x->name = text_of(n, attrs, NFTA_FLOWTABLE_NAME);
	number_of(attrs, NFTA_FLOWTABLE_FLAGS, &x->flags);
	number_of(hook, NFTA_FLOWTABLE_HOOK_PRIORITY, &priority);
	x->priority = (int32_t)priority;
	x->devices = devices(n, SPAN_NONE, attr_find(hook, NFTA_FLOWTABLE_HOOK_DEVS));
}

/* ---- elements and rules ---- */

static int compare_things(const void *p, const void *q)
{
	const struct nft_thing *a = p, *b = q;
	int r = (a->family > b->family) - (a->family < b->family);

	r = r ? r : span_compare(a->table, b->table);
	return r ? r : span_compare(a->name, b->name);
}

void nft_settle(struct nft *n)
{
	for (unsigned i = 0; i < NFT_SORTS; i++) {
		size_t count;
		struct nft_thing *list = things(n, i, &count);

		n->over = n->over || n->things[i].full;
		if (count)
			qsort(list, count, sizeof *list, compare_things);
	}
}

static struct nft_thing *find(const struct nft *n, enum nft_sort sort, unsigned family,
	struct span table, struct span name)
{
	struct nft_thing key = { .family = (uint8_t)family, .table = table, .name = name };
	size_t count;
	struct nft_thing *list = things(n, sort, &count);

	return count ? bsearch(&key, list, count, sizeof key, compare_things) : NULL;
}

static void take_elements(struct nft *n, unsigned family, struct span attrs)
{
	struct span list = attr_find(attrs, NFTA_SET_ELEM_LIST_ELEMENTS), one;
	struct nft_thing *set =
		find(n, NFT_SET, family, attr_text(attr_find(attrs, NFTA_SET_ELEM_LIST_TABLE)),
			attr_text(attr_find(attrs, NFTA_SET_ELEM_LIST_SET)));
	unsigned type;
	size_t count;

	if (!set)
		return; /* made after we asked for the sets: then the dump is asked for again */
	while (attr_next(&list, &type, &one)) {
		struct nft_element x = { .set = (size_t)(set - things(n, NFT_SET, &count)) };

		set->elements++;
		if (set->restless)
			continue;
		canon_element(one, x.digest);
		buf_add(&n->elements, &x, sizeof x);
	}
	n->bad += list.n > 0;
}

static int compare_elements(const void *p, const void *q)
{
	const struct nft_element *a = p, *b = q;
	int r = (a->set > b->set) - (a->set < b->set);

	return r ? r : memcmp(a->digest, b->digest, sizeof a->digest);
}

/* A hash table gives its elements in any order: the digest is over the sorted ones. */
void nft_settle_elements(struct nft *n)
{
	struct nft_element *list = (struct nft_element *)(void *)n->elements.p;
	size_t count = n->elements.n / sizeof *list, n_sets;
	struct nft_thing *sets = things(n, NFT_SET, &n_sets);

	n->over = n->over || n->elements.full;
	if (count)
		qsort(list, count, sizeof *list, compare_elements);
	for (size_t i = 0; i < n_sets; i++)
		sets[i].has_digest = !sets[i].restless && !n->over;
	for (size_t i = 0; i < count; i++)
		canon_fold(sets[list[i].set].digest, list[i].digest);
}

/* Stands for a set without a name: its number is another one each time it is made. */
static bool anonymous(void *ctx, struct span name, uint8_t ret[SHA256_SIZE])
{
	const struct canon_names *names = ctx;
	const struct nft_thing *set = find(names->nft, NFT_SET, names->family, names->table, name);

	if (!set || !nft_is_anonymous(set))
		return false;
	memcpy(ret, set->digest, SHA256_SIZE);
	return true;
}

static void add_comment(struct nft *n, struct nft_thing *chain, struct span text)
{
	struct nft_comment *c = arena_get(n->arena, sizeof *c);

	c->text = arena_copy(n->arena, text);
	if (chain->last_comment)
		chain->last_comment->next = c;
	else
		chain->comments = c;
	chain->last_comment = c;
}

static void take_rule(struct nft *n, unsigned family, struct span attrs)
{
	struct span table = attr_text(attr_find(attrs, NFTA_RULE_TABLE)), comment;
	struct canon_names names = { .nft = n, .family = family, .table = table };
	struct nft_thing *chain =
		find(n, NFT_CHAIN, family, table, attr_text(attr_find(attrs, NFTA_RULE_CHAIN)));
	uint8_t digest[SHA256_SIZE];

	if (!chain)
		return;
	canon_rule(attrs, anonymous, &names, digest);
	canon_fold(chain->digest, digest);
	chain->has_digest = true;
	chain->rules++;
	comment = canon_comment(attr_find(attrs, NFTA_RULE_USERDATA), CANON_COMMENT_OF_RULE);
	if (comment.n)
		add_comment(n, chain, comment);
}

void nft_take(struct nft *n, unsigned type, struct span body)
{
	static void (*const takes[])(struct nft *, struct span, struct nft_thing *) = {
		[NFT_TABLE] = take_table,
		[NFT_CHAIN] = take_chain,
		[NFT_SET] = take_set,
		[NFT_OBJECT] = take_object,
		[NFT_FLOWTABLE] = take_flowtable,
	};
	struct nft_thing x = { 0 };
	enum nft_sort sort;
	struct span attrs = span_from_offset(body, HEAD_BYTES);

	if (body.n < HEAD_BYTES) {
		n->bad++;
		return;
	}
	x.family = (uint8_t)body.p[0];
	switch (type) {
	case NFT_MSG_NEWSETELEM:
		take_elements(n, x.family, attrs);
		return;
	case NFT_MSG_NEWRULE:
		take_rule(n, x.family, attrs);
		return;
	case NFT_MSG_NEWTABLE:
		sort = NFT_TABLE;
		break;
	case NFT_MSG_NEWCHAIN:
		sort = NFT_CHAIN;
		break;
	case NFT_MSG_NEWSET:
		sort = NFT_SET;
		break;
	case NFT_MSG_NEWOBJ:
		sort = NFT_OBJECT;
		break;
	case NFT_MSG_NEWFLOWTABLE:
		sort = NFT_FLOWTABLE;
		break;
	default:
		return;
	}
	takes[sort](n, attrs, &x);
	if (x.table.n == 0 || (sort != NFT_TABLE && x.name.n == 0))
		n->bad++;
	else
		buf_add(&n->things[sort], &x, sizeof x);
}
