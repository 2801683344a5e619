/* Findings as one mail for all that came since the last, handed to the host's own sendmail. */
#include <stdio.h>

#include "agent/link/link.h"
#include "core/time.h"
#include "os/clock.h"
#include "os/random.h"
#include "output/output.h"

#define LINE_MAX_BYTES 900 /* RFC 5322 allows 998 */
#define ARGS_N 5

/* As it may stand in a header. */
static void add_printable(struct buf *ret, struct span s)
{
	for (size_t i = 0; i < s.n && i < 255; i++)
		buf_add_char(ret, s.p[i] > ' ' && s.p[i] < 127 ? s.p[i] : '_');
}

static void add_counts(struct buf *ret, const struct batch *b)
{
	const char *between = "";

	for (size_t i = SEVERITY_N; i-- > 0;) {
		if (!b->severities[i])
			continue;
		buf_addf(ret, "%s%llu %s", between, (unsigned long long)b->severities[i],
			severity_names[i]);
		between = ", ";
	}
}

/* RFC 5322 wants names of days. */
static void add_date(struct buf *ret)
{
	static const char days[] = "ThuFriSatSunMonTueWed"; /* 1970-01-01 was a Thursday */
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t now = clock_now();
	char t[TIME_TEXT];
	int month;

	time_format(now, t);
	month = (t[5] - '0') * 10 + t[6] - '0' - 1;
	buf_addf(ret, "Date: %.3s, %.2s %.3s %.4s %.8s +0000\n",
		days + now / (86400 * TIME_SECOND) % 7 * 3, t + 8, months + 3 * month, t, t + 11);
}

static void add_headers(struct buf *ret, const struct lane *l)
{
	const struct route *r = l->route;
	struct span host = buf_span(&l->link->host);
	uint8_t dice[8] = { 0 };
	struct err e;

	(void)!random_bytes(dice, sizeof dice, &e);
	if (r->sender)
		buf_addf(ret, "From: Invar <%s>\n", r->sender);
	buf_add_text(ret, "To: ");
	for (size_t i = 0; r->recipients[i]; i++)
		buf_addf(ret, "%s%s", i ? ", " : "", r->recipients[i]);
	buf_add_text(ret, "\nSubject: [invar] ");
	add_printable(ret, host);
	buf_addf(ret, ": %llu %s (", (unsigned long long)l->batch.records,
		l->batch.records == 1 ? "finding" : "findings");
	add_counts(ret, &l->batch);
	buf_add_text(ret, ")\n");
	add_date(ret);
	buf_addf(ret, "Message-ID: <invar.%llu.", (unsigned long long)l->batch.last);
	for (size_t i = 0; i < sizeof dice; i++)
		buf_addf(ret, "%02x", dice[i]);
	buf_add_char(ret, '@');
	add_printable(ret, host.n ? host : span_of("localhost"));
	buf_add_text(ret, ">\nAuto-Submitted: auto-generated\nMIME-Version: 1.0\n"
			  "Content-Type: text/plain; charset=utf-8\n"
			  "Content-Transfer-Encoding: 8bit\n\n");
}

/* No line longer than mail allows, no character cut. */
static void add_wrapped(struct buf *ret, struct span text)
{
	struct span line;

	while (span_cut(&text, '\n', &line)) {
		while (line.n > LINE_MAX_BYTES) {
			size_t n = LINE_MAX_BYTES;

			while (n > 0 && ((unsigned char)line.p[n] & 0xc0) == 0x80)
				n--;
			n = n ? n : LINE_MAX_BYTES;
			buf_add(ret, line.p, n);
			buf_add_char(ret, '\n');
			line = span_from_offset(line, n);
		}
		buf_add_span(ret, line);
		if (text.p)
			buf_add_char(ret, '\n');
	}
}

static void compose(struct buf *ret, const struct lane *l)
{
	const struct batch *b = &l->batch;

	add_headers(ret, l);
	buf_add_text(ret, "Host ");
	add_printable(ret, buf_span(&l->link->host));
	buf_addf(ret, ", records %llu to %llu of its ledger: ", (unsigned long long)b->first,
		(unsigned long long)b->last);
	add_counts(ret, b);
	buf_add_text(ret, ".\n\n");
	add_wrapped(ret, buf_span(&b->text));
	if (b->records > b->n)
		buf_addf(ret, "\n... and %llu more: invar log seq:%llu-%llu\n",
			(unsigned long long)(b->records - b->n), (unsigned long long)b->first,
			(unsigned long long)b->last);
}

static void stop_mail(struct lane *l)
{
	program_stop(l->at);
	l->at = NULL;
}

static void on_end(struct lane *l, const char *why)
{
	stop_mail(l);
	if (why) {
		lane_failed(l, "'%.100s' %s", l->route->sendmail, why);
		return;
	}
	l->not_before = clock_monotonic() + (int64_t)l->route->interval_ns;
	lane_taken(l);
}

static void send_mail(struct lane *l)
{
	AUTO(buf) mail = BUF_INIT(BUF_MAX_DEFAULT);
	const char *argv[ARGS_N + 1] = { l->route->sendmail, "-i", "-t", NULL };
	struct program *c = NULL;
	struct err e;

	if (l->route->sender) {
		argv[3] = "-f";
		argv[4] = l->route->sender;
	}
	compose(&mail, l);
	if (program_start(&c, l, argv, buf_span(&mail), on_end, &e) < 0)
		lane_failed(l, "%s", e.text);
	l->at = c;
}

const struct sink sink_mail = { send_mail, stop_mail };
