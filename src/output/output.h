/* Findings as people and programs read them. */
#ifndef OUTPUT_OUTPUT_H
#define OUTPUT_OUTPUT_H

#include "change/change.h"
#include "core/json.h"

/* ---- for programs: docs/change.schema.json ---- */

/* One record as one JSON object (no newline), exactly what docs/change.schema.json says. host: this
 * host's name. */
void json_record(struct buf *ret, const struct ledger_record *r, struct span host);
/* The same with "standing": true, for drift. */
void json_standing(struct buf *ret, const struct ledger_record *r, struct span host);
/* Fields of an entity as a JSON object; entity/kind tables decide the spelling. */
void json_fields(struct buf *ret, const struct record *r);
void json_record_fields(struct json *j, const struct record *r); /* the same, as a value */
void json_who(struct json *j,
	const struct who *w); /* Its list `also`, as a member; nothing when it is empty. */
void json_who_also(struct json *j, const struct who *w);
/* who did it, as a value */
/* Open an object and write what every line of ours begins with: v, host, record. */
void json_envelope(struct json *j, struct span host, const char *record);

/* ---- for people ---- */

struct text_style {
	bool colour;     /* ANSI colours and bold */
	bool full;       /* digests, lists and texts whole, not their beginning */
	size_t text_max; /* bytes shown of one text; 0: as full says */
	unsigned width;  /* columns, 0: do not wrap or cut */
	int64_t now;     /* for "3 minutes ago"; 0: print times in full */
	bool who_never;  /* this system never tells who made a change: not said with each of them */
};

enum tone {
	TONE_PLAIN,
	TONE_STRONG, /* headings */
	TONE_FAINT,  /* labels */
	TONE_GOOD,
	TONE_NEW,
	TONE_GONE,
	TONE_EDIT,
	TONE_MOVED,
	TONE_ALARM,
	TONE_N
};
/* Append text in a tone; the same without colour as plain text. text is not escaped. */
void text_tone(struct buf *ret, const struct text_style *style, enum tone tone, const char *text);
enum tone text_severity_tone(enum severity s);

/* Who did it, in a line: "by /usr/bin/vim sshd_config (911, alice as root), from bash < sshd". */
void text_who(struct buf *ret, const struct who *w, const struct text_style *style);

/* What a package went through: "1.22 → 1.23", "installed 1.22", "removed 1.22". */
void text_versions(struct buf *ret, const struct proof *p);

/* One record for people, one or several lines, each ended by a newline: what changed before →
 * after, hostile bytes escaped. */
void text_record(struct buf *ret, const struct ledger_record *r, const struct text_style *style);
/* The same as an entry of a log, with seq, time, severity and rule in front. */
void text_log(struct buf *ret, const struct ledger_record *r, const struct text_style *style);
/* A value alone. */
void text_value(struct buf *ret, const struct field *f, union value v);
/* A value as style wants it: digests, lists and texts short unless full. */
void text_value_styled(struct buf *ret, const struct field *f, union value v,
	const struct text_style *style);
/* Text of a host to be read, escaped; the size behind what is too long. */
void text_foreign(struct buf *ret, struct span s, const struct text_style *style);
/* A field set as "sha256, size". */
void text_fields(struct buf *ret, const struct kind *k, uint64_t fields);
/* The lines "    field  was → is" for these fields of two states; either may be NULL. Of a list
 * what came and what went: "+a, -b". */
void text_difference(struct buf *ret, const struct record *was, const struct record *is,
	uint64_t fields, const struct text_style *style);
/* What an entity is, in a few words: "regular, mode 0644, owner root, 3,289 bytes". */
void text_entity(struct buf *ret, const struct record *r, const struct text_style *style);

/* A key with its kind in front, but of a path, which speaks for itself. */
void text_key(struct buf *ret, const struct kind *k, struct span key);
/* What a gap with `subtree` covers: "all of kind user", "/etc and everything below". */
void text_range(struct buf *ret, const struct kind *k, struct span key);

/* ---- small words ---- */

void text_count(struct buf *ret, uint64_t n);                  /* 48,213 */
void text_plural(struct buf *ret, uint64_t n, const char *of); /* "1 file", "2 entities" */
void text_bytes(struct buf *ret, uint64_t n);                  /* "412.0 MiB" */
void text_duration(struct buf *ret, int64_t ns);               /* "3.2 s", "2 min 5 s" */
/* "2026-11-23 01:02:03 UTC", and when style->now is set "(3 minutes ago)" behind it. */
void text_time(struct buf *ret, int64_t ns, const struct text_style *style);
/* Lines (each ended by a newline), each that many columns further in. */
void text_indent(struct buf *ret, struct span text, unsigned columns);
/* A word for a shell: as it is when nothing in it is special, else in single quotes; escaped, which
 * our commands undo. */
void text_shell(struct buf *ret, struct span word);

#endif
