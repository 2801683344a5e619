/* What others (check, approve, …) write to the ledger beside us is told on like what we write: the
 * store's log is watched for it. */
#include <event2/event.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "agent/collector/state.h"

#define WAL STORE_FILE "-wal"
#define READ_BYTES 4096

static void on_written(evutil_socket_t fd, short what, void *ctx)
{
	char ignored[READ_BYTES];

	(void)what;
	while (read(fd, ignored, sizeof ignored) > 0)
		;
	heard_others(ctx);
}

int heard_start(struct collector *c, struct err *e)
{
	uint8_t head[DIGEST_BYTES];
	AUTO(buf) path = BUF_INIT(8192);
	int fd;

	if (ledger_last(c->store, &c->heard, head, e) < 0)
		return e->code;
	c->hears = true;
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
