/* Inside the room of folders: ReadDirectoryChangesW at the bases of rules of kind file, and at what
 * other kinds are read from. Shared by folders*.c alone. */
#ifndef WATCH_WINDOWS_FOLDERS_H
#define WATCH_WINDOWS_FOLDERS_H

#include <windows.h>

#include "core/glob.h"
#include "watch/windows/hearing.h"

#define FOLDER_ROOM ((DWORD)64 << 10) /* of notifications: more is refused by servers */

/* A path somebody wants to hear of. */
struct wish {
	const char *path; /* without wildcards: the folder above the first one */
	bool exact;       /* nothing was cut off: the path itself may be a file */
	bool present;     /* when it was looked for last */
	bool looked;
};

/* What another kind is read from. */
struct source {
	const struct kind *kind;
	struct glob_section *pattern;
};

/* A folder that is listened at. */
struct listening {
	OVERLAPPED io;
	ULONG_PTR
	serial; /* completions are known by it: one may come when its folder is given up */
	struct listening *next;
	HANDLE handle;
	char *path;  /* as the disk has it, without '\' at the end: "C:", "C:\x" */
	char *asked; /* as it was asked for */
	bool deep;   /* all below it, too */
	bool wanted; /* still, at the end of a look */
	bool armed;
	DWORD *bytes; /* FOLDER_ROOM */
};

struct folders {
	struct hearing *h;
	struct selector selector;
	struct arena *arena;
	struct wish *wish;
	size_t n_wishes;
	struct source *source;
	size_t n_sources;
	HANDLE port;
	struct listening *list;
	ULONG_PTR serials;
	DWORD *heard;      /* a copy of what came last, FOLDER_ROOM */
	struct span spare; /* empty: none */

	bool again; /* a base may have come or gone: look which there are */
};

/* ---- folders_bases.c ---- */

/* What rules and rooms ask for. */
void bases_find(struct folders *x);
/* Listen at what is there by now, and at the nearest folder above what is not. */
void bases_look(struct folders *x);
/* Ask for the next notifications; false: the folder is gone, or cannot be listened at. */
bool listening_arm(struct listening *l);
void listening_free(struct folders *x, struct listening *l);
/* The path of what is open, as the disk spells it; `asked` where a link leads to it. To be freed.
 */
char *path_on_disk(HANDLE h, const char *asked);

/* ---- folders_tell.c ---- */

/* Hints for what is in x->heard. */
void tell_heard(struct folders *x, const struct listening *l, DWORD n);
/* Something happened at a path: to all who want to know. */
void tell_path(struct folders *x, struct span path, bool below);
/* Notifications were lost there. */
void tell_loss(struct folders *x, const struct listening *l);

#endif
