/* Stored keys, taken apart. */
#ifndef CHANGE_KEYS_H
#define CHANGE_KEYS_H

#include "core/buf.h"
#include "core/err.h"
#include "entity/kind.h"

/* Replace *ret by the stored key of the folder a hierarchical key lies in. False for "/" itself. */
bool stored_key_parent(struct span key, struct buf *ret);

/* Where a gap that covers this key may stand: the folder it lies in; for a flat kind, whose gaps
 * cover what begins with them, the key without its last byte, down to the kind's byte alone. */
bool stored_key_above(struct span key, struct buf *ret);

/* The last section: "sshd_config". Flat kinds: the key. */
struct span stored_key_name(struct span key);

/* Replace *ret by the key as people know it; ERR_DAMAGED when no key looks like this. */
int stored_key_text(struct span key, const struct kind **ret_kind, struct buf *ret,
	struct err *e) MUST_CHECK;

#endif
