#include "os/windows/errno.h"

#include <errno.h>
#include <windows.h>

#include "core/attr.h"

static const struct {
	unsigned long code;
	int sys;
} codes[] = {
	{ ERROR_FILE_NOT_FOUND, ENOENT },
	{ ERROR_PATH_NOT_FOUND, ENOENT },
	{ ERROR_INVALID_DRIVE, ENOENT },
	{ ERROR_BAD_NETPATH, ENOENT },
	{ ERROR_BAD_NET_NAME, ENOENT },
	{ ERROR_INVALID_NAME, ENOENT },
	{ ERROR_BAD_PATHNAME, ENOENT },
	{ ERROR_DIRECTORY, ENOTDIR },
	{ ERROR_ACCESS_DENIED, EACCES },
	{ ERROR_PRIVILEGE_NOT_HELD, EPERM },
	{ ERROR_SHARING_VIOLATION, EBUSY },
	{ ERROR_LOCK_VIOLATION, EBUSY },
	{ ERROR_FILE_EXISTS, EEXIST },
	{ ERROR_ALREADY_EXISTS, EEXIST },
	{ ERROR_DISK_FULL, ENOSPC },
	{ ERROR_HANDLE_DISK_FULL, ENOSPC },
	{ ERROR_BROKEN_PIPE, EPIPE },
	{ ERROR_NO_DATA, EPIPE },
	{ ERROR_INVALID_HANDLE, EBADF },
	{ ERROR_TOO_MANY_OPEN_FILES, EMFILE },
	{ ERROR_NOT_ENOUGH_MEMORY, ENOMEM },
	{ ERROR_WRITE_PROTECT, EROFS },
	{ ERROR_DIR_NOT_EMPTY, ENOTEMPTY },
	{ ERROR_FILENAME_EXCED_RANGE, ENAMETOOLONG },
	{ ERROR_INVALID_PARAMETER, EINVAL },
};

int errno_windows(unsigned long code)
{
	errno = EIO;
	for (size_t i = 0; i < ARRAY_LEN(codes); i++)
		if (codes[i].code == code)
			errno = codes[i].sys;
	return -1;
}
