/* The walk: which folder next, which entries next, and everything back in key order.
 *
 * What is left to do is a list in key order of nodes: folders to be listed, entries to be looked
 * at, and sub-folders to be gone down into. Threads take work from the front part of it, in
 * parallel; results wait at their node until everything before them has been passed on. How far
 * work runs ahead of the first unfinished entry is bounded in bytes, and so is memory, whatever the
 * tree. */
#ifndef SENSOR_FILE_WALK_H
#define SENSOR_FILE_WALK_H

#include <pthread.h>

#include "core/buf.h"
#include "os/ring.h"
#include "sensor/sensor.h"

#define BATCH_MAX 64
#define FILE_SECONDS 120
#define CREW_MAX 32 /* threads */

enum name_flag {
	NAME_SELECTED = 1 << 0, /* the policy holds the entry itself */
	NAME_FOLDER = 1 << 1,   /* something below it may be held */
};

struct name {
	uint64_t inode;
	uint32_t at; /* offset in listing.bytes */
	uint16_t n;
	uint8_t type;  /* DT_… of getdents64, never DT_UNKNOWN */
	uint8_t flags; /* enum name_flag */
};

/* Names of one folder (or a part of a huge one), sorted. */
struct listing {
	unsigned refs;
	uint32_t n, cap;
	size_t bytes_n, bytes_cap;
	struct name *name;
	char *bytes;
	char *bound;  /* not NULL: there are more names, all behind this one */
	bool folders; /* some have NAME_FOLDER */
};

/* How a folder stands to the paths that were asked for, and to where an earlier crew was cut off.
 */
enum folder_part { PART_INSIDE, PART_ABOVE };

struct folder {
	unsigned refs; /* guarded by the walk's lock */
	int fd;        /* -1 until opened */
	struct folder *parent;
	struct scope *scope;
	bool uniform; /* sel holds for every name here and below */
	struct selection sel;
	uint64_t mount;
	uint32_t magic; /* statfs f_type */
	enum folder_part part;
	bool guarded;           /* a path to leave alone lies directly in here */
	bool on_resume;         /* the key to resume behind lies in or below here */
	bool huge;              /* too many names for one listing */
	unsigned char followed; /* symbolic links gone through on the way here */
	size_t path_n;          /* "/etc/ssh"; the topmost folder is "" */
	char path[];
};

enum node_type { NODE_LIST, NODE_ENTRIES, NODE_CHILDREN };

struct node {
	struct node *next;
	enum node_type type;
	struct folder *folder;
	bool taken;   /* LIST: a thread is at it */
	bool descend; /* LIST: sub-folders only, to go down into */
	bool begun;   /* ENTRIES: the folder frame has been passed on */
	char *after;  /* LIST: only names behind this one; NULL: all */
	bool from;    /* LIST: that name too */
	struct listing *names;
	uint32_t next_name;         /* ENTRIES: next to hand out; CHILDREN: next to go into */
	struct batch *first, *last; /* handed out, not yet passed on, in order */
	struct buf notice;          /* gap frames that go before the entries */
};

/* Where one entry's frames are in its batch's buffer. */
struct piece {
	uint32_t at, n;
};

/* Some entries of one node, in one thread's hands; or one request of the collector. */
struct batch {
	struct batch *next, *other;
	struct node *node;     /* NULL: a request */
	struct folder *folder; /* borrowed from the node; a request holds a reference */
	uint32_t first, n;     /* of node->names */
	unsigned pending;      /* entries not done; the thread's own count */
	bool done;             /* given back; guarded by the walk's lock */
	struct piece piece[BATCH_MAX];
	struct buf frames;
	size_t cost;     /* memory it takes while it waits */
	uint32_t passed; /* pieces already in the ring */
	/* of a request: */
	struct buf key;
	struct span name; /* in key, a NUL behind it */
	unsigned char type;
	unsigned char below; /* enum frame_below */
};

/* Paths never to touch: our own state folder, mounts that hung. */
struct avoid {
	const struct span *path;
	size_t n;
};

