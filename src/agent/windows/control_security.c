/* The control pipe's name and who may open it. */
/* clang-format off */
#include <windows.h>
#include <sddl.h>
/* clang-format on */
#include <inttypes.h>
#include <stdlib.h>

#include "agent/windows/control_pipe.h"
#include "core/mem.h"
#include "os/windows/fault.h"
#include "os/windows/security.h"
#include "os/windows/wide.h"

#define PREFIX "\\\\.\\pipe\\invar-"
#define TOKEN_BYTES 256

/* Whatever way the folder was written: letters without regard to case, both slashes, none behind.
 */
void control_pipe_name(const char *state_dir, struct buf *ret)
{
	uint64_t h = UINT64_C(14695981039346656037); /* FNV-1a */
	size_t n = strlen(state_dir);

	while (n > 1 && (state_dir[n - 1] == '\\' || state_dir[n - 1] == '/'))
		n--;
	for (size_t i = 0; i < n; i++) {
		char c = state_dir[i];

		if (c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		h = (h ^ (uint8_t)(c == '/' ? '\\' : c)) * UINT64_C(1099511628211);
	}
	buf_addf(ret, PREFIX "%016" PRIx64, h);
}

static void add_own_sid(struct buf *ret)
{
	union {
		TOKEN_USER user;
		char bytes[TOKEN_BYTES];
	} t;
	HANDLE token;
	DWORD n;

	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return;
	if (GetTokenInformation(token, TokenUser, &t, sizeof t, &n))
		(void)sid_to_text(span_from(t.user.User.Sid, GetLengthSid(t.user.User.Sid)), ret);
	CloseHandle(token);
}

static SECURITY_ATTRIBUTES *make(bool folder)
{
	const char *flags = folder ? "OICI" : "";
	AUTO(buf) sddl = BUF_INIT(4096);
	AUTO(buf) sid = BUF_INIT(512);
	AUTO_FREE(arena) a = arena_new();
	SECURITY_ATTRIBUTES *ret = mem_new(sizeof *ret);

	buf_addf(&sddl, "D:P(A;%s;GA;;;SY)(A;%s;GA;;;BA)", flags, flags);
	add_own_sid(&sid);
	if (sid.n)
		buf_addf(&sddl, "(A;%s;GA;;;%s)", flags, buf_text(&sid));
	ret->nLength = sizeof *ret;
	if (ConvertStringSecurityDescriptorToSecurityDescriptorW(wide_from_text(a, buf_span(&sddl),
									 NULL),
		    SDDL_REVISION_1, &ret->lpSecurityDescriptor, NULL))
		return ret;
	free(ret);
	return NULL;
}

SECURITY_ATTRIBUTES *control_own_security(bool folder)
{
	static SECURITY_ATTRIBUTES *made[2];

	if (!made[folder])
		made[folder] = make(folder);
	return made[folder];
}

int control_pipe_open(HANDLE *ret, const char *name, int ms, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	wchar_t *wide = wide_from_text(a, span_of(name), NULL);
	ULONGLONG end = GetTickCount64() + (ULONGLONG)ms;

	for (;;) {
		HANDLE h = CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, 0, NULL, OPEN_EXISTING,
			FILE_FLAG_OVERLAPPED | SECURITY_SQOS_PRESENT | SECURITY_IDENTIFICATION,
			NULL);
		DWORD code = GetLastError();

		if (h != INVALID_HANDLE_VALUE) {
			*ret = h;
			return 0;
		}
		if (code == ERROR_FILE_NOT_FOUND)
			return err_set(e, ERR_MISSING, "no agent is running");
		if (code != ERROR_PIPE_BUSY || GetTickCount64() >= end)
			return err_windows(e, code, "cannot ask the agent at '%.200s'", name);
		Sleep(20); /* WaitNamedPipe returns before somebody listens again */
	}
}
