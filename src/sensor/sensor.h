/* The one door of every sensor room. */
#ifndef SENSOR_SENSOR_H
#define SENSOR_SENSOR_H

#include "core/arena.h"
#include "core/err.h"
#include "entity/kind.h"
#include "entity/record.h"
#include "entity/select.h"

struct scan;

struct host;        /* host/host.h */
struct look_memory; /* change/pipeline.h */

enum sensor_needs {
	NEED_ROOT = 1 << 0,
	NEED_LIVE = 1 << 1, /* says nothing of an offline tree (--root): not run there */
};

/* By what it is known at once that entities of a kind may have changed. A watch only says "look
 * again"; src/watch/ does the watching, in a process of its own. */
enum watch_means {
	WATCH_END,      /* ends a table */
	WATCH_FILE,     /* `what`: a path pattern as in policies ("/etc/passwd", or a folder and two
			   stars: all below it) of what the kind is read from, whether rules of kind
			   file select it or not */
	WATCH_EXEC,     /* a program was started */
	WATCH_EXIT,     /* a process ended */
	WATCH_SOCKET,   /* a socket was bound, began or ceased to listen */
	WATCH_SYSTEMD,  /* the service manager says that a unit changed */
	WATCH_BUS,      /* a name on the system bus got or lost its owner */
	WATCH_MOUNT,    /* the mount table */
	WATCH_UEVENT,   /* `what`: the subsystem of a kernel's uevent: "module" */
	WATCH_NFTABLES, /* the packet filter, by its own notifications */
	WATCH_SETTING,  /* `what`: a folder of /proc or /sys, "/proc/sys/": somebody wrote to a file
			   below it */
	WATCH_REGISTRY, /* `what`: a key of Windows' registry ("HKLM\\SYSTEM\\…") this is read from,
			   with all below it; NULL: the bases of rules */
	WATCH_SCM,      /* Windows' service control manager says that a service changed */
	WATCH_SCHEDULE, /* by each rule's own schedule, and sooner when events tell: kind wmi */
	WATCH_POLL,     /* nothing tells: looked at every so often */
};

struct watch_source {
	enum watch_means means;
	const char *what;
	unsigned seconds; /* WATCH_POLL: how often; at most 10 where nothing else tells of the kind,
			     less often for what the others do not hear of */
};

struct sensor {
	const struct kind *kind; /* what it produces */
	const char *source;      /* where from: "filesystem", "passwd" */
	unsigned needs;
	/* Emit everything that is selected. Kinds with `sorted` emit in stored-key order. The
	 * others run in a process of their own: what crashes there, hangs or returns an error costs
	 * this kind a gap and nothing else. */
	int (*scan)(struct scan *s, struct err *e);
	bool sorted;
	const struct watch_source *watches; /* NULL: only scans see changes */
	bool parts; /* flat: with options.below, which are then beginnings of keys, it looks at
		       nothing else. Else a look at some keys is one at the whole kind */
};

/* All rooms of this platform, ended by NULL. */
extern const struct sensor *const sensors[];

/* What package managers say of their files, as records of kind file; ended by NULL. */
extern const struct sensor *const sensors_delivered[];

/* What a sensor keeps from one scan to the next for a caller who looks often: a process. Zeroed:
 * nothing yet. The caller ends it by kept_drop, also when the policy is another one. */
struct kept {
	void *state;
	void (*drop)(void *state);
	bool stopped; /* it was, by a signal, and so ended and replaced; who says so clears it */
};
static inline void kept_drop(struct kept *k)
{
	if (k->drop)
		k->drop(k->state);
	*k = (struct kept){ 0 };
}

#define LARGE_BYTES ((uint64_t)64 << 20)

/* How gently, how thoroughly. Zero means the default everywhere. */
struct scan_options {
	const char *root;     /* observe this folder as "/"; NULL: the host itself */
	bool trust_stamps;    /* do not re-read what has the same size, mtime, ctime and inode */
	unsigned jobs;        /* reading threads; 0: as many as pay */
	int io_class;         /* 0 default, 1 best-effort (as it is), 2 idle */
	uint64_t limit_rate;  /* bytes read a second */
	unsigned limit_cpu;   /* per cent of one core */
	unsigned deadline_ms; /* for one open, stat or read; 0: 5000, and more on a local disk */
	unsigned remote_ms;   /* the same where a program or another machine serves; 0: as that */
	unsigned kind_ms;     /* a look: for one kind that is not sorted, or ERR_TIMEOUT; 0: as long
				 as its sensors say that they go on */
	uint64_t size_cap;    /* larger regular files are not read whole; 0: 1 TiB of data */
	unsigned file_seconds; /* a file that takes longer is not read whole; 0: 120 */
	/* So long are files of more than LARGE_BYTES read, all of them together, and no longer than
	 * until `hurry` (NULL: never) says that something else waits. What does not fit is a gap,
	 * GAP_LIMIT. 0: as long as file_seconds says, each. */
	unsigned large_ms;
	bool (*hurry)(void *ctx);
	void *hurry_ctx;
	struct span *below; /* only these paths and what is below them; NULL: everything. Of a
			       sensor with `parts`: only what begins with these */
	size_t n_below;
	/* Only these entities of hierarchical kinds (paths), without what is below them, ascending
	 * by stored key, each once. Not together with `below` in one scan. NULL: none. */
	const struct span *points;
	size_t n_points;
	const struct kind *kind;    /* only this one; NULL: every kind */
	uint64_t kinds;             /* only these (bit per kind id); 0: every kind */
	struct kept *kept;          /* of looks at points; NULL: nothing is kept */
	struct look_memory *memory; /* of pipeline_look, between looks; NULL: none */
	const char *spare; /* a folder of our own never to observe (the state folder), or NULL */
	const uint8_t *secret; /* 32 bytes for host_keyed; the pipeline's; NULL: zeroes */
};

