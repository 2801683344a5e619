#include "os/windows/own_pipe.h"

#include "core/hex.h"
#include "os/random.h"
#include "os/windows/fault.h"
#include "os/windows/guarded.h"
#include "os/windows/wide.h"

#define NAME_MAX_BYTES 64

int own_pipe_name(struct buf *ret, struct err *e)
{
	uint8_t bits[16];

	if (random_bytes(bits, sizeof bits, e) < 0)
		return e->code;
	buf_add_text(ret, "\\\\.\\pipe\\invar-");
	hex_add(ret, span_from(bits, sizeof bits));
	return 0;
}

int own_pipe_pair(bool to_them, DWORD bytes, HANDLE *ret_ours, HANDLE *ret_theirs, struct err *e)
{
	SECURITY_ATTRIBUTES inherited = { sizeof inherited, NULL, TRUE };
	AUTO_FREE(arena) a = arena_new();
	AUTO(buf) name = BUF_INIT(NAME_MAX_BYTES);
	SECURITY_ATTRIBUTES *security = guarded_attributes(a, e);
	HANDLE ours, theirs;
	wchar_t *wide;
	DWORD code;

	if (!security || own_pipe_name(&name, e) < 0)
		return e->code;
	wide = wide_from_text(a, buf_span(&name), NULL);
	ours = CreateNamedPipeW(wide,
		(to_them ? PIPE_ACCESS_OUTBOUND : PIPE_ACCESS_INBOUND) | FILE_FLAG_OVERLAPPED |
			FILE_FLAG_FIRST_PIPE_INSTANCE,
		PIPE_TYPE_BYTE | PIPE_WAIT | PIPE_REJECT_REMOTE_CLIENTS, 1, bytes, bytes, 0,
		security);
	if (ours == INVALID_HANDLE_VALUE)
		return err_windows(e, GetLastError(), "cannot make a pipe");
	theirs = CreateFileW(wide, to_them ? GENERIC_READ : GENERIC_WRITE, 0, &inherited,
		OPEN_EXISTING, to_them ? FILE_FLAG_OVERLAPPED : 0, NULL);
	code = GetLastError();
	if (theirs == INVALID_HANDLE_VALUE) {
		CloseHandle(ours);
		return err_windows(e, code, "cannot open a pipe");
	}
	*ret_ours = ours;
	*ret_theirs = theirs;
	return 0;
}
