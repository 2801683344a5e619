/* The few things that portable code does with files. Descriptors are the C library's, never
 * inherited, and bytes go through them as they are. Paths are bytes as the system has them, on
 * Windows UTF-8 (os/windows/wide.h). What fails returns -1 with errno set, for err_sys. */
#ifndef OS_FILE_H
#define OS_FILE_H

#include <stdint.h>

#include "core/arena.h"
#include "core/attr.h"
#include "core/buf.h"
#include "core/span.h"

enum file_form {
	FILE_FORM_REGULAR,
	FILE_FORM_FOLDER,
	FILE_FORM_FIFO, /* or a pipe */
	FILE_FORM_CHARACTER,
	FILE_FORM_BLOCK,
	FILE_FORM_SOCKET,
	FILE_FORM_LINK, /* a symbolic link to nothing */
	FILE_FORM_OTHER,
};
/* Of what the path leads to. */
int file_form(const char *path, enum file_form *ret) MUST_CHECK;
int file_form_of(int fd, enum file_form *ret) MUST_CHECK;

/* Each a new descriptor. file_open reads, and a FIFO cannot hold it; file_open_waiting waits for
 * who writes to a FIFO; file_open_write writes to what is there; file_make makes a file that only
 * we (on Windows also the system and administrators) may use, EEXIST; file_open_append makes one
 * where there is none, reads it as well, follows no link, and what file_write_at writes goes to its
 * end (on Windows nobody else can write meanwhile); file_temporary one without a name, in the
 * folder or, where that is read only, in memory. */
int file_open(const char *path) MUST_CHECK;
int file_open_waiting(const char *path) MUST_CHECK;
int file_open_write(const char *path) MUST_CHECK;
int file_make(const char *path) MUST_CHECK;
int file_open_append(const char *path) MUST_CHECK;
int file_temporary(const char *folder) MUST_CHECK;
void file_close(int fd); /* -1 does nothing */

/* How many bytes; 0: the end. */
int64_t file_read(int fd, void *ret, size_t n) MUST_CHECK;
/* Append all there is until *ret holds max bytes (its own maximum is more): 1 when there is more.
 */
int file_read_all(int fd, size_t max, struct buf *ret) MUST_CHECK;
int64_t file_read_at(int fd, int64_t at, void *ret, size_t n) MUST_CHECK;
/* All of them. */
int file_write(int fd, struct span bytes) MUST_CHECK;
int file_write_at(int fd, int64_t at, struct span bytes) MUST_CHECK;
int file_sync(int fd) MUST_CHECK;
int64_t file_size(int fd) MUST_CHECK;
int file_cut(int fd, int64_t size) MUST_CHECK; /* what is behind is gone */
bool file_same(int a, int b);                  /* of one and the same file */

int file_rename(const char *from, const char *to) MUST_CHECK; /* replaces what is there */
int file_remove(const char *path);
/* What was renamed in the folder this path lies in is so on the disk. */
int file_sync_folder(const char *path) MUST_CHECK;
/* This file with these bytes in place of what is there, which stays until all of it is on the disk;
 * for a moment there is PATH.new as well. */
int file_replace(const char *path, struct span bytes) MUST_CHECK;

/* That only we may use; EEXIST. */
int file_make_folder(const char *path) MUST_CHECK;
int file_remove_folder(const char *path) MUST_CHECK; /* an empty one */
/* The names in a folder but "." and "..", in a, in no order: 1 the next, 0 no more. */
struct folder;
struct folder *folder_open(const char *path); /* NULL: errno */
int folder_next(struct folder *f, struct arena *a, const char **ret) MUST_CHECK;
void folder_close(struct folder *f); /* accepts NULL */

/* A path of the folder and a name in it, in a. */
const char *file_join(struct arena *a, const char *folder, const char *name);
/* The working folder; the file a path leads to, without links. NULL: errno. */
const char *file_here(struct arena *a);
const char *file_real(struct arena *a, const char *path);

#endif
