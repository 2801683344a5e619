/* Frames of bytes between two processes, through a pipe or a stream socket that does not block:
 * each frame has its length in front, in four bytes. Works with poll and with event loops. */
#ifndef OS_CHANNEL_H
#define OS_CHANNEL_H

#include <sys/types.h>

#include "core/buf.h"
#include "core/err.h"

struct channel {
	int fd; /* the caller's, who also closes it */
	size_t frame_max;
	size_t in_max; /* of one frame that comes: frame_max, until somebody makes it less */
	/* Bytes that may wait before another frame: frame_max * 4, until somebody makes it less. */
	size_t most_waiting;
	struct buf out, in;
	size_t sent, at; /* of out, written; of in, used up */
	/* see channel_take_fd */
	bool takes_fds;
	int passed_out, passed_in; /* 0: none */
	size_t passed_at;          /* of out: the byte passed_out goes with */
};

/* Sets O_NONBLOCK on fd. frame_max: a longer frame from the other side is ERR_FORMAT. */
void channel_init(struct channel *c, int fd, size_t frame_max);
void channel_done(struct channel *c); /* accepts what is zeroed */

/* Queue one frame. False: the other side does not read, and more than `most_waiting` bytes wait
 * already: nothing was queued. */
bool channel_put(struct channel *c, struct span frame);
size_t channel_waiting(const struct channel *c); /* bytes queued and not yet written */
/* Write what is queued. 1: all of it; 0: the rest when fd is writable again; ERR_CLOSED: nobody
 * listens any more. */
int channel_flush(struct channel *c, struct err *e) MUST_CHECK;

/* The same with a file descriptor (a Unix socket, whose other side takes them). A copy is made; one
 * at a time: false as well while another one waits. */
bool channel_put_fd(struct channel *c, struct span frame, int fd);
/* The descriptor that came with a frame got by channel_next, -1: none did. Yours to close. Only
 * when c->takes_fds was set; a second one that comes before is closed. */
int channel_take_fd(struct channel *c);

/* Read what is there. 1: something came; 0: nothing now; ERR_CLOSED: nothing ever again. Frames got
 * before end with this call. */
int channel_fill(struct channel *c, struct err *e) MUST_CHECK;
/* 1: *ret is the next whole frame, valid until channel_fill; 0: none; ERR_FORMAT: too long. */
int channel_next(struct channel *c, struct span *ret, struct err *e) MUST_CHECK;

/* The whole way for a process that has nothing else to do: flush all, or the next frame, waiting at
 * most `ms` (-1: for ever). ERR_TIMEOUT. */
int channel_flush_all(struct channel *c, int ms, struct err *e) MUST_CHECK;
int channel_wait(struct channel *c, struct span *ret, int ms, struct err *e) MUST_CHECK;

#endif
