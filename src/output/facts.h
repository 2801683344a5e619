/* Inside output only: what all formats for other programs say of a record. */
#ifndef OUTPUT_FACTS_H
#define OUTPUT_FACTS_H

#include "change/change.h"
#include "core/buf.h"

#define FACTS_EVENT 64
#define FACTS_NAME 96
#define FACTS_VENDOR "Invar"
#define FACTS_TEXT ((size_t)64 << 10) /* of one built text */

/* "file.modified", "ssh-key.created", "invar.gap": stored elsewhere, never renamed. */
void facts_event(const struct ledger_record *r, char ret[FACTS_EVENT]);
/* "File content changed" */
void facts_name(const struct ledger_record *r, char ret[FACTS_NAME]);
/* One line for people. */
void facts_message(struct buf *ret, const struct ledger_record *r);
/* The fields of a change, before and after, in one line: "mode 0644 → 0666; owner root → bob". */
void facts_difference(struct buf *ret, const struct change *c);
/* "sha256,size,mtime" */
void facts_fields(struct buf *ret, const struct change *c);

/* The kind and key a record is of; kind NULL: none. */
void facts_entity(const struct ledger_record *r, const struct kind **ret_kind,
	struct span *ret_key);

/* Append foreign bytes: as they are when they can be shown, else as escape_text() does. */
void facts_show(struct buf *ret, struct span s);
/* s, or as much of it as n bytes hold without cutting a character. */
struct span facts_cut(struct span s, size_t n);
int64_t facts_ms(int64_t ns);

/* Values of a record by the field's name. False, and nothing done: it has none. */
bool facts_number(const struct record *r, const char *field, uint64_t *ret);
bool facts_time(const struct record *r, const char *field, int64_t *ret);
bool facts_bytes(const struct record *r, const char *field, struct span *ret); /* of a text */
bool facts_list_first(const struct record *r, const char *field, struct span *ret);
/* Append any value as text that can be shown. */
bool facts_value(struct buf *ret, const struct record *r, const char *field);

/* The last section of a path; all of what has none. */
struct span facts_base(struct span path);
struct span facts_folder(struct span path); /* "/" of "/etc"; empty when there is none */

#endif
