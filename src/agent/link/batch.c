/* Messages as a route's sink takes them, one behind the other. */
#include "agent/link/link.h"
#include "output/format.h"

#define UDP_MAX 2048    /* RFC 5426: what every receiver should take */
#define STREAM_MAX 8192 /* RFC 5425 */
#define MAIL_BYTES ((size_t)256 << 10)
#define MAIL_RECORDS 200 /* of one mail, in full */

void batch_clear(struct batch *b)
{
	buf_done(&b->text);
	*b = (struct batch){ .text = BUF_INIT(BUF_MAX_DEFAULT) };
}

static void add_syslog(struct lane *l, const struct ledger_record *r)
{
	const struct route *route = l->route;
	const struct syslog_style style = { .facility = route->facility,
		.enterprise = route->enterprise,
		.format = (enum format)route->format,
		.max = route->transport == TRANSPORT_UDP ? UDP_MAX : STREAM_MAX };
	AUTO(buf) message = BUF_INIT(BUF_MAX_DEFAULT);

	syslog5424_record(&message, &style, buf_span(&l->link->host), r);
	if (route->transport != TRANSPORT_UDP && route->framing == FRAMING_OCTETS)
		buf_addf(&l->batch.text, "%zu ", message.n);
	buf_add_span(&l->batch.text, buf_span(&message));
	if (route->transport != TRANSPORT_UDP && route->framing == FRAMING_LINES)
		buf_add_char(&l->batch.text, '\n');
}

static void add_line(struct lane *l, const struct ledger_record *r)
{
	struct buf *text = &l->batch.text;

	format_record(text, (enum format)l->route->format, buf_span(&l->link->host), r);
	if (text->n && text->p[text->n - 1] != '\n')
		buf_add_char(text, '\n');
}

bool batch_full(const struct lane *l)
{
	const struct batch *b = &l->batch;

	if (l->route->type == ROUTE_MAIL) /* what does not fit is counted */
		return false;
	return b->n >= l->route->batch || b->n >= BATCH_RECORDS || b->text.n >= BATCH_BYTES;
}

void batch_add(struct lane *l, const struct ledger_record *r)
{
	struct batch *b = &l->batch;
	bool mail = l->route->type == ROUTE_MAIL;

	b->records++;
	b->severities[record_severity(r)]++;
	if (mail && (b->n >= MAIL_RECORDS || b->text.n >= MAIL_BYTES))
		return;
	if (l->route->type == ROUTE_SYSLOG)
		add_syslog(l, r);
	else
		add_line(l, r);
	b->ends[b->n++] = b->text.n;
}