enum gap_reason {
	GAP_DENIED,   /* EACCES, EPERM */
	GAP_TIMEOUT,  /* an operation did not return within its deadline */
	GAP_IO,       /* EIO and its like */
	GAP_UNSTABLE, /* kept changing while it was read */
	GAP_LIMIT,    /* larger or deeper than what we accept */
	GAP_SKIPPED,  /* not tried: on a mount that timed out before */
	GAP_FORMAT,   /* a source that does not follow its format */
	GAP_AWAY, /* of somebody who is not here now (a user of Windows who is logged off): as it
		     should be, so it is told but does not count as something that could not be
		     seen */
	GAP_N
};
extern const char *const gap_reason_names[];

/* Something that could not be looked at: whatever is known there and not delivered stays as it was.
 * Flat kinds: subtree covers every key that begins with this one, so the empty key is the whole
 * kind (a line that cannot be read may have been any entity) and "dpkg:" all of one manager. Report
 * a gap before the first key it covers is passed. A gap whose key alone is covered goes with a
 * scan_put that has `unknown` fields, or stands for the whole entity when none follows. */
struct gap {
	const struct kind *kind;
	struct span key;
	bool subtree; /* the key and everything below it; else the key alone */
	enum gap_reason reason;
	int sys; /* errno, or 0 */
	const char *text;
};

/* ---- what a scan may use: from one thread at a time, but for scan_stopped, scan_options and
 * scan_selector ---- */
const struct scan_options *scan_options(const struct scan *s);
const struct selector *scan_selector(const struct scan *s);
struct arena *scan_arena(struct scan *s); /* cleared behind each kind */
/* ---- for kinds that are not sorted ---- */
/* The host of this scan; what one room asked for, the next finds there. */
struct host *scan_host(struct scan *s);
/* The fields rules ask for of this entity (as far as the key tells); 0: nobody asks for it. For
 * what is dear to find out; scan_emit looks again. */
uint64_t scan_asks(struct scan *s, const struct kind *k, struct span key);
/* The same of an entity that is looked at already, but for the fields `later`: rules whose tests it
 * fails do not ask. For what is too dear to find out for everything that a test will drop. */
uint64_t scan_asks_of(struct scan *s, const struct record *r, uint64_t later);
/* The fields any rule asks for of any entity of the kind; 0: the kind is not watched. */
uint64_t scan_asks_kind(struct scan *s, const struct kind *k);
/* One entity as observed, in any order; of the same key twice the last counts. Dropped when no rule
 * selects it. */
void scan_emit(struct scan *s, const struct record *r);
/* The same where the fields in `unknown` could not be looked at (a gap says why, and may cover no
 * entity: empty key, no subtree): what was known of them stays, so that a shadow file that cannot
 * be read is not a hundred passwords removed. */
void scan_emit_part(struct scan *s, const struct record *r, uint64_t unknown);

void scan_gap(struct scan *s, const struct gap *g);
/* A gap from what went wrong: ERR_DENIED, ERR_LIMIT and ERR_FORMAT have their reasons, all else is
 * GAP_IO. key: as in struct gap. */
void scan_gap_err(struct scan *s, const struct kind *k, struct span key, bool subtree,
	const struct err *why);
/* For long work of which nothing is emitted: whoever waits is told that it goes on. Only from where
 * each call is a step of something that ends. */
void scan_alive(struct scan *s);
bool scan_stopped(const struct scan *s); /* the user interrupted: return soon */

/* ---- for sorted kinds, which deliver stored keys and canonical bytes ---- */
struct observation {
	struct span key;    /* stored key, entity/key.h */
	struct span shared; /* record_encode_shared */
	struct span local;  /* record_encode_local */
	uint64_t unknown; /* fields that could not be looked at this time (a gap says why): what was
			     known of them stays */
};

/* In ascending key order. Everything known between the last call and this key is gone from the
 * host, unless a gap covers it. */
void scan_put(struct scan *s, const struct observation *o);

/* trust_stamps: in ascending key order, beside scan_put. `stamp` has what one statx tells (type,
 * mode, uid, gid, size, rdev, mtime, ctime, btime, inode, device, nlink). True: all of it is as it
 * was when the content was read; nothing more to do. False: look closer and deliver by
 * scan_put_late. */
bool scan_same(struct scan *s, struct span key, const struct record *stamp);

/* What scan_same asked for, in any order, before the sensor's scan returns. */
void scan_put_late(struct scan *s, const struct observation *o);
/* Asked for by scan_same, but gone by the time it was looked at. */
void scan_gone_late(struct scan *s, struct span key);

/* options.points: what is there by scan_put_late, in any order; nothing for what is not. And, for
 * what lies below: */
enum point_now {
	POINT_HOLLOW, /* this is no folder: nothing lies below it */
	POINT_DEEP,   /* a link that rules follow into a folder: look at what is below as well */
};
void scan_point(struct scan *s, struct span key, enum point_now now);

/* For the progress line: bytes read so far in all. */
void scan_progress(struct scan *s, uint64_t bytes, uint64_t files_read);

#endif
