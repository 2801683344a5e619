/* File capabilities as stored in security.capability: struct vfs_cap_data, versions 1 to 3. */
#ifndef SENSOR_FILE_FILE_CAPS_H
#define SENSOR_FILE_FILE_CAPS_H

#include "core/buf.h"
#include "core/err.h"
#include "core/span.h"

/* Append what `getcap -n` prints after the path: "cap_net_raw=ep", "=ep cap_chown-ep",
 * "cap_net_raw=ep [rootid=1000]". Capabilities newer than our list (cap_checkpoint_restore is the
 * last) appear by number, on every kernel alike. Version 3 always shows its rootid. ERR_FORMAT, and
 * nothing appended, when version, flags and size do not fit together. */
int file_caps_text(struct span xattr, struct buf *ret, struct err *e) MUST_CHECK;

#endif
