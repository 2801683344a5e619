#include "agent/control/control.h"

#include <errno.h>
#include <event2/event.h>
#include <grp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "agent/log.h"
#include "core/mem.h"
#include "os/channel.h"
#include "os/person.h"

#define BACKLOG 16
#define REQUEST_MAX ((size_t)256 << 10) /* one frame of a client */
#define WAITING_MAX ((size_t)4 << 20)   /* bytes a client has not read yet; then it is dropped */
#define ASKED_MAX 8                     /* requests of one client not yet answered */
#define GROUPS_MAX 1024
#define IDLE_S 60    /* a client that asks nothing */
#define STALLED_S 30 /* one that reads nothing */

struct client {
	struct control *control;
	uint64_t id; /* 0: this place is free */
	enum agent_party party;
	struct channel channel;
	struct event *readable, *writable;
	bool follows;
	unsigned asked; /* and not answered */
	struct buf by;
};

struct control {
	struct event_base *base;
	struct event *arrives;
	struct control_handlers handlers;
	int listen_fd;
	uint64_t next_id;
	size_t n_follow;
	struct client clients[CONTROL_CLIENTS_MAX];
};

/* ---- the socket ---- */

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

/* ---- clients ---- */

static void drop(struct client *c)
{
	if (!c->id)
		return;
	event_free(c->readable);
	event_free(c->writable);
	close(c->channel.fd);
	channel_done(&c->channel);
	buf_done(&c->by);
	if (c->follows)
		c->control->n_follow--;
	*c = (struct client){ .control = c->control };
}

static void flush(struct client *c)
{
	struct timeval stalled = { STALLED_S, 0 };
	struct err e;
	int rc = channel_flush(&c->channel, &e);

	if (rc < 0)
		drop(c);
	else if (rc == 0)
		event_add(c->writable, &stalled);
}

static void on_writable(evutil_socket_t fd, short what, void *ctx)
{
	(void)fd;
	if (what & EV_TIMEOUT)
		drop(ctx);
	else
		flush(ctx);
}

/* False: the client is gone. */
static bool send_frame(struct client *c, struct span frame)
{
	if (channel_waiting(&c->channel) > WAITING_MAX || !channel_put(&c->channel, frame)) {
		drop(c);
		return false;
	}
	flush(c);
	return c->id != 0;
}

static bool answer(struct client *c, int code, struct span text)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	agent_encode(&(struct agent_message){ .type = AGENT_ANSWER, .code = code, .text = text },
		&frame);
	if (frame.full) {
		buf_clear(&frame);
		agent_encode(&(struct agent_message){ .type = AGENT_ANSWER,
				     .code = ERR_LIMIT,
				     .text = span_of("the answer is too long") },
			&frame);
	}
	return send_frame(c, buf_span(&frame));
}

/* False: the client is gone. */
static bool take(struct client *c, struct span frame)
{
	AUTO_FREE(arena) a = arena_new();
	struct control *control = c->control;
	uint64_t id = c->id;
	struct agent_message m;
	struct err e = { 0 };

	if (agent_decode(frame, c->party, PARTY_COLLECTOR, a, &m, &e) < 0 ||
		(c->asked == ASKED_MAX &&
			err_set(&e, ERR_LIMIT, "more than %d requests wait", ASKED_MAX) < 0)) {
		if (answer(c, e.code, span_of(e.text)))
			drop(c);
		return false;
	}
	if (m.type == AGENT_FOLLOW) {
		control->n_follow += !c->follows;
		c->follows = true;
		event_add(c->readable, NULL);
		return answer(c, 0, span_of("following"));
	}
	c->asked++;
	control->handlers.asked(control->handlers.ctx, id, &m, buf_span(&c->by));
	return c->id == id;
}

