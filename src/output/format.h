/* Records in the formats that other programs take: one line each, always valid UTF-8, never a
 * control character, whatever the host holds (text may be several lines). docs/ROUTES.md has the
 * tables of what becomes what; names in them are stored elsewhere: never renamed. */
#ifndef OUTPUT_FORMAT_H
#define OUTPUT_FORMAT_H

#include "change/change.h"
#include "core/buf.h"

enum format {
	FORMAT_JSON,
	FORMAT_TEXT,
	FORMAT_CEF,
	FORMAT_LEEF,
	FORMAT_OCSF,
	FORMAT_ECS,
	FORMAT_SYSLOG, /* RFC 5424 with our JSON in it; not the format of a route */
	FORMAT_N
};
extern const char *const format_names[]; /* ended by NULL */

/* No newline at the end, but of FORMAT_TEXT. host: this host's name. */
void format_record(struct buf *ret, enum format f, struct span host, const struct ledger_record *r);

void cef_record(struct buf *ret, struct span host, const struct ledger_record *r);
void leef_record(struct buf *ret, struct span host, const struct ledger_record *r);
void ocsf_record(struct buf *ret, struct span host, const struct ledger_record *r);
void ecs_record(struct buf *ret, struct span host, const struct ledger_record *r);

extern const char *const syslog_facility_names[]; /* by number; ended by NULL */
#define SYSLOG_FACILITY_AUDIT 13
#define SYSLOG_ENTERPRISE 32473 /* RFC 5612: for examples; whoever has one sets it */

struct syslog_style {
	unsigned facility;
	uint64_t enterprise;
	enum format format; /* of the message */
	size_t max;         /* bytes; 0: any number. What is longer is shortened, and says so */
};
void syslog5424_record(struct buf *ret, const struct syslog_style *style, struct span host,
	const struct ledger_record *r);

/* How severe a record is to whoever must act: what its rule says of an unexplained change, info of
 * an explained one; fixed for each of the other records. */
enum severity record_severity(const struct ledger_record *r);

#endif
