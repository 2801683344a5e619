#include "os/person.h"

#include <windows.h>

#include "core/mem.h"
#include "os/windows/security.h"

#define TOKEN_BYTES_MAX 4096

/* The user of a process's token: "HOST\alice (S-1-5-21-…)"; without a name the SID alone. */
static void add_user(struct buf *ret, HANDLE process)
{
	union {
		TOKEN_USER user;
		char bytes[TOKEN_BYTES_MAX];
	} t;
	HANDLE token = NULL;
	struct span sid, name;
	DWORD n = 0;

	if (!OpenProcessToken(process, TOKEN_QUERY, &token))
		return;
	if (GetTokenInformation(token, TokenUser, &t, sizeof t, &n)) {
		sid = span_from(t.user.User.Sid, GetLengthSid(t.user.User.Sid));
		name = sid_name(sid);
		buf_add_span(ret, name);
		buf_add_text(ret, name.n ? " (" : "");
		(void)sid_to_text(sid, ret);
		buf_add_text(ret, name.n ? ")" : "");
	}
	CloseHandle(token);
}

void person_running(struct buf *ret)
{
	add_user(ret, GetCurrentProcess());
}

void person_of(struct buf *ret, uint32_t pid, uint32_t uid)
{
	HANDLE process = OpenProcess(PROCESS_QUERY_LIMITED_INFORMATION, FALSE, pid);

	(void)uid; /* there are none */
	if (!process)
		return;
	add_user(ret, process);
	CloseHandle(process);
}