static void on_readable(evutil_socket_t fd, short what, void *ctx)
{
	struct client *c = ctx;
	struct span frame;
	struct err e;
	int rc;

	(void)fd;
	if (what & EV_TIMEOUT) {
		if (!c->follows && !c->asked)
			drop(c);
		return;
	}
	rc = channel_fill(&c->channel, &e);
	while (rc >= 0 && (rc = channel_next(&c->channel, &frame, &e)) > 0)
		if (!take(c, frame))
			return;
	if (rc < 0)
		drop(c);
}

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

static struct client *free_place(struct control *control)
{
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (!control->clients[i].id)
			return &control->clients[i];
	return NULL;
}

static void welcome(struct control *control, int fd)
{
	struct client *c = free_place(control);
	struct timeval idle = { IDLE_S, 0 };
	struct ucred peer;
	enum agent_party party = PARTY_MEMBER;
	bool known = recognise(fd, &party, &peer);

	if (!c) {
		close(fd);
		return;
	}
	*c = (struct client){ .control = control, .party = party, .by = { .max = 4096 } };
	channel_init(&c->channel, fd, AGENT_FRAME_MAX);
	c->channel.in_max = REQUEST_MAX;
	c->readable = event_new(control->base, fd, EV_READ | EV_PERSIST, on_readable, c);
	c->writable = event_new(control->base, fd, EV_WRITE, on_writable, c);
	if (!c->readable || !c->writable)
		abort(); /* out of memory, see core/mem.h */
	c->id = control->next_id++;
	if (known) {
		person_of(&c->by, (uint32_t)peer.pid, peer.uid);
		event_add(c->readable, &idle);
		return;
	}
	log_say(LOG_LEVEL_WARNING, "refused user %u at the control socket", (unsigned)peer.uid);
	if (answer(c, ERR_DENIED, span_of("only root and the group " CONTROL_GROUP " may ask")))
		drop(c);
}

static void on_arrival(evutil_socket_t listen_fd, short what, void *ctx)
{
	int fd;

	(void)what;
	while ((fd = accept4((int)listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		welcome(ctx, fd);
}

/* ---- the door ---- */

int control_new(struct control **ret, struct event_base *base, int listen_fd,
	const struct control_handlers *handlers, struct err *e)
{
	AUTO_FREE(control) c = mem_new(sizeof *c);

	*c = (struct control){ .base = base, .handlers = *handlers, .listen_fd = listen_fd };
	c->next_id = 1;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		c->clients[i].control = c;
	if (listen_fd >= 0) {
		c->arrives = event_new(base, listen_fd, EV_READ | EV_PERSIST, on_arrival, c);
		if (!c->arrives || event_add(c->arrives, NULL) < 0)
			return err_set(e, ERR_SYSTEM, "cannot hear of clients");
	}
	*ret = c;
	c = NULL;
	return 0;
}

void control_free(struct control *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		drop(&c->clients[i]);
	if (c->arrives)
		event_free(c->arrives);
	free(c);
}

void control_freep(struct control **c)
{
	control_free(*c);
	*c = NULL;
}

void control_answer(struct control *control, uint64_t client, int code, struct span text)
{
	for (size_t i = 0; client && i < CONTROL_CLIENTS_MAX; i++) {
		struct client *c = &control->clients[i];

		if (c->id != client)
			continue;
		c->asked -= c->asked > 0;
		(void)answer(c, code, text);
		return;
	}
}

void control_records(struct control *control, const struct agent_record *records, size_t n)
{
	AUTO(buf) frame = BUF_INIT(AGENT_FRAME_MAX);

	if (!control->n_follow || !n)
		return;
	agent_encode(&(struct agent_message){ .type = AGENT_RECORDS,
			     .records = records,
			     .n_records = n },
		&frame);
	for (size_t i = 0; i < CONTROL_CLIENTS_MAX; i++)
		if (control->clients[i].id && control->clients[i].follows)
			(void)send_frame(&control->clients[i], buf_span(&frame));
}

bool control_is_followed(const struct control *c)
{
	return c->n_follow > 0;
}
