/* POST to a URL. A status of 2xx says that all of the batch was taken; anything else that none of
 * it was. */
#include <stdio.h>
#include <stdlib.h>

#include "agent/link/link.h"
#include "agent/loop/loop_event.h"
#include "agent/sinks/curl.h"
#include "core/mem.h"

#define HEADERS_BYTES 32768
#define SOCKETS 16 /* of one transfer at a time; names are asked for over some, too */

struct hook {
	const struct curl_calls *curl;
	CURLM *multi;
	CURL *easy;
	struct curl_slist *headers;
	struct event *timer;
	struct {
		curl_socket_t fd;
		struct event *event;
	} sockets[SOCKETS];
	struct buf body;
	char error[CURL_ERROR_SIZE];
	struct lane *lane;
};

static void end_transfer(struct hook *h)
{
	if (!h->easy)
		return;
	h->curl->multi_remove_handle(h->multi, h->easy);
	h->curl->easy_cleanup(h->easy);
	h->curl->slist_free_all(h->headers);
	h->easy = NULL;
	h->headers = NULL;
	buf_done(&h->body);
}

static void finish(struct lane *l, CURLcode code)
{
	struct hook *h = l->at;
	char why[300] = "";
	long status = 0;

	h->curl->easy_getinfo(h->easy, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK)
		snprintf(why, sizeof why, "%.250s",
			h->error[0] ? h->error : h->curl->easy_strerror(code));
	else if (status < 200 || status > 299)
		snprintf(why, sizeof why, "answered with status %ld", status);
	end_transfer(h);
	if (why[0])
		lane_failed(l, "%s", why);
	else
		lane_taken(l);
}

static void look(struct hook *h)
{
	CURLMsg *m;
	int left;

	while ((m = h->curl->multi_info_read(h->multi, &left)))
		if (m->msg == CURLMSG_DONE && m->easy_handle == h->easy) {
			finish(h->lane, m->data.result);
			return;
		}
}

