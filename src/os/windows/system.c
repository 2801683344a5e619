#include "os/windows/system.h"

#include <windows.h>
#include <winternl.h>

#define FIRST_BYTES 16384
#define SPARE_BYTES 16384 /* the list grows between two calls */
#define ROUNDS_MAX 8
#define MISMATCH ((NTSTATUS)0xC0000004) /* STATUS_INFO_LENGTH_MISMATCH */

typedef NTSTATUS(NTAPI *ask_system)(ULONG, PVOID, ULONG, PULONG);

static ask_system asker(void)
{
	HMODULE nt = GetModuleHandleW(L"ntdll.dll");

	return nt ? (ask_system)(void (*)(void))GetProcAddress(nt, "NtQuerySystemInformation")
		  : NULL;
}

int system_ask(struct buf *b, unsigned long class, const char *what, struct err *e)
{
	ULONG room = b->n > FIRST_BYTES ? (ULONG)b->n : FIRST_BYTES, got = 0;
	ask_system query = asker();
	NTSTATUS status = MISMATCH;

	for (unsigned i = 0; query && i < ROUNDS_MAX && status == MISMATCH; i++) {
		char *at;

		buf_clear(b);
		at = buf_room(b, room);
		if (!at)
			return err_set(e, ERR_LIMIT, "more %s than can be listed", what);
		status = query(class, at, room, &got);
		b->n = room; /* all of it, so that the next call begins with as much */
		room = (got > room ? got : room) + SPARE_BYTES;
	}
	return status < 0 ? err_set(e, ERR_SYSTEM, "cannot list %s: status 0x%08lx", what,
				    (unsigned long)status)
			  : 0;
}