struct walk {
	pthread_mutex_t lock;
	struct node *head, *open; /* open: the first node with something left to hand out */
	struct batch *spare;      /* for reuse */
	unsigned spares;
	struct batch *returned; /* given back in part, linked by `other` */
	struct batch *late_first, *late_last;
	bool passing, again,
		ended; /* one thread passes on at a time; again: there is more by now */
	size_t ahead_bytes, ahead_entries, name_bytes;
	_Atomic unsigned folders; /* open */
	unsigned folders_max;     /* more only for the first unfinished place */
	unsigned threads;
	_Atomic bool wide;        /* cold: larger batches */
	_Atomic uint32_t careful; /* large files are about: so many portions are small ones */
	struct ring *ring, *late; /* to the collector */
	struct bell *collector, *crew;
	const struct scan_options *options;
	const struct selector *selector;
	struct avoid avoid;
	struct span *below; /* options->below, ascending; the walk's own */
	struct span resume; /* stored key: only what comes behind it; empty: everything */
	int rootfd;
	struct folder *top;
};

enum work { WORK_NONE, WORK_LIST, WORK_ENTRIES, WORK_END };

int walk_init(struct walk *w, struct err *e) MUST_CHECK;
/* Take the next piece of work. NONE: nothing now, wait for the crew's bell. END: nothing any more.
 */
enum work walk_claim(struct walk *w, struct node **ret_node, struct batch **ret_batch);
/* A folder has been listed (names may be NULL: nothing to see). Takes the listing over. */
void walk_listed(struct walk *w, struct node *node, struct listing *names);
/* Give the entries of a batch from number `from` on back, for whoever is free. */
void walk_split(struct walk *w, struct batch *b, uint32_t from);
/* All entries of the batch are done. */
void walk_done(struct walk *w, struct batch *b);
/* Pass on what is complete, as far as the rings have room. */
void walk_pass(struct walk *w);

struct batch *walk_batch(struct walk *w); /* for a request; give back with walk_done */
struct folder *folder_new(struct folder *parent, struct span name);
void folder_drop(struct walk *w, struct folder *f); /* lock held by the caller */
void folder_release(struct walk *w, struct folder *f);

/* The full path of an entry, "/" for the topmost folder itself. */
void folder_path(const struct folder *f, struct span name, struct buf *ret);
/* What was asked for (options->below), as far as it concerns `name` in f: INSIDE when the name or
 * what it lies in was asked for, ABOVE when only something below it was. False: neither. */
bool walk_asks(const struct walk *w, const struct folder *f, struct span name,
	enum folder_part *ret);
bool walk_avoids(const struct walk *w, const struct folder *f, struct span name);

/* Open the node's folder and learn where we are. False: nothing to see; when that is a finding, the
 * node's notice says so. */
bool list_open(struct walk *w, struct node *node);
/* This name in f, NUL behind it, is a link that rules follow into a folder. */
bool list_follows(const struct walk *w, const struct folder *f, struct span name);
/* The listing whose one name, of no bytes, is the topmost folder itself. */
struct listing *listing_of_top(const struct walk *w);
/* Read a folder: open it if need be, filter its names, sort. NULL: nothing; notices are set. *beat
 * is counted up as it goes on. */
struct listing *list_folder(struct walk *w, struct node *node, char *scratch, size_t scratch_n,
	_Atomic uint32_t *beat);
void listing_drop(struct listing *l);
size_t listing_bytes(const struct listing *l);
static inline struct span listing_name(const struct listing *l, uint32_t i)
{
	return (struct span){ l->bytes + l->name[i].at, l->name[i].n };
}

/* How long one file or folder may take. */
static inline int64_t walk_file_ns(const struct walk *w)
{
	unsigned seconds = w->options->file_seconds;

	return (int64_t)(seconds ? seconds : FILE_SECONDS) * 1000000000;
}

/* Append a gap frame. */
void frame_gap(struct buf *ret, struct span path, bool subtree, enum gap_reason reason, int sys,
	const char *text);

/* ---- between file_walk.c, file_folder.c and file_pass.c; the walk's lock is held ---- */

void node_free(struct walk *w, struct node *n);
bool node_handed_out(const struct node *n); /* nothing of it is left to be taken */
/* Where to begin in a folder that an earlier crew was cut off in or below. */
void node_resume(struct walk *w, struct node *n);
void batch_put(struct walk *w, struct batch *b); /* for reuse */
bool walk_full(const struct walk *w);            /* too much waits to be passed on */
/* Set what a sub-folder inherits; false: it is not to be gone into at all. */
bool folder_place(struct walk *w, struct folder *child, struct span name);

#endif
