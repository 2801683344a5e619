/* The client's way to the agent: its control pipe. Its name and the process that has it stand in
 * the state folder, which only those may write to whom we trust: a pipe of that name which another
 * process made is not ours. */
#include "agent/control/client_reach.h"
#include "agent/control/windows/control_pipe.h"
#include "agent/control/windows/pipe.h"
#include "agent/service/lock.h"
#include "agent/service/windows/lock.h"

#define OPEN_MS 5000
#define REQUEST_MAX ((size_t)1 << 20)

int client_open(struct client *ret, const char *state_dir, struct err *e)
{
	AUTO(buf) name = BUF_INIT(1024);
	ULONG server = 0;
	DWORD pid;
	HANDLE h;

	if (lock_holder(state_dir, &pid, &name, e) < 0 ||
		control_pipe_open(&h, buf_text(&name), OPEN_MS, e) < 0)
		return e->code;
	if (GetNamedPipeServerProcessId(h, &server) && server != pid) {
		CloseHandle(h);
		return err_set(e, ERR_DENIED,
			"process %lu listens at the agent's control pipe, and is not the agent",
			server);
	}
	ret->pipe = pipe_new(h, REQUEST_MAX, AGENT_FRAME_MAX);
	ret->arena = arena_new();
	return 0;
}

void client_done(struct client *c)
{
	if (!c->arena)
		return;
	pipe_freep(&c->pipe);
	arena_freep(&c->arena);
}

int client_send(struct client *c, struct span frame, int ms, struct err *e)
{
	if (!pipe_put(c->pipe, frame))
		return err_set(e, ERR_LIMIT, "the request is too long");
	return pipe_flush_all(c->pipe, ms, e);
}

int client_wait(struct client *c, struct span *ret, int ms, struct err *e)
{
	return pipe_wait(c->pipe, ret, ms, e);
}
