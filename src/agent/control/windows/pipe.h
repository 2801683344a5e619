/* Frames of bytes through one end of a pipe that was opened for overlapped work: what os/channel.h
 * is on Linux. Each frame has its length in front, in four bytes of this machine's order. */
#ifndef AGENT_CONTROL_WINDOWS_PIPE_H
#define AGENT_CONTROL_WINDOWS_PIPE_H

#include <windows.h>

#include "core/buf.h"
#include "core/err.h"

struct pipe;

/* handle: taken over. frame_max: a longer frame from the other side than in_max is ERR_FORMAT; a
 * longer one is not sent. */
struct pipe *pipe_new(HANDLE handle, size_t frame_max, size_t in_max);
void pipe_free(struct pipe *p); /* accepts NULL */
void pipe_freep(struct pipe **p);
HANDLE pipe_handle(const struct pipe *p);

/* Events: something came, or never will again (call pipe_fill); what was being written is (call
 * pipe_flush). */
HANDLE pipe_readable(const struct pipe *p);
HANDLE pipe_writable(const struct pipe *p);

/* 1: something came; 0: nothing yet; ERR_CLOSED: nothing ever again. Frames got before end with
 * this call. */
int pipe_fill(struct pipe *p, struct err *e) MUST_CHECK;
/* 1: *ret is the next whole frame, valid until pipe_fill; 0: none; ERR_FORMAT: too long. */
int pipe_next(struct pipe *p, struct span *ret, struct err *e) MUST_CHECK;

/* Queue one frame. False: it is too long, or the other side does not read and more than four of the
 * longest wait. */
bool pipe_put(struct pipe *p, struct span frame);
size_t pipe_waiting(const struct pipe *p); /* bytes queued and not yet written */
/* 1: all is written; 0: the rest once pipe_writable is set; ERR_CLOSED. */
int pipe_flush(struct pipe *p, struct err *e) MUST_CHECK;

/* For who has nothing else to do: wait at most `ms` (-1: for ever). ERR_TIMEOUT. */
int pipe_flush_all(struct pipe *p, int ms, struct err *e) MUST_CHECK;
int pipe_wait(struct pipe *p, struct span *ret, int ms, struct err *e) MUST_CHECK;

#endif
