/* Where rpm keeps its headers: three formats over the years. Only ever read: no lock is taken, no
 * journal written. */
#ifndef HOST_PACKAGE_RPM_STORE_H
#define HOST_PACKAGE_RPM_STORE_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"

#define RPM_HEADER_MAX ((size_t)256 << 20) /* rpm's own cap */

struct rpm_store;

/* The database in an open folder; file: its name, for messages. ERR_MISSING: none. */
int rpm_store_open(int folder, struct rpm_store **ret, const char **ret_file,
	struct err *e) MUST_CHECK;
void rpm_store_free(struct rpm_store *s);

/* Every header, with a number by which rpm_store_get finds it again. Those that cannot be read come
 * with `why` instead. */
typedef void rpm_store_each(void *ctx, uint64_t number, struct span blob, const struct err *why);
int rpm_store_all(struct rpm_store *s, rpm_store_each *each, void *ctx, struct err *e) MUST_CHECK;
/* One of them; replaces ret. */
int rpm_store_get(struct rpm_store *s, uint64_t number, struct buf *ret, struct err *e) MUST_CHECK;

#endif
