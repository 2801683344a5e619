/* RFC 5424: header, structured data, and a message in another format. */
#include <stdio.h>

#include "core/time.h"
#include "output/facts.h"
#include "output/format.h"

#define HOSTNAME_MAX 255
#define MSGID_MAX 32
#define VALUE_MAX 1024 /* of one structured value */
#define BOM "\xef\xbb\xbf"

const char *const syslog_facility_names[] = { "kern", "user", "mail", "daemon", "auth", "syslog",
	"lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7", NULL };
_Static_assert(ARRAY_LEN(syslog_facility_names) == 25, "RFC 5424 has 24 facilities");

static const unsigned severities[SEVERITY_N] = { 6, 5, 4, 3, 2 };

/* Printable ASCII without spaces; "-" for nothing. */
static void add_word(struct buf *ret, struct span s, size_t max)
{
	if (!s.n)
		buf_add_char(ret, '-');
	for (size_t i = 0; i < s.n && i < max; i++)
		buf_add_char(ret, s.p[i] > ' ' && s.p[i] < 127 ? s.p[i] : '_');
}

static void add_time(struct buf *ret, int64_t ns)
{
	char text[TIME_TEXT];

	time_format(ns, text);
	buf_add(ret, text, 26); /* six of nine digits are allowed */
	buf_add_char(ret, 'Z');
}

static void add_param(struct buf *ret, const char *name, struct span s)
{
	AUTO(buf) shown = BUF_INIT(BUF_MAX_DEFAULT);
	struct span value;

	if (!s.n)
		return;
	facts_show(&shown, s);
	value = facts_cut(buf_span(&shown), VALUE_MAX);
	buf_addf(ret, " %s=\"", name);
	for (size_t i = 0; i < value.n; i++) {
		if (strchr("\"\\]", value.p[i]))
			buf_add_char(ret, '\\');
		buf_add_char(ret, value.p[i]);
	}
	buf_add_char(ret, '"');
}

static void add_header(struct buf *ret, const struct syslog_style *style, struct span host,
	const struct ledger_record *r)
{
	char event[FACTS_EVENT];

	facts_event(r, event);
	for (char *c = event; *c; c++)
		*c = *c >= 'a' && *c <= 'z'   ? (char)(*c - 'a' + 'A')
		     : *c == '.' || *c == '-' ? '_'
					      : *c;
	buf_addf(ret, "<%u>1 ", style->facility * 8 + severities[record_severity(r)]);
	add_time(ret, r->time);
	buf_add_char(ret, ' ');
	add_word(ret, host, HOSTNAME_MAX);
	buf_add_text(ret, " invar - ");
	add_word(ret, span_of(event), MSGID_MAX);
}

static void add_data(struct buf *ret, const struct syslog_style *style,
	const struct ledger_record *r, bool shortened)
{
	const struct change *c = &r->change;
	const struct kind *kind;
	struct span key;

	facts_entity(r, &kind, &key);
	buf_addf(ret, " [invar@%llu", (unsigned long long)style->enterprise);
	if (r->chained)
		buf_addf(ret, " seq=\"%llu\"", (unsigned long long)r->seq);
	add_param(ret, "record", span_of(record_type_names[r->type]));
	add_param(ret, "severity", span_of(severity_names[record_severity(r)]));
	if (kind)
		add_param(ret, "kind", span_of(kind->name));
	add_param(ret, "key", key);
	if (r->type == RECORD_CHANGE) {
		add_param(ret, "change", span_of(change_type_names[c->type]));
		add_param(ret, "rule", c->rule);
		add_param(ret, "verdict", span_of(verdict_names[c->verdict]));
	}
	if (shortened)
		buf_add_text(ret, " shortened=\"yes\"");
	buf_add_text(ret, "] ");
}

/* One line, whatever the format. */
static void add_message(struct buf *ret, const struct syslog_style *style, struct span host,
	const struct ledger_record *r)
{
	AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
	bool ascii = true;

	if (style->format != FORMAT_TEXT) { /* who reads these looks for their first bytes */
		format_record(ret, style->format, host, r);
		return;
	}
	facts_message(&text, r);
	if (r->type == RECORD_CHANGE) {
		buf_add_text(&text, ": ");
		facts_difference(&text, &r->change);
	}
	for (size_t i = 0; i < text.n; i++)
		ascii = ascii && (unsigned char)text.p[i] < 0x80;
	if (!ascii)
		buf_add_text(ret, BOM);
	buf_add_span(ret, buf_span(&text));
}

static bool add_whole(struct buf *ret, const struct syslog_style *style, struct span host,
	const struct ledger_record *r, bool shortened)
{
	size_t from = ret->n;

	add_header(ret, style, host, r);
	add_data(ret, style, r, shortened);
	add_message(ret, style, host, r);
	return !style->max || ret->n - from <= style->max;
}

/* Of both states only these fields. */
static void keep_fields(struct change *c, struct record *was, struct record *is, uint64_t fields)
{
	if (c->was) {
		*was = *c->was;
		was->has &= fields;
		c->was = was;
	}
	if (c->is) {
		*is = *c->is;
		is->has &= fields;
		c->is = is;
	}
}

void syslog5424_record(struct buf *ret, const struct syslog_style *style, struct span host,
	const struct ledger_record *r)
{
	struct ledger_record less = *r;
	struct record was, is;
	size_t from = ret->n;

	if (add_whole(ret, style, host, r, false))
		return;
	if (r->type == RECORD_CHANGE) {
		/* first what did not change, then all of the states, is left out */
		const uint64_t steps[] = { r->change.fields, 0 };

		for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
			keep_fields(&less.change, &was, &is, steps[i]);
			ret->n = from;
			if (add_whole(ret, style, host, &less, true))
				return;
			less = *r;
		}
		ret->n = from;
		keep_fields(&less.change, &was, &is, 0);
		(void)add_whole(ret, style, host, &less, true);
	}
	ret->n = from + facts_cut(span_from(ret->p + from, ret->n - from), style->max).n;
}
