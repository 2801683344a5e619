#include "agent/client.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/config.h"
#include "agent/lock.h"

#define IDLE_MS 250
#define ASK_MS 10000

/* Who may not read the state folder (a member of the group) asks where agents usually listen. */
static int find(const char *state_dir, struct buf *ret, struct err *e)
{
	struct err why = { 0 };
	int rc = agent_find(state_dir, ret, &why);

	if (rc == ERR_DENIED && strcmp(state_dir, AGENT_STATE_DEFAULT) == 0) {
		buf_add_text(ret, AGENT_CONTROL_DEFAULT);
		return 0;
	}
	if (rc < 0)
		*e = why; /* not before: who asks takes what is in it for a failure */
	return rc;
}

static int refused(const char *path, struct err *e)
{
	if (errno == ECONNREFUSED || errno == ENOENT)
		return err_set(e, ERR_MISSING, "no agent is running");
	return err_sys(e, "cannot ask the agent at '%.200s'", path);
}

int client_open(struct client *ret, const char *state_dir, struct err *e)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	AUTO(buf) path = BUF_INIT(8192);
	int fd;

	if (find(state_dir, &path, e) < 0)
		return e->code;
	if (path.n >= sizeof at.sun_path)
		return err_set(e, ERR_LIMIT, "the path of the control socket is too long");
	memcpy(at.sun_path, path.p, path.n);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return err_sys(e, "cannot make a socket");
	if (connect(fd, (const struct sockaddr *)&at, sizeof at) < 0) {
		int rc = refused(at.sun_path, e);

		close(fd);
		return rc;
	}
	channel_init(&ret->channel, fd, AGENT_FRAME_MAX);
	ret->arena = arena_new();
	return 0;
}

void client_done(struct client *c)
{
	if (!c->arena)
		return;
	close(c->channel.fd);
	channel_done(&c->channel);
	arena_freep(&c->arena);
}

static int send_request(struct client *c, const struct agent_message *m, struct err *e)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	agent_encode(m, &frame);
	if (frame.full || !channel_put(&c->channel, buf_span(&frame)))
		return err_set(e, ERR_LIMIT, "the request is too long");
	return channel_flush_all(&c->channel, ASK_MS, e);
}

/* The next message; what the collector says to root it may say to everybody. */
static int next(struct client *c, int ms, struct agent_message *ret, struct err *e)
{
	struct span frame;

	arena_clear(c->arena);
	if (channel_wait(&c->channel, &frame, ms, e) < 0)
		return e->code == ERR_CLOSED ? err_set(e, ERR_CLOSED, "the agent ended")
		       : e->code == ERR_TIMEOUT
			       ? err_set(e, ERR_TIMEOUT,
					 "the agent does not answer: it hangs, is stopped, or "
					 "has long work to do; see invar doctor")
			       : e->code;
	return agent_decode(frame, PARTY_COLLECTOR, PARTY_ROOT, c->arena, ret, e);
}

static int answered(const struct agent_message *m, struct err *e)
{
	if (m->code == 0)
		return 0;
	return err_set(e, (enum err_code)m->code, "%.*s", (int)(m->text.n < 480 ? m->text.n : 480),
		m->text.p);
}

int client_ask(struct client *c, const struct agent_message *m, int ms, struct buf *ret,
	struct err *e)
{
	struct agent_message got;

	if (send_request(c, m, e) < 0)
		return e->code;
	do {
		if (next(c, ms, &got, e) < 0)
			return e->code;
	} while (got.type != AGENT_ANSWER);
	buf_add_span(ret, got.text);
	return answered(&got, e);
}

static int each_record(const struct agent_message *m, const struct client_follow *f, struct err *e)
{
	int rc = 0;

	for (size_t i = 0; rc == 0 && i < m->n_records; i++)
		rc = f->each(f->ctx, &m->records[i], e);
	return rc;
}

int client_follow(struct client *c, const struct client_follow *f, struct err *e)
{
	struct agent_message m;
	int rc = send_request(c, &(struct agent_message){ .type = AGENT_FOLLOW }, e);

	while (rc == 0) {
		rc = next(c, f->idle ? IDLE_MS : -1, &m, e);
		if (rc == ERR_TIMEOUT)
			rc = f->idle(f->ctx, e);
		else if (rc == ERR_CLOSED)
			return 0;
		else if (rc == 0 && m.type == AGENT_ANSWER)
			rc = answered(&m, e);
		else if (rc == 0 && m.type == AGENT_RECORDS)
			rc = each_record(&m, f, e);
	}
	return rc > 0 ? 0 : rc;
}
