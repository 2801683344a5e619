#include "os/channel.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "os/clock.h"

#define READ_BYTES ((size_t)64 << 10)
#define KEPT_BYTES ((size_t)128 << 10) /* of memory, when nothing waits */
#define LENGTH sizeof(uint32_t)

void channel_init(struct channel *c, int fd, size_t frame_max)
{
	*c = (struct channel){ .fd = fd,
		.frame_max = frame_max,
		.in_max = frame_max,
		.most_waiting = frame_max * 4 };
	c->out = BUF_INIT((frame_max + LENGTH) * 5);
	c->in = BUF_INIT(frame_max + LENGTH + READ_BYTES);
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
}

void channel_done(struct channel *c)
{
	buf_done(&c->out);
	buf_done(&c->in);
	for (size_t i = 0; i < 2; i++) {
		int *fd = i ? &c->passed_in : &c->passed_out;

		if (*fd > 0)
			close(*fd);
		*fd = 0;
	}
}

size_t channel_waiting(const struct channel *c)
{
	return c->out.n - c->sent;
}

bool channel_put(struct channel *c, struct span frame)
{
	uint32_t n = (uint32_t)frame.n;

	if (frame.n > c->frame_max || channel_waiting(c) > c->most_waiting)
		return false;
	if (c->sent) {
		memmove(c->out.p, c->out.p + c->sent, c->out.n - c->sent);
		c->out.n -= c->sent;
		c->passed_at -= c->passed_out ? c->sent : 0;
		c->sent = 0;
	}
	buf_add(&c->out, &n, LENGTH);
	buf_add_span(&c->out, frame);
	return true;
}

bool channel_put_fd(struct channel *c, struct span frame, int fd)
{
	int copy = c->passed_out ? -1 : fcntl(fd, F_DUPFD_CLOEXEC, 3);
	size_t waiting = channel_waiting(c);

	if (copy < 0 || !channel_put(c, frame)) {
		if (copy >= 0)
			close(copy);
		return false;
	}
	c->passed_out = copy;
	c->passed_at = c->sent + waiting;
	return true;
}

int channel_take_fd(struct channel *c)
{
	int fd = c->passed_in ? c->passed_in : -1;

	c->passed_in = 0;
	return fd;
}

union passing { /* aligned as the kernel wants it */
	struct cmsghdr head;
	char bytes[CMSG_SPACE(sizeof(int) * 4)];
};

static ssize_t send_fd(struct channel *c)
{
	struct iovec piece = { c->out.p + c->sent, channel_waiting(c) };
	union passing p = { 0 };
	struct msghdr m = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &p,
		.msg_controllen = CMSG_SPACE(sizeof(int)) };
	struct cmsghdr *head = CMSG_FIRSTHDR(&m);
	ssize_t n;

	head->cmsg_level = SOL_SOCKET;
	head->cmsg_type = SCM_RIGHTS;
	head->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(head), &c->passed_out, sizeof(int));
	n = sendmsg(c->fd, &m, MSG_NOSIGNAL);
	if (n > 0) {
		close(c->passed_out);
		c->passed_out = 0;
	}
	return n;
}

/* A descriptor goes with the first byte of its frame: whoever reads gets it no later than that. */
static ssize_t send_some(struct channel *c)
{
	size_t n = channel_waiting(c);
	ssize_t sent;

	if (c->passed_out && c->passed_at == c->sent)
		return send_fd(c);
	if (c->passed_out)
		n = c->passed_at - c->sent;
	sent = send(c->fd, c->out.p + c->sent, n, MSG_NOSIGNAL);
	return sent < 0 && errno == ENOTSOCK ? write(c->fd, c->out.p + c->sent, n) : sent;
}

static ssize_t receive(struct channel *c, char *room)
{
	struct iovec piece = { room, READ_BYTES };
	union passing p = { 0 };
	struct msghdr m = { .msg_iov = &piece,
		.msg_iovlen = 1,
		.msg_control = &p,
		.msg_controllen = sizeof p };
	ssize_t n;

	if (!c->takes_fds)
		return read(c->fd, room, READ_BYTES);
	n = recvmsg(c->fd, &m, MSG_CMSG_CLOEXEC);
	if (n <= 0)
		return n;
	for (struct cmsghdr *h = CMSG_FIRSTHDR(&m); h; h = CMSG_NXTHDR(&m, h)) {
		size_t fds = (h->cmsg_len - CMSG_LEN(0)) / sizeof(int);

		for (size_t i = 0; h->cmsg_type == SCM_RIGHTS && i < fds; i++) {
			int fd;

			memcpy(&fd, CMSG_DATA(h) + i * sizeof fd, sizeof fd);
			if (c->passed_in)
				close(fd);
			else
				c->passed_in = fd;
		}
	}
	return n;
}

int channel_flush(struct channel *c, struct err *e)
{
	while (channel_waiting(c)) {
		ssize_t n = send_some(c);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return 0;
		if (n < 0)
			return err_set(e, ERR_CLOSED, "the other side is gone (%s)",
				strerror(errno));
		c->sent += (size_t)n;
	}
	if (c->out.cap > KEPT_BYTES)
		buf_done(&c->out);
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
		n = receive(c, room);
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
	if (n > c->in_max)
		return err_set(e, ERR_FORMAT, "a frame of %u bytes, of at most %zu", n, c->in_max);
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
