/* The client's way to the agent: its control socket. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/config/config.h"
#include "agent/control/client_reach.h"
#include "agent/service/lock.h"

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

int client_send(struct client *c, struct span frame, int ms, struct err *e)
{
	if (!channel_put(&c->channel, frame))
		return err_set(e, ERR_LIMIT, "the request is too long");
	return channel_flush_all(&c->channel, ms, e);
}

int client_wait(struct client *c, struct span *ret, int ms, struct err *e)
{
	return channel_wait(&c->channel, ret, ms, e);
}
