/* Rules, elements and objects of nf_tables as digests that say the same when they mean the same:
 * without counters, handles, positions, what is left of a quota, and names that nobody gave. */
#ifndef SENSOR_FIREWALL_FIREWALL_CANON_H
#define SENSOR_FIREWALL_FIREWALL_CANON_H

#include <stdint.h>

#include "core/sha256.h"
#include "core/span.h"

struct nft;

/* What `anonymous` of canon_rule needs to look a name up. */
struct canon_names {
	const struct nft *nft;
	unsigned family;
	struct span table;
};

/* The digest that stands for a set; false: its name does. */
typedef bool canon_set(void *ctx, struct span name, uint8_t ret[SHA256_SIZE]);

/* attrs: NFTA_RULE_… */
void canon_rule(struct span attrs, canon_set *set, void *ctx, uint8_t ret[SHA256_SIZE]);
/* element: NFTA_SET_ELEM_… */
void canon_element(struct span element, uint8_t ret[SHA256_SIZE]);
/* False: nothing but a counter. */
bool canon_object(unsigned type, struct span data, uint8_t ret[SHA256_SIZE]);

/* to = SHA-256(to, more) */
void canon_fold(uint8_t to[SHA256_SIZE], const uint8_t more[SHA256_SIZE]);

/* The comment in what nft(8) keeps beside a rule or set: type, length, bytes (libnftnl/udata.h). */
enum { CANON_COMMENT_OF_RULE = 0, CANON_COMMENT_OF_SET = 7 };
struct span canon_comment(struct span userdata, unsigned type);

#endif
