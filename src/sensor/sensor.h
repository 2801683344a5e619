/* The one door of every sensor room. */
#ifndef SENSOR_SENSOR_H
#define SENSOR_SENSOR_H

#include "core/arena.h"
#include "core/err.h"
#include "entity/kind.h"
#include "entity/record.h"
#include "entity/select.h"

struct scan;

enum sensor_needs {
	NEED_ROOT = 1 << 0,
};

struct sensor {
	const struct kind *kind; /* what it produces */
	const char *source;      /* where from: "filesystem", "passwd" */
	unsigned needs;
	/* Emit everything that is selected. Kinds with `sorted` emit in stored-key order. */
	int (*scan)(struct scan *s, struct err *e);
	bool sorted;
};

/* All rooms of this platform, ended by NULL. */
extern const struct sensor *const sensors[];

/* How gently, how thoroughly. Zero means the default everywhere. */
struct scan_options {
	const char *root;      /* observe this folder as "/"; NULL: the host itself */
	bool trust_stamps;     /* do not re-read what has the same size, mtime, ctime and inode */
	unsigned jobs;         /* reading threads; 0: as many as pay */
	int io_class;          /* 0 default, 1 best-effort (as it is), 2 idle */
	uint64_t limit_rate;   /* bytes read a second */
	unsigned limit_cpu;    /* per cent of one core */
	unsigned deadline_ms;  /* for one open, stat or read; 0: 5000 */
	uint64_t size_cap;     /* larger regular files are not read whole; 0: 1 TiB of data */
	unsigned file_seconds; /* a file that takes longer is not read whole; 0: 600 */
	struct span *below;    /* only these paths and what is below them; NULL: everything */
	size_t n_below;
	const char *spare; /* a folder of our own never to observe (the state folder), or NULL */
};

enum gap_reason {
	GAP_DENIED,   /* EACCES, EPERM */
	GAP_TIMEOUT,  /* an operation did not return within its deadline */
	GAP_IO,       /* EIO and its like */
	GAP_UNSTABLE, /* kept changing while it was read */
	GAP_LIMIT,    /* larger or deeper than what we accept */
	GAP_SKIPPED,  /* not tried: on a mount that timed out before */
	GAP_FORMAT,   /* a source that does not follow its format */
	GAP_N
};
extern const char *const gap_reason_names[];

/* Something that could not be looked at: whatever is known below stays as it was. */
struct gap {
	const struct kind *kind;
	struct span key;
	bool subtree; /* the key and everything below it; else the key alone */
	enum gap_reason reason;
	int sys; /* errno, or 0 */
	const char *text;
};

/* ---- what a scan may use ---- */
const struct scan_options *scan_options(const struct scan *s);
const struct selector *scan_selector(const struct scan *s);
struct arena *scan_arena(struct scan *s);
void scan_emit(struct scan *s, const struct record *r);
void scan_gap(struct scan *s, const struct gap *g);
bool scan_stopped(const struct scan *s); /* the user interrupted: return soon */

#endif
