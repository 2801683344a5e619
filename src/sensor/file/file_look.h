/* Looking at one entry: its facts by statx, its attributes, and its content through the SHA-256
 * lanes, safely whatever it is. */
#ifndef SENSOR_FILE_LOOK_H
#define SENSOR_FILE_LOOK_H

#include "os/names.h"
#include "sensor/file/file_walk.h"

#define STATION_PATH 8192

/* Where a thread is, for the collector to see when it does not come back. Shared memory. */
struct station {
	_Atomic uint32_t beat; /* counts operations; one that stands still is stuck */
	_Atomic uint32_t busy;
	uint32_t folder_n, name_n;
	char folder[STATION_PATH];
	char name[1024];
};

/* Counts of a whole scan. Shared memory. */
struct tally {
	_Atomic uint64_t bytes, files_read;
	_Atomic int64_t large_left; /* ns, of options.large_ms */
};

/* What all threads of the crew have in common. */
struct look_common {
	const struct scan_options *options;
	const struct selector *selector;
	struct names *names;
	uint64_t nameless; /* owner, group: their names cannot be told */
	struct host *host; /* whose packages own files, asked once before; NULL: nobody asks */
	struct walk *walk;
	struct tally *tally;
	_Atomic int64_t rate_free; /* limit_rate: when the next byte may be read, monotonic ns */
	_Atomic bool hold;         /* limit_cpu: rest until it is false */
};

struct reader; /* one thread's tools: buffers, lanes */

/* roomy: may have buffers for large files, as one of the few threads that are always at work. */
struct reader *reader_new(struct look_common *common, struct station *station, size_t block,
	bool roomy);
void reader_free(struct reader *r);
/* Look at every entry of the batch. Large or small files may still be in the lanes on return: the
 * batch is given back to the walk when its last entry is done, by this or a later call. */
void reader_batch(struct reader *r, struct batch *b);
/* Finish what is in the lanes. */
void reader_settle(struct reader *r);
bool reader_idle(const struct reader *r);
/* The next operation is on this entry. */
void reader_at(struct reader *r, const struct folder *f, struct span name);
void reader_rest(struct reader *r); /* not on any entry */

#endif
