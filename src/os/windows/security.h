/* Security identifiers, descriptors and rights, as text that does not depend on the Windows
 * version, its language or its name services. */
#ifndef OS_WINDOWS_SECURITY_H
#define OS_WINDOWS_SECURITY_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/span.h"

/* "S-1-5-21-…" from the bytes of a SID (MS-DTYP 2.4.2). False: the bytes are none; nothing added.
 */
bool sid_to_text(struct span sid, struct buf *ret);
/* The name for people ("NT AUTHORITY\SYSTEM"), from LookupAccountSid, kept for the process;
 * well-known ones without asking. Empty when unknown. A domain may be asked: never while comparing.
 */
struct span sid_name(struct span sid);

/* The parts of a self-relative security descriptor (MS-DTYP 2.4.6), bounds checked. */
struct descriptor {
	struct span owner, group; /* SIDs; empty: none */
	struct span dacl, sacl;   /* ACLs; empty: none */
	bool has_dacl, has_sacl;  /* present; without an ACL a present one grants everything */
	unsigned control;         /* SE_… bits */
};
bool descriptor_parse(struct span bytes, struct descriptor *ret);

/* Canonical text of an ACL: "P AI AR" as they are set (control bits of this list, given as `which`
 * 'd' or 's'), then each entry in its order, all separated by a blank. An entry is
 * type;flags;mask in hex;SID ("allow;OICI;0x1f01ff;S-1-5-18"), object entries with two GUIDs (each
 * may be empty) behind the mask; what stands behind the SID (a condition, an attribute's value)
 * as ;hex. Unknown types are number;flags in hex;hex of the rest. Numeric SIDs, not SDDL's
 * two-letter names, whose set changes with Windows versions. A missing list is "none", a null one
 * (everything is granted) "null"; of a list that has fewer entries than it says, the rest is
 * "damaged;hex". At most 300 KiB. */
void acl_to_text(const struct descriptor *d, char which, struct buf *ret);

/* Take a right that this process was given but that is not in force: L"SeBackupPrivilege",
 * "SeRestorePrivilege", "SeSecurityPrivilege", "SeDebugPrivilege". False: it does not have it. */
bool privilege_take(const wchar_t *name);

#endif
