#include "os/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "os/clock.h"

#define READ_BYTES ((size_t)64 << 10)
#define LENGTH sizeof(uint32_t)

void channel_init(struct channel *c, int fd, size_t frame_max)
{
	*c = (struct channel){ .fd = fd, .frame_max = frame_max };
	c->out = BUF_INIT((frame_max + LENGTH) * 5);
	c->in = BUF_INIT(frame_max + LENGTH + READ_BYTES);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void channel_done(struct channel *c)
{
	buf_done(&c->out);
	buf_done(&c->in);
}

size_t channel_waiting(const struct channel *c)
{
	return c->out.n - c->sent;
}

bool channel_put(struct channel *c, struct span frame)
{
	uint32_t n = (uint32_t)frame.n;

	if (frame.n > c->frame_max || channel_waiting(c) > c->frame_max * 4)
		return false;
	if (c->sent) {
		memmove(c->out.p, c->out.p + c->sent, c->out.n - c->sent);
		c->out.n -= c->sent;
		c->sent = 0;
	}
	buf_add(&c->out, &n, LENGTH);
	buf_add_span(&c->out, frame);
	return true;
}

int channel_flush(struct channel *c, struct err *e)
{
	while (channel_waiting(c)) {
		ssize_t n = write(c->fd, c->out.p + c->sent, channel_waiting(c));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return err_set(e, ERR_CLOSED, "the other side is gone (%s)",
				strerror(errno));
		c->sent += (size_t)n;
	}
	buf_clear(&c->out);
	c->sent = 0;
	return 1;
}

int channel_fill(struct channel *c, struct err *e)
{
	char *room;
	ssize_t n;

	if (c->at) {
		memmove(c->in.p, c->in.p + c->at, c->in.n - c->at);
		c->in.n -= c->at;
		c->at = 0;
	}
	room = buf_room(&c->in, READ_BYTES);
	if (!room)
		return 0; /* a whole frame is there: it is to be got first */
	do {
		n = read(c->fd, room, READ_BYTES);
	} while (n < 0 && errno == EINTR);
	if (n < 0 && errno == EAGAIN)
		return 0;
	if (n <= 0)
		return err_set(e, ERR_CLOSED, "the other side is gone");
	c->in.n += (size_t)n;
	return 1;
}

int channel_next(struct channel *c, struct span *ret, struct err *e)
{
	struct span rest = span_from_offset(buf_span(&c->in), c->at);
	uint32_t n;

	if (rest.n < LENGTH)
		return 0;
	memcpy(&n, rest.p, LENGTH);
	if (n > c->frame_max)
		return err_set(e, ERR_FORMAT, "a frame of %u bytes, of at most %zu", n,
			c->frame_max);
	if (rest.n - LENGTH < n)
		return 0;
	*ret = span_from(rest.p + LENGTH, n);
	c->at += LENGTH + n;
	return 1;
}

/* Until fd is ready or the time `until` (monotonic; negative: never) has come. */
static int await(const struct channel *c, short events, int64_t until, struct err *e)
{
	struct pollfd p = { .fd = c->fd, .events = events };
	int64_t left = until < 0 ? -1 : until - clock_monotonic();
	int r;

	if (until >= 0 && left <= 0)
		return err_set(e, ERR_TIMEOUT, "the other side does not answer");
	r = poll(&p, 1, until < 0 ? -1 : (int)(left / 1000000) + 1);
	if (r < 0 && errno != EINTR)
		return err_sys(e, "cannot wait");
	return 0;
}

int channel_flush_all(struct channel *c, int ms, struct err *e)
{
	int64_t until = ms < 0 ? -1 : clock_monotonic() + ms * INT64_C(1000000);
	int r;

	while ((r = channel_flush(c, e)) == 0)
		if (await(c, POLLOUT, until, e) < 0)
			return e->code;
	return r < 0 ? r : 0;
}

int channel_wait(struct channel *c, struct span *ret, int ms, struct err *e)
{
	int64_t until = ms < 0 ? -1 : clock_monotonic() + ms * INT64_C(1000000);
	int r;

	while ((r = channel_next(c, ret, e)) == 0) {
		r = channel_fill(c, e);
		if (r < 0 || (r == 0 && await(c, POLLIN, until, e) < 0))
			return e->code;
	}
	return r < 0 ? r : 0;
}
