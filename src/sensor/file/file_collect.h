/* Inside the collector's side of the room; shared by file_linux.c, file_hear.c and file_stuck.c
 * alone. */
#ifndef SENSOR_FILE_COLLECT_H
#define SENSOR_FILE_COLLECT_H

#include "sensor/file/file_crew.h"
#include "sensor/file/file_probe.h"

#define AWAITED_MAX 1024 /* requests under way */

struct watch_station { /* what was last seen of a station */
	uint32_t beat;
	int64_t since;
};

struct collector {
	struct scan *scan;
	struct crew crew;
	struct watch_station seen[CREW_MAX];
	struct arena *arena; /* paths to avoid */
	struct span *avoid;
	size_t n_avoid;
	struct buf key; /* prefix of the folder at hand, then the entry's name */
	size_t prefix_n;
	bool named;          /* key is an entry's, not a prefix alone */
	struct buf last;     /* the key passed on last: where another crew would resume */
	struct buf *awaited; /* keys the crew was asked for, in order of asking */
	size_t first, n_awaited, n_sent;
	size_t points;                       /* of options.points: asked for by now */
	uint64_t bytes_before, files_before; /* of crews that are gone */
	int64_t heard;                       /* monotonic: when it last said something, or began */
	bool ended;
	bool kept; /* the crew stays for the next scan, of points as well */
	unsigned restarts;
	bool stopped;        /* a crew was, by a signal */
	struct probe *probe; /* NULL: everything answered as yet */
};

void collect_init(struct collector *c);
void collect_done(struct collector *c); /* ends the crew */
/* One scan; a new crew is started whenever there is none. */
int collect_run(struct collector *c, int rootfd, struct err *e) MUST_CHECK;

/* Points, by a crew that is kept in *k. */
int kept_scan(struct scan *s, struct kept *k, struct err *e) MUST_CHECK;

/* Hear up to a number of frames of the walk; -1 on what no crew writes. */
int hear_some(struct collector *c, struct ring *ring, int most);
/* Answers to what was asked: read even when no more may be asked. */
int hear_late(struct collector *c, int most);
/* Pass on as many requests as the crew takes now; how many. */
int send_requests(struct collector *c);
/* Put points on the list of what is asked for, as many as there is room for. */
void ask_points(struct collector *c);
/* Where another crew would resume; kept only where it would be overwritten, once a folder. */
void remember(struct collector *c);

/* Is a thread stuck in the kernel? Then its path, or the mount it lies on, is given up: a gap, and
 * never to be touched again by this scan. Counts a restart for each but those that a probe told. */
bool stuck(struct collector *c);
/* Nobody is at anything, and yet what was asked for is not answered: the crew was stopped. */
bool silent(struct collector *c);
void avoid_add(struct collector *c, struct span path);
bool avoided(const struct collector *c, struct span path);

#endif
