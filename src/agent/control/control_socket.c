/* Clients of the control socket, in the loop. */
#include "agent/control/control_socket.h"

#include <errno.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/control/connection.h"
#include "agent/log.h"
#include "agent/loop/loop_event.h"
#include "core/mem.h"
#include "os/channel.h"
#include "os/person.h"

#define BACKLOG 16
#define GROUPS_MAX 1024

/* ---- the place ---- */

/* From the file: no NSS, which might wait for a network. False: there is no such group. */
static bool group_id(gid_t *ret)
{
	FILE *f = fopen("/etc/group", "re");
	const struct group *g;
	bool found = false;

	while (f && !found && (g = fgetgrent(f)) != NULL)
		if (strcmp(g->gr_name, CONTROL_GROUP) == 0) {
			*ret = g->gr_gid;
			found = true;
		}
	if (f)
		fclose(f);
	return found;
}

static int address(const char *path, struct sockaddr_un *ret, struct err *e)
{
	size_t n = strlen(path);

	*ret = (struct sockaddr_un){ .sun_family = AF_UNIX };
	if (n >= sizeof ret->sun_path)
		return err_set(e, ERR_LIMIT, "the path of the control socket is too long: '%.200s'",
			path);
	memcpy(ret->sun_path, path, n);
	return 0;
}

/* What an agent left behind that was killed is taken away; one that listens is left alone. */
static int clear_place(const char *path, const struct sockaddr_un *at, struct err *e)
{
	struct stat st;
	int fd, taken;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(e, "cannot look at '%.300s'", path);
	if (!S_ISSOCK(st.st_mode))
		return err_set(e, ERR_EXISTS, "'%.300s' is there, and no socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "cannot make a socket");
	taken = connect(fd, (const struct sockaddr *)at, sizeof *at);
	taken = taken == 0 || errno == EAGAIN;
	close(fd);
	if (taken)
		return err_set(e, ERR_LOCKED,
			"another agent listens at '%.300s'; name another socket in the settings "
			"(control: …)",
			path);
	return unlink(path) < 0 ? err_sys(e, "cannot remove '%.300s'", path) : 0;
}

static void make_folder(const char *path, bool grouped, gid_t gid)
{
	AUTO(buf) dir = BUF_INIT(4096);
	const char *slash = strrchr(path, '/');

	buf_add(&dir, path, (size_t)(slash - path));
	if (!dir.n || mkdir(buf_text(&dir), 0700) < 0)
		return;
	/* Where this fails it is root's alone. By chmod, since our umask lets nobody else in. */
	if (!grouped || lchown(buf_text(&dir), (uid_t)-1, gid) == 0)
		(void)!chmod(buf_text(&dir), grouped ? 0750 : 0755);
}

int control_listen(int *ret, const char *path, struct err *e)
{
	struct sockaddr_un at;
	gid_t gid = 0;
	bool grouped = group_id(&gid);
	mode_t mask;
	int fd, rc;

	if (address(path, &at, e) < 0)
		return e->code;
	make_folder(path, grouped, gid);
	if (clear_place(path, &at, e) < 0)
		return e->code;
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return err_sys(e, "cannot make a socket");
	mask = umask(0117); /* 0660 from the first moment on */
	rc = bind(fd, (const struct sockaddr *)&at, sizeof at);
	umask(mask);
	if (rc < 0 || (grouped && geteuid() == 0 && lchown(path, 0, gid) < 0) ||
		listen(fd, BACKLOG) < 0) {
		rc = err_sys(e, "cannot listen at '%.300s'", path);
		close(fd);
		return rc;
	}
	*ret = fd;
	return 0;
}

/* ---- a connection ---- */

struct connection {
	struct channel channel;
	struct event *readable, *writable;
	const struct connection_events *events;
	void *ctx;
};

static struct connection *connection_new(int fd)
{
	struct connection *c = mem_new(sizeof *c);

	channel_init(&c->channel, fd, AGENT_FRAME_MAX);
	c->channel.in_max = CONTROL_REQUEST_MAX;
	return c;
}

void connection_free(struct connection *c)
{
	if (c->readable)
		event_free(c->readable);
	if (c->writable)
		event_free(c->writable);
	close(c->channel.fd);
	channel_done(&c->channel);
	free(c);
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	const struct connection *c = ctx;

	(void)fd, (void)what;
	c->events->readable(c->ctx);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	const struct connection *c = ctx;

	(void)fd, (void)what;
	c->events->writable(c->ctx);
}

int connection_hear(struct connection *c, struct loop *loop, const struct connection_events *events,
	void *ctx, struct err *e)
{
	int fd = c->channel.fd;

	c->events = events;
	c->ctx = ctx;
	c->readable = event_new(loop_base(loop), fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(loop_base(loop), fd, EV_WRITE, on_writable, c);
	if (!c->readable || !c->writable || event_add(c->readable, NULL) < 0)
		return err_set(e, ERR_SYSTEM, "cannot hear of a client");
	return 0;
}

int connection_fill(struct connection *c, struct err *e)
{
	return channel_fill(&c->channel, e);
}

int connection_next(struct connection *c, struct span *ret, struct err *e)
{
	return channel_next(&c->channel, ret, e);
}

bool connection_put(struct connection *c, struct span frame)
{
	return channel_put(&c->channel, frame);
}

size_t connection_waiting(const struct connection *c)
{
	return channel_waiting(&c->channel);
}

int connection_flush(struct connection *c, struct err *e)
{
	int rc = channel_flush(&c->channel, e);

	if (rc == 0 && c->writable)
		event_add(c->writable, NULL);
	return rc;
}

/* ---- arriving ---- */

struct arrivals {
	struct control *control;
	struct event *arrives;
};

/* Who is at the other end, as the kernel knows it since connect(2). False: nobody who may ask. */
static bool recognise(int fd, enum agent_party *ret, struct ucred *ret_peer)
{
	gid_t groups[GROUPS_MAX], wanted;
	socklen_t n = sizeof *ret_peer, bytes = sizeof groups;

	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &n) < 0)
		return false;
	*ret = PARTY_ROOT;
	if (ret_peer->uid == 0 || ret_peer->uid == geteuid())
		return true;
	*ret = PARTY_MEMBER;
	if (!group_id(&wanted))
		return false;
	if (ret_peer->gid == wanted)
		return true;
	if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, groups, &bytes) < 0)
		return false;
	for (size_t i = 0; i < bytes / sizeof *groups; i++)
		if (groups[i] == wanted)
			return true;
	return false;
}

