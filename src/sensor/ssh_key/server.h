/* What sshd_config says about keys, with its Include files; and the keys given out so far. */
#ifndef SENSOR_SSH_KEY_SERVER_H
#define SENSOR_SSH_KEY_SERVER_H

#include "sensor/sensor.h"

#define SETTINGS_MAX 64 /* of one sort; more are a gap */

struct setting {
	const char *keyword; /* as sshd_config(5) spells it */
	struct span value, user, file;
	size_t line;
};
struct setting_list {
	struct setting item[SETTINGS_MAX];
	size_t n;
};

/* Patterns of files: those in homes, and those elsewhere. What stands in a Match block counts for
 * everybody here: it is better to look at a file that sshd would pass over than the other way
 * round. */
struct server {
	struct setting_list home_keys, system_keys, home_principals, system_principals;
	struct setting_list commands; /* AuthorizedKeysCommand, AuthorizedPrincipalsCommand */
	struct setting_list user_cas, host_keys;
};

/* Reports gaps of k for what could not be read. */
void server_read(struct server *ret, struct scan *s, const struct kind *k);

/* The path that a pattern with %h, %u, %U and %% means for a user; NULL: none ("none", or a token
 * nobody knows). */
const char *server_expand(struct arena *a, struct span pattern, struct span user, struct span uid,
	struct span home);

/* Keys given out: the second of a name gets "#2". */
struct key_set {
	struct span *slot;
	size_t n, slots, max;
};
void key_set_init(struct key_set *x, size_t max);
void key_set_done(struct key_set *x);
/* The key to use; it lives in a. Empty when there are more than max. */
struct span key_set_add(struct key_set *x, struct arena *a, struct span key);

#endif
