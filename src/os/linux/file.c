#include "os/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/mem.h"

static enum file_form type_of(mode_t mode)
{
	static const struct {
		mode_t mode;
		enum file_form type;
	} types[] = { { S_IFREG, FILE_FORM_REGULAR }, { S_IFDIR, FILE_FORM_FOLDER },
		{ S_IFIFO, FILE_FORM_FIFO }, { S_IFCHR, FILE_FORM_CHARACTER },
		{ S_IFBLK, FILE_FORM_BLOCK }, { S_IFSOCK, FILE_FORM_SOCKET },
		{ S_IFLNK, FILE_FORM_LINK } };

	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if ((mode & S_IFMT) == types[i].mode)
			return types[i].type;
	return FILE_FORM_OTHER;
}

int file_form(const char *path, enum file_form *ret)
{
	struct stat st;

	if (stat(path, &st) < 0 && (errno != ENOENT || lstat(path, &st) < 0))
		return -1;
	*ret = type_of(st.st_mode);
	return 0;
}

int file_form_of(int fd, enum file_form *ret)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -1;
	*ret = type_of(st.st_mode);
	return 0;
}

int file_open(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
}

int file_open_waiting(const char *path)
{
	return open(path, O_RDONLY | O_CLOEXEC);
}

int file_open_write(const char *path)
{
	return open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
}

int file_make(const char *path)
{
	return open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
}

int file_open_append(const char *path)
{
	return open(path, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
}

int file_temporary(const char *folder)
{
	int fd = open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	return fd < 0 ? memfd_create("invar", MFD_CLOEXEC) : fd;
}

void file_close(int fd)
{
	if (fd >= 0)
		close(fd);
}

int64_t file_read(int fd, void *ret, size_t n)
{
	ssize_t got;

	do
		got = read(fd, ret, n);
	while (got < 0 && errno == EINTR);
	return got;
}

int64_t file_read_at(int fd, int64_t at, void *ret, size_t n)
{
	ssize_t got;

	do
		got = pread(fd, ret, n, at);
	while (got < 0 && errno == EINTR);
	return got;
}

int file_write(int fd, struct span bytes)
{
	while (bytes.n) {
		ssize_t n = write(fd, bytes.p, bytes.n);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		bytes = span_from_offset(bytes, (size_t)n);
	}
	return 0;
}

/* Of a file opened by file_open_append, Linux takes `at` for its end wherever that is (pwrite(2),
 * BUGS): who cuts it behind our back gets no hole. */
int file_write_at(int fd, int64_t at, struct span bytes)
{
	while (bytes.n) {
		ssize_t n = pwrite(fd, bytes.p, bytes.n, at);

		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			errno = ENOSPC;
		if (n <= 0)
			return -1;
		bytes = span_from_offset(bytes, (size_t)n);
		at += n;
	}
	return 0;
}

int file_sync(int fd)
{
	return fsync(fd);
}

int64_t file_size(int fd)
{
	struct stat st;

	return fstat(fd, &st) < 0 ? -1 : st.st_size;
}

int file_cut(int fd, int64_t size)
{
	return ftruncate(fd, size);
}

bool file_same(int a, int b)
{
	struct stat x, y;

	return fstat(a, &x) == 0 && fstat(b, &y) == 0 && x.st_dev == y.st_dev &&
	       x.st_ino == y.st_ino;
}

int file_rename(const char *from, const char *to)
{
	return rename(from, to);
}

int file_remove(const char *path)
{
	return unlink(path);
}

int file_sync_folder(const char *path)
{
	const char *slash = strrchr(path, '/');
	char *folder = slash ? mem_copy(path, slash == path ? 1 : (size_t)(slash - path)) : NULL;
	int fd = open(folder ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = fd < 0 ? -1 : fsync(fd), why = errno;

	file_close(fd);
	free(folder);
	errno = why;
	return rc;
}

int file_make_folder(const char *path)
{
	return mkdir(path, 0700);
}

int file_remove_folder(const char *path)
{
	return rmdir(path);
}

struct folder *folder_open(const char *path)
{
	return (struct folder *)opendir(path);
}

int folder_next(struct folder *f, struct arena *a, const char **ret)
{
	const struct dirent *entry;

	do {
		errno = 0;
		entry = readdir((DIR *)f);
		if (!entry)
			return errno ? -1 : 0;
	} while (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0);
	*ret = arena_text(a, span_of(entry->d_name));
	return 1;
}

void folder_close(struct folder *f)
{
	if (f)
		closedir((DIR *)f);
}

const char *file_join(struct arena *a, const char *folder, const char *name)
{
	size_t n = strlen(folder);

	return arena_format(a, "%s%s%s", folder, n && folder[n - 1] == '/' ? "" : "/", name);
}

/* Takes what the C library allocated. */
static const char *take(struct arena *a, char *text)
{
	const char *copy = text ? arena_text(a, span_of(text)) : NULL;

	free(text);
	return copy;
}

const char *file_here(struct arena *a)
{
	return take(a, getcwd(NULL, 0));
}

const char *file_real(struct arena *a, const char *path)
{
	return take(a, realpath(path, NULL));
}
