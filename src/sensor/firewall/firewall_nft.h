/* The ruleset of nf_tables from the messages of its dumps (linux/netfilter/nf_tables.h). Nothing is
 * asked here: bytes in, facts out. */
#ifndef SENSOR_FIREWALL_FIREWALL_NFT_H
#define SENSOR_FIREWALL_FIREWALL_NFT_H

#include <stdint.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/err.h"
#include "core/sha256.h"

#define NFT_NAMES_MAX 65536                /* chains, sets, … of each sort */
#define NFT_ELEMENTS_MAX ((size_t)1 << 20) /* of all sets */

enum nft_sort { NFT_TABLE, NFT_CHAIN, NFT_SET, NFT_OBJECT, NFT_FLOWTABLE, NFT_SORTS };

struct nft_comment {
	struct nft_comment *next;
	struct span text;
};

struct nft_thing {
	uint8_t family; /* NFPROTO_… */
	struct span table, name;
	uint32_t flags;
	bool has_owner; /* tables */
	uint32_t owner;
	/* chains */
	bool base, has_policy, drops;
	uint32_t hook;
	int32_t priority;
	struct span type;    /* of a chain: "filter"; of an object: "counter" */
	struct span devices; /* names, a NUL behind each */
	uint64_t rules;
	struct nft_comment *comments, *last_comment;
	/* sets */
	bool map;
	uint32_t key_type, data_type, id;
	uint64_t elements;
	bool restless; /* its elements come and go by themselves */
	/* rules, elements, contents of an object */
	bool has_digest;
	uint8_t digest[SHA256_SIZE];
};

struct nft {
	struct arena *arena;
	struct buf things[NFT_SORTS]; /* struct nft_thing each */
	struct buf elements;          /* of all sets: struct nft_element each */
	unsigned bad;                 /* messages that follow no format */
	bool over;                    /* more than we take */
};

void nft_init(struct nft *n, struct arena *a);
void nft_done(struct nft *n);

/* The answer to a dump of tables, chains, sets, objects, flow tables: what stands behind the head
 * of one netlink message. type: NFT_MSG_NEW…. */
void nft_take(struct nft *n, unsigned type, struct span body);
/* Between the first round and what follows: elements and rules are for things that are known. */
void nft_settle(struct nft *n);
/* NFT_MSG_NEWSETELEM of any set, then nft_settle_elements, then NFT_MSG_NEWRULE. */
void nft_settle_elements(struct nft *n);

const struct nft_thing *nft_things(const struct nft *n, enum nft_sort sort, size_t *ret_n);
static inline bool nft_is_anonymous(const struct nft_thing *set)
{
	return set->flags & 1; /* NFT_SET_ANONYMOUS */
}

/* NULL: none of that number. */
const char *nft_family_name(unsigned family);
const char *nft_hook_name(unsigned family, unsigned hook);

#endif
