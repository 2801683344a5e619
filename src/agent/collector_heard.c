/* What others (check, approve, …) write to the ledger beside us is told on like what we write: the
 * store's log is watched for it. */
#include <sys/inotify.h>
#include <unistd.h>

#include "agent/collector_state.h"

#define WAL STORE_FILE "-wal"
#define READ_BYTES 4096

static int tell(const struct ledger_entry *entry, void *ctx, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	struct collector *c = ctx;
	struct ledger_record r;

	if (ledger_record_decode(entry->body, arena, &r, e) < 0)
		return e->code;
	r.seq = entry->seq;
	memcpy(r.prev, entry->prev, sizeof r.prev);
	r.chained = true;
	return collector_tell(c, &r, e);
}

void heard_record(struct collector *c, const struct ledger_record *r)
{
	if (r->chained && r->seq > c->heard)
		c->heard = r->seq;
}

static void on_written(evutil_socket_t fd, short what, void *ctx)
{
	struct collector *c = ctx;
	uint8_t head[DIGEST_BYTES];
	char ignored[READ_BYTES];
	struct err e;
	uint64_t last;

	(void)what;
	while (read(fd, ignored, sizeof ignored) > 0)
		;
	if (ledger_last(c->store, &last, head, &e) < 0 || last <= c->heard)
		return;
	(void)!ledger_read(c->store, c->heard + 1, last, false, tell, c, &e);
	c->heard = last;
}

int heard_start(struct collector *c, struct err *e)
{
	uint8_t head[DIGEST_BYTES];
	AUTO(buf) path = BUF_INIT(8192);
	int fd;

	if (ledger_last(c->store, &c->heard, head, e) < 0)
		return e->code;
	fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd < 0)
		return 0; /* it is told with what we write next */
	buf_addf(&path, "%s/" WAL, store_dir(c->store));
	if (inotify_add_watch(fd, buf_text(&path), IN_MODIFY) < 0) {
		close(fd);
		return 0;
	}
	c->written = event_new(c->base, fd, EV_READ | EV_PERSIST, on_written, c);
	event_add(c->written, NULL);
	return 0;
}

void heard_stop(struct collector *c)
{
	if (!c->written)
		return;
	close(event_get_fd(c->written));
	event_free(c->written);
	c->written = NULL;
}
