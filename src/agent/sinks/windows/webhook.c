/* POST to a URL. A status of 2xx says that all of the batch was taken; anything else that none of
 * it was. */
#include "agent/sinks/windows/carrier.h"
#include "os/windows/http.h"

static int open_hook(void **ret, const struct route *r, struct err *e)
{
	const struct http_setup setup = { .url = r->url,
		.ca = r->ca,
		.agent = "invar/" INVAR_VERSION,
		.timeout_ns = r->timeout_ns,
		.secret = r->headers != NULL };
	struct http *h;

	if (http_open(&h, &setup, e) < 0)
		return e->code;
	*ret = h;
	return 0;
}

static int pack_hook(struct parcel *p, const struct lane *l, struct err *e)
{
	if (hook_headers(l, &p->headers, e) < 0)
		return e->code;
	hook_body(l, &p->body);
	return 0;
}

static int carry_hook(void *at, const struct parcel *p, struct err *e)
{
	unsigned status;

	if (http_post(at, buf_span(&p->headers), buf_span(&p->body), &status, e) < 0)
		return e->code;
	if (status >= 200 && status <= 299)
		return 0;
	(void)err_set(e, ERR_DENIED, "answered with status %u", status);
	return 1;
}

static void cancel_hook(void *at)
{
	http_cancel(at);
}

static void close_hook(void *at)
{
	http_close(at);
}

static const struct carrier hook = { open_hook, pack_hook, carry_hook, cancel_hook, close_hook };

static void send_webhook(struct lane *l)
{
	carrier_send(l, &hook);
}

const struct sink sink_webhook = { send_webhook, carrier_stop };