static void welcome(struct control *control, int fd)
{
	AUTO(buf) by = BUF_INIT(4096);
	struct connection *c = connection_new(fd);
	enum agent_party party = PARTY_MEMBER;
	struct ucred peer;

	if (recognise(fd, &party, &peer)) {
		person_of(&by, (uint32_t)peer.pid, peer.uid);
		control_welcome(control, c, party, buf_span(&by));
		return;
	}
	log_say(LOG_LEVEL_WARNING, "refused user %u at the control socket", (unsigned)peer.uid);
	control_refuse(c, "only root and the group " CONTROL_GROUP " may ask");
}

static void on_arrival(evutil_socket_t listen_fd, short what, void *ctx)
{
	const struct arrivals *a = ctx;
	int fd;

	(void)what;
	while ((fd = accept4((int)listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		welcome(a->control, fd);
}

/* It listens all the time. */
void arrivals_room(struct arrivals *a)
{
	(void)a;
}

void arrivals_free(struct arrivals *a)
{
	if (a->arrives)
		event_free(a->arrives);
	free(a);
}

int control_socket_new(struct control **ret, struct loop *loop, int listen_fd,
	const struct control_handlers *handlers, struct err *e)
{
	struct arrivals *a = mem_new(sizeof *a);
	AUTO_FREE(control) c = control_new(loop, handlers, CONTROL_SOCKETS_MAX, a);

	a->control = c;
	if (listen_fd >= 0) {
		a->arrives =
			event_new(loop_base(loop), listen_fd, EV_READ | EV_PERSIST, on_arrival, a);
		if (!a->arrives || event_add(a->arrives, NULL) < 0)
			return err_set(e, ERR_SYSTEM, "cannot hear of clients");
	}
	*ret = c;
	c = NULL;
	return 0;
}
