#include "agent/config/route.h"

bool route_wants(const struct route *r, const struct ledger_record *record)
{
	static const unsigned findings = ((1u << RECORD_TYPE_N) - 1) & ~(1u << RECORD_COVERAGE);
	unsigned records = r->records ? r->records : findings;
	const struct kind *kind = record->type == RECORD_CHANGE ? record->change.kind
				  : record->type == RECORD_GAP  ? record->gap.kind
				  : record->type == RECORD_LOSS ? record->loss.kind
								: NULL;

	if (!(records & 1u << record->type))
		return false;
	if ((unsigned)record_severity(record) < r->severity)
		return false;
	if (r->kinds && kind && !(r->kinds & UINT64_C(1) << kind->id))
		return false;
	return !r->verdicts || record->type != RECORD_CHANGE ||
	       (r->verdicts & 1u << record->change.verdict) != 0;
}

void route_reach(const struct route *r, struct route_reach *ret)
{
	/* names are looked up, and others trusted, by these */
	static const char *const common[] = { "/etc/resolv.conf", "/etc/hosts", "/etc/ssl" };
	const char *const own[] = { r->ca, r->cert, r->key, r->headers };
	size_t n = 0;

	*ret = (struct route_reach){
		.folder = r->type == ROUTE_FILE ? r->folder : NULL,
		.network = r->type == ROUTE_SYSLOG || r->type == ROUTE_WEBHOOK,
		.runs = r->type == ROUTE_MAIL || r->type == ROUTE_COMMAND,
	};
	for (size_t i = 0; ret->network && i < ARRAY_LEN(common); i++)
		ret->files[n++] = common[i];
	for (size_t i = 0; i < ARRAY_LEN(own); i++)
		if (own[i])
			ret->files[n++] = own[i];
}
