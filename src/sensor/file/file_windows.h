/* Inside the room on Windows: the walk, which goes in key order and alone talks to the scan, and
 * its readers, a few threads that list folders and look at entries for it.
 *
 * Work is handed out ahead of its turn, results wait for theirs, and how much waits is bounded. A
 * reader that does not come back from a call is interrupted, and then given up with the drive it is
 * on. */
#ifndef SENSOR_FILE_FILE_WINDOWS_H
#define SENSOR_FILE_FILE_WINDOWS_H

#include <stdatomic.h>
#include <windows.h>

#include "core/arena.h"
#include "core/buf.h"
#include "entity/file.h"
#include "sensor/file/file_nt_windows.h"
#include "sensor/sensor.h"

#define BATCH_MAX 64   /* entries of one task */
#define READERS_MAX 16 /* threads */
#define PATH_BYTES_MAX ((size_t)1 << 20)

/* Fields that only a look inside can tell. */
#define FACTS_DIGESTS \
	(field_bit(FILE_SHA256) | field_bit(FILE_SHA1) | field_bit(FILE_MD5) | \
		field_bit(FILE_SHA512))
#define FACTS_INSIDE (FACTS_DIGESTS | field_bit(FILE_CONTENT) | field_bit(FILE_EXECUTABLE))
/* Fields of the security descriptor. */
#define FACTS_RIGHTS \
	(field_bit(FILE_OWNER) | field_bit(FILE_GROUP) | field_bit(FILE_OWNER_SID) | \
		field_bit(FILE_GROUP_SID) | field_bit(FILE_DACL) | field_bit(FILE_SACL))

/* Not to be touched by reading: to read it would fetch it from elsewhere. */
#define ATTRIBUTES_ELSEWHERE \
	(FILE_ATTRIBUTE_OFFLINE | 0x40000u /* recall on open */ | \
		0x400000u /* recall on data access */)

/* What a drive or a network share begins paths with: "C:", "\\server\share". */
struct drive {
	char *path;
	atomic_bool hung; /* it does not answer: nothing on it is touched any more */
	bool held;        /* its root is selected, by sel */
	struct selection sel;
	struct folder *folder;
	struct task *list; /* its root's listing, till it is walked */
};

enum name_flag {
	NAME_SELECTED = 1 << 0, /* the policy holds the entry itself */
	NAME_FOLDER = 1 << 1,   /* something below it may be held */
	NAME_THROUGH = 1 << 2,  /* by a link that lies on the way to a base */
};

struct name {
	uint64_t id;
	uint32_t at; /* offset in listing.bytes */
	uint32_t n : 24, flags : 8;
	uint32_t attributes;
};

/* Names of one folder, sorted by bytes. */
struct listing {
	uint32_t n, cap;
	struct name *name;
	struct buf bytes;
};

struct folder {
	atomic_uint refs;
	atomic_uint users; /* tasks that need the handle, and the walk while it makes them */
	HANDLE handle;     /* NULL until listed, and again when nobody uses it */
	struct drive *drive;
	struct scope *scope;
	bool uniform; /* sel holds for every name here and below */
	struct selection sel;
	bool inside;     /* of what was asked for (options->below) */
	bool through;    /* a link on the way to a base: gone through */
	bool streams;    /* files here may have more than one */
	uint64_t device; /* the volume's serial number */
	uint64_t id;     /* what the listing above said; 0: not known */
	size_t path_n, prefix_n;
	char *path;   /* "C:\dir"; of the drive itself "C:" */
	char *prefix; /* stored-key prefix of the entries */
};

enum task_type { TASK_LIST, TASK_LOOK };
enum look_mode {
	LOOK_FULL,  /* facts and content */
	LOOK_STAMP, /* what a stat tells */
	LOOK_LATE,  /* an answer to scan_same */
	LOOK_POINT, /* an answer to options.points: case and existence are checked first */
};

enum result_type { RESULT_PUT, RESULT_STAMP, RESULT_GONE, RESULT_GAP, RESULT_HOLLOW };

struct result {
	struct result *next;
	enum result_type type;
	struct span name;          /* section; of a gap: the path */
	struct span shared, local; /* put */
	uint64_t unknown;
	const struct record *stamp;
	enum gap_reason reason; /* gap */
	bool subtree;
	const char *text;
};

