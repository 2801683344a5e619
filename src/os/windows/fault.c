#include "os/windows/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <windows.h>

/* In English: the system's own texts follow its language. */
static const struct fault {
	unsigned long code;
	int err;
	const char *text;
} faults[] = {
	{ ERROR_INVALID_FUNCTION, ERR_SYSTEM, "not supported here" },
	{ ERROR_FILE_NOT_FOUND, ERR_MISSING, "not found" },
	{ ERROR_PATH_NOT_FOUND, ERR_MISSING, "path not found" },
	{ ERROR_TOO_MANY_OPEN_FILES, ERR_SYSTEM, "too many open files" },
	{ ERROR_ACCESS_DENIED, ERR_DENIED, "access denied" },
	{ ERROR_INVALID_HANDLE, ERR_SYSTEM, "invalid handle" },
	{ ERROR_NOT_ENOUGH_MEMORY, ERR_SYSTEM, "not enough memory" },
	{ ERROR_INVALID_DRIVE, ERR_MISSING, "no such drive" },
	{ ERROR_NO_MORE_FILES, ERR_MISSING, "no more files" },
	{ ERROR_WRITE_PROTECT, ERR_SYSTEM, "write protected" },
	{ ERROR_NOT_READY, ERR_SYSTEM, "the device is not ready" },
	{ ERROR_SHARING_VIOLATION, ERR_LOCKED, "in use by another process" },
	{ ERROR_LOCK_VIOLATION, ERR_LOCKED, "locked by another process" },
	{ ERROR_HANDLE_EOF, ERR_SYSTEM, "end of file" },
	{ ERROR_NOT_SUPPORTED, ERR_SYSTEM, "not supported" },
	{ ERROR_BAD_NETPATH, ERR_MISSING, "network path not found" },
	{ ERROR_BAD_NET_NAME, ERR_MISSING, "network name not found" },
	{ ERROR_FILE_EXISTS, ERR_EXISTS, "it exists already" },
	{ ERROR_INVALID_PARAMETER, ERR_SYSTEM, "invalid parameter" },
	{ ERROR_BROKEN_PIPE, ERR_CLOSED, "the other side has gone" },
	{ ERROR_DISK_FULL, ERR_SYSTEM, "the disk is full" },
	{ ERROR_CALL_NOT_IMPLEMENTED, ERR_SYSTEM, "not implemented" },
	{ ERROR_INSUFFICIENT_BUFFER, ERR_SYSTEM, "buffer too small" },
	{ ERROR_INVALID_NAME, ERR_SYSTEM, "invalid name" },
	{ ERROR_DIR_NOT_EMPTY, ERR_SYSTEM, "the folder is not empty" },
	{ ERROR_BAD_PATHNAME, ERR_SYSTEM, "invalid path" },
	{ ERROR_BUSY, ERR_SYSTEM, "busy" },
	{ ERROR_ALREADY_EXISTS, ERR_EXISTS, "it exists already" },
	{ ERROR_FILENAME_EXCED_RANGE, ERR_SYSTEM, "name too long" },
	{ ERROR_NO_DATA, ERR_CLOSED, "the other side has gone" },
	{ ERROR_PIPE_NOT_CONNECTED, ERR_CLOSED, "the other side has gone" },
	{ ERROR_MORE_DATA, ERR_SYSTEM, "more data" },
	{ ERROR_DIRECTORY, ERR_SYSTEM, "not a folder" },
	{ ERROR_IO_DEVICE, ERR_SYSTEM, "device error" },
	{ ERROR_KEY_DELETED, ERR_MISSING, "the key was deleted" },
	{ ERROR_SERVICE_DOES_NOT_EXIST, ERR_MISSING, "no such service" },
	{ ERROR_SERVICE_EXISTS, ERR_EXISTS, "the service exists already" },
	{ ERROR_SERVICE_REQUEST_TIMEOUT, ERR_TIMEOUT, "its process does not answer" },
	{ ERROR_SERVICE_DISABLED, ERR_DENIED,
		"it is disabled; to change that: sc config NAME start= auto" },
	{ ERROR_SERVICE_CANNOT_ACCEPT_CTRL, ERR_SYSTEM,
		"it starts or ends and takes no orders; should that last, end its process (sc "
		"queryex NAME says which)" },
	{ ERROR_SERVICE_LOGON_FAILED, ERR_DENIED, "its account cannot log on" },
	{ ERROR_SERVICE_MARKED_FOR_DELETE, ERR_LOCKED,
		"it is being removed, and goes when every program that has it open is closed "
		"(services.msc, the task manager), at the latest with the next start of Windows" },
	{ ERROR_CRC, ERR_SYSTEM, "data error (checksum)" },
	{ ERROR_NONE_MAPPED, ERR_MISSING, "no account has it" },
	{ ERROR_PRIVILEGE_NOT_HELD, ERR_DENIED, "a privilege is missing" },
	{ ERROR_LOGON_FAILURE, ERR_DENIED, "logon failure" },
	{ ERROR_NO_SYSTEM_RESOURCES, ERR_SYSTEM, "not enough system resources" },
	{ ERROR_TIMEOUT, ERR_TIMEOUT, "timed out" },
	{ ERROR_CANT_ACCESS_FILE, ERR_SYSTEM, "the system cannot access it" },
	{ ERROR_FILE_CORRUPT, ERR_SYSTEM, "the file is damaged" },
	{ RPC_S_SERVER_UNAVAILABLE, ERR_CLOSED, "the server is not available" },
	{ RPC_S_CALL_FAILED, ERR_CLOSED, "the call failed" },
	{ 0x80041002, ERR_MISSING, "not found" },    /* WBEM_E_NOT_FOUND */
	{ 0x80041003, ERR_DENIED, "access denied" }, /* WBEM_E_ACCESS_DENIED */
	{ 0x8004100e, ERR_MISSING, "no such namespace" },
	{ 0x80041010, ERR_MISSING, "no such class" },
	{ 0x80041017, ERR_SYSTEM, "invalid query" },
	{ 0x80004001, ERR_SYSTEM, "not implemented" },
	{ 0x80004005, ERR_SYSTEM, "unspecified failure" },
	{ 0x80010108, ERR_CLOSED, "the other side has gone" },
	{ 0x80040154, ERR_MISSING, "the class is not registered" },
};

/* What an HRESULT of FACILITY_WIN32 wraps. */
static unsigned long unwrapped(unsigned long code)
{
	return (code & 0xffff0000ul) == 0x80070000ul ? code & 0xfffful : code;
}

static const struct fault *find(unsigned long code)
{
	for (size_t i = 0; i < ARRAY_LEN(faults); i++)
		if (faults[i].code == code)
			return &faults[i];
	return NULL;
}

int err_windows(struct err *e, unsigned long code, const char *fmt, ...)
{
	const struct fault *f = find(unwrapped(code));
	va_list ap;
	size_t n;

	va_start(ap, fmt);
	vsnprintf(e->text, sizeof e->text, fmt, ap);
	va_end(ap);
	n = strlen(e->text);
	if (f)
		snprintf(e->text + n, sizeof e->text - n, ": %s", f->text);
	else if (code & 0x80000000ul)
		snprintf(e->text + n, sizeof e->text - n, ": error 0x%08lx", code);
	else
		snprintf(e->text + n, sizeof e->text - n, ": error %lu", code);
	e->sys = (int)unwrapped(code);
	e->code = f ? f->err : ERR_SYSTEM;
	return e->code;
}