static void on_socket(evutil_socket_t fd, short what, void *ctx)
{
	struct hook *h = ctx;
	int flags =
		(what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	int running;

	h->curl->multi_socket_action(h->multi, fd, flags, &running);
	look(h);
}

static void on_timer(evutil_socket_t fd, short what, void *ctx)
{
	struct hook *h = ctx;
	int running;

	(void)fd;
	(void)what;
	h->curl->multi_socket_action(h->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	look(h);
}

/* curl says what to watch. */
static int watch_socket(CURL *easy, curl_socket_t fd, int what, void *ctx, void *of_socket)
{
	struct hook *h = ctx;
	short events = EV_PERSIST;
	size_t i = 0, free_one = SOCKETS;

	(void)easy;
	(void)of_socket;
	for (; i < SOCKETS && !(h->sockets[i].event && h->sockets[i].fd == fd); i++)
		if (!h->sockets[i].event)
			free_one = i;
	if (i < SOCKETS) {
		event_free(h->sockets[i].event);
		h->sockets[i].event = NULL;
		free_one = i;
	}
	if (what == CURL_POLL_REMOVE)
		return 0;
	if (free_one == SOCKETS)
		return -1;
	events |= what & CURL_POLL_IN ? EV_READ : 0;
	events |= what & CURL_POLL_OUT ? EV_WRITE : 0;
	h->sockets[free_one].fd = fd;
	h->sockets[free_one].event =
		event_new(loop_base(h->lane->link->loop), fd, events, on_socket, h);
	return h->sockets[free_one].event && event_add(h->sockets[free_one].event, NULL) == 0 ? 0
											      : -1;
}

static int set_timer(CURLM *m, long ms, void *ctx)
{
	const struct hook *h = ctx;
	struct timeval tv = { ms / 1000, ms % 1000 * 1000 };

	(void)m;
	if (ms < 0)
		event_del(h->timer);
	else
		event_add(h->timer, &tv);
	return 0;
}

static size_t drain(char *p, size_t size, size_t n, void *ctx)
{
	(void)p;
	(void)ctx;
	return size * n;
}

static int open_hook(struct lane *l, struct err *e)
{
	const struct curl_calls *curl;
	struct hook *h;

	if (curl_load(&curl, e) < 0)
		return e->code;
	h = mem_new(sizeof *h);
	h->curl = curl;
	h->lane = l;
	h->multi = curl->multi_init();
	h->timer = evtimer_new(loop_base(l->link->loop), on_timer, h);
	if (!h->multi || !h->timer)
		return err_set(e, ERR_SYSTEM, "libcurl does not start");
	curl->multi_setopt(h->multi, CURLMOPT_SOCKETFUNCTION, watch_socket);
	curl->multi_setopt(h->multi, CURLMOPT_SOCKETDATA, h);
	curl->multi_setopt(h->multi, CURLMOPT_TIMERFUNCTION, set_timer);
	curl->multi_setopt(h->multi, CURLMOPT_TIMERDATA, h);
	curl->multi_setopt(h->multi, CURLMOPT_MAXCONNECTS, 2L);
	l->at = h;
	return 0;
}

/* Its own lines one by one, as libcurl wants them. */
static int set_headers(struct lane *l, struct hook *h, struct err *e)
{
	AUTO(buf) lines = BUF_INIT(HEADERS_BYTES);
	struct span rest, line;

	if (hook_headers(l, &lines, e) < 0)
		return e->code;
	rest = buf_span(&lines);
	while (span_cut(&rest, '\n', &line)) {
		AUTO(buf) one = BUF_INIT(HEADERS_BYTES);

		if (line.n < 2)
			continue;
		buf_add(&one, line.p, line.n - 1); /* not its CR */
		h->headers = h->curl->slist_append(h->headers, buf_text(&one));
	}
	h->headers = h->curl->slist_append(h->headers, "Expect:");
	return 0;
}

static void set_tls(const struct route *r, const struct hook *h)
{
	const struct curl_calls *c = h->curl;

	c->easy_setopt(h->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	c->easy_setopt(h->easy, CURLOPT_SSL_VERIFYPEER, r->verify ? 1L : 0L);
	c->easy_setopt(h->easy, CURLOPT_SSL_VERIFYHOST, r->verify ? 2L : 0L);
	if (r->ca) {
		c->easy_setopt(h->easy, CURLOPT_CAINFO, r->ca);
		c->easy_setopt(h->easy, CURLOPT_CAPATH, NULL); /* this file alone */
	}
	if (r->cert) {
		c->easy_setopt(h->easy, CURLOPT_SSLCERT, r->cert);
		c->easy_setopt(h->easy, CURLOPT_SSLKEY, r->key);
	}
}

static int start(struct lane *l, struct hook *h, struct err *e)
{
	const struct curl_calls *c = h->curl;
	long most = (long)(l->route->timeout_ns / 1000000);

	h->easy = c->easy_init();
	if (!h->easy || set_headers(l, h, e) < 0) {
		if (h->easy)
			c->easy_cleanup(h->easy);
		c->slist_free_all(h->headers);
		h->easy = NULL;
		h->headers = NULL;
		return e->code;
	}
	h->body = BUF_INIT(BUF_MAX_DEFAULT);
	hook_body(l, &h->body);
	h->error[0] = 0;
	c->easy_setopt(h->easy, CURLOPT_URL, l->route->url);
	c->easy_setopt(h->easy, CURLOPT_PROTOCOLS_STR, "http,https");
	c->easy_setopt(h->easy, CURLOPT_FOLLOWLOCATION, 0L);
	c->easy_setopt(h->easy, CURLOPT_NOSIGNAL, 1L);
	c->easy_setopt(h->easy, CURLOPT_TIMEOUT_MS, most);
	c->easy_setopt(h->easy, CURLOPT_POST, 1L);
	c->easy_setopt(h->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)h->body.n);
	c->easy_setopt(h->easy, CURLOPT_POSTFIELDS, h->body.p);
	c->easy_setopt(h->easy, CURLOPT_HTTPHEADER, h->headers);
	c->easy_setopt(h->easy, CURLOPT_USERAGENT, "invar/" INVAR_VERSION);
	c->easy_setopt(h->easy, CURLOPT_WRITEFUNCTION, drain);
	c->easy_setopt(h->easy, CURLOPT_ERRORBUFFER, h->error);
	set_tls(l->route, h);
	if (c->multi_add_handle(h->multi, h->easy) != CURLM_OK) {
		end_transfer(h);
		return err_set(e, ERR_SYSTEM, "libcurl does not start");
	}
	return 0;
}

static void send_webhook(struct lane *l)
{
	struct err e;

	(void)err_set(&e, ERR_SYSTEM, "libcurl does not start");
	if ((!l->at && open_hook(l, &e) < 0) || start(l, l->at, &e) < 0)
		lane_failed(l, "%s", e.text);
}

static void stop_webhook(struct lane *l)
{
	struct hook *h = l->at;

	if (!h)
		return;
	end_transfer(h);
	h->curl->multi_cleanup(h->multi);
	for (size_t i = 0; i < SOCKETS; i++)
		if (h->sockets[i].event)
			event_free(h->sockets[i].event);
	event_free(h->timer);
	free(h);
	l->at = NULL;
}

const struct sink sink_webhook = { send_webhook, stop_webhook };