struct task {
	struct task *next, *work; /* in the walk's order; in the readers' queue */
	enum task_type type;
	struct folder *folder;
	bool done, lost; /* the pool's lock; lost: its reader does not come back */
	/* TASK_LOOK: */
	enum look_mode mode;
	uint32_t n;
	struct span name[BATCH_MAX]; /* in arena */
	bool plain[BATCH_MAX]; /* to be opened for reading at once, by what the listing says */
	struct arena *arena;
	struct result *first, **last;
	/* TASK_LIST: */
	struct listing *listing; /* NULL: nothing to see */
};

struct reader; /* one thread's tools */

struct station {
	struct pool *pool;
	struct reader *reader;
	HANDLE thread;
	struct task *task; /* lock */
	atomic_uint beat;  /* counts operations: one that stands still is stuck */
	atomic_bool free;  /* not at a drive just now: the beat says nothing */
	bool abandoned;    /* lock */
	unsigned seen;     /* the watch's own */
	int64_t since;
	bool cancelled;
};

struct pool {
	SRWLOCK lock;
	CONDITION_VARIABLE work, finished;
	struct task *lists, *looks, **last_list, **last_look; /* not taken yet */
	struct station station[READERS_MAX];
	unsigned n; /* threads begun */
	bool ending;
	/* what readers share */
	const struct scan_options *options;
	const struct selector *selector;
	struct folder_id {
		uint64_t device, id;
	} spare; /* our own folder; id 0: none */
	atomic_ullong bytes, files_read;
	atomic_llong large_left; /* ns, of options->large_ms */
	atomic_llong rate_free;  /* limit_rate: when the next byte may be read */
	atomic_bool hold;        /* limit_cpu: rest until it is false */
	atomic_bool stop;
	int64_t cpu_from, cpu_spent; /* since when limit_cpu is counted; 0: not yet */
	struct span *below;          /* options->below, ascending */
	size_t n_below;
};

/* ---- folders: file_folder_windows.c ---- */

/* name: a section of the drive's path form for a drive, else the folder's own. Takes the scope. */
struct folder *folder_new(struct drive *d, const struct folder *parent, struct span name,
	struct scope *scope);
void folder_hold(struct folder *f);
void folder_drop(struct pool *p, struct folder *f);
void folder_use(struct folder *f); /* its handle */
void folder_unuse(struct folder *f);
void folder_path(const struct folder *f, struct span name, struct buf *ret);
bool folder_holds(const struct pool *p, const struct folder *f, struct span name,
	struct selection *ret);
/* Below what was asked for, or on the way there. False: neither. */
bool folder_asked(const struct pool *p, struct span path, bool *ret_inside);

/* ---- readers: file_reader_windows.c ---- */

struct reader *reader_new(struct station *s);
void reader_free(struct reader *r);
void reader_run(struct reader *r, struct task *t);

/* ---- tasks and threads: file_pool_windows.c ---- */

struct task *task_new(enum task_type type, struct folder *f);
void task_free(struct pool *p, struct task *t);
struct result *task_add(struct task *t, enum result_type type, struct span name);
/* subtree: of all below as well. text is copied. */
void task_gap(struct task *t, struct span path, bool subtree, enum gap_reason reason,
	const char *text);

int pool_start(struct pool *p, struct err *e) MUST_CHECK;
/* False: some thread did not come back, and p must stay where it is. */
bool pool_end(struct pool *p);
void pool_give(struct pool *p, struct task *t);
bool pool_done(struct pool *p, const struct task *t);
/* Wait until something was finished, a moment at most, and see to readers that are stuck: a drive
 * that became hung by that is returned, once. */
struct drive *pool_wait(struct pool *p);
bool pool_stopped(const struct pool *p);

void station_beat(struct station *s);
/* n bytes were read: count them, and rest as the limits demand. */
void station_count(struct station *s, size_t n);

/* ---- listings: file_list_windows.c ---- */

void list_folder(struct reader *r, struct task *t);
void listing_free(struct listing *l);
static inline struct span listing_name(const struct listing *l, uint32_t i)
{
	return (struct span){ l->bytes.p + l->name[i].at, l->name[i].n };
}

#endif
