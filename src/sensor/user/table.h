/* Names and numbers to places in an array, by hash; what both rooms of this folder share. */
#ifndef SENSOR_USER_TABLE_H
#define SENSOR_USER_TABLE_H

#include "sensor/sensor.h"
#include "sensor/user/accounts.h"

#define ACCOUNT_BYTES_MAX ((size_t)64 << 20) /* of one file */
#define ACCOUNTS_MAX 1000000                 /* more are a gap */
#define NOBODY UINT32_MAX

/* Open addressing. The caller compares what slots of the same hash point to; an empty slot has at
 * NOBODY. */
struct slot {
	uint32_t hash, at;
};
struct table {
	struct slot *slot;
	uint32_t mask;
};
struct table table_new(struct arena *a, size_t n);
uint32_t hash_text(struct span s);

/* Neighbours stay neighbours: numbers are mostly given out in order, and sixteen slots are what the
 * processor fetches at once. */
static inline uint32_t hash_number(uint32_t n)
{
	return (uint32_t)((n >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 32) << 4 | (n & 15);
}

/* The slot of this hash will be asked for soon. */
static inline void table_prepare(const struct table *t, uint32_t hash)
{
	__builtin_prefetch(&t->slot[hash & t->mask], 1);
}

/* What hangs on an account: its groups, its subordinate ids. */
struct hung {
	struct span text;
	uint32_t next;
};
struct chain {
	struct hung *item;
	size_t n, cap;
};
void chain_add(struct chain *c, uint32_t *head, struct span text);
void chain_done(struct chain *c);

/* One of the account files. present: false when there is none. whole: false when it, or some of it,
 * could not be read; a gap has been reported. */
struct source {
	const char *path;
	struct span text;
	bool present, whole;
	struct bad_lines bad;
};
/* covers: the kind's keys are in this file, so that the gap covers the whole kind; else the fields
 * it would have told are unknown, and the gap covers no entity. */
struct source source_read(struct scan *s, const struct kind *k, const char *path, bool covers);
/* Reports the bad lines, if there are. */
void source_done(struct scan *s, const struct kind *k, struct source *x, bool covers);

/* Digests the hash of a password with a key derived from the installation's secret. */
struct password_digester {
	uint8_t key[32];
};
void digester_init(struct password_digester *d, struct host *h);
void digester_run(const struct password_digester *d, struct span hash, uint8_t ret[32]);

/* UID_MIN, UID_MAX or GID_MIN, GID_MAX. */
struct id_range {
	uint32_t min, max;
};
enum account_class class_of(struct id_range r, uint32_t id);

/* Each USER:GROUP.membership among systemd's records: it makes any user a member of any group. */
void userdb_memberships(struct scan *s, const struct kind *k,
	void (*each)(void *ctx, struct span user, struct span group), void *ctx);

/* A list separated by commas, as a set. */
void set_from_commas(struct record *r, unsigned field, struct arena *a, struct span text);

#endif
