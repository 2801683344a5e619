/* Inside the looking: what a thread has in its hands. Shared by file_look.c and file_content.c
 * alone. */
#ifndef SENSOR_FILE_JOB_H
#define SENSOR_FILE_JOB_H

#include "core/sha256.h"
#include "sensor/file/file_digest.h"
#include "sensor/file/file_facts.h"
#include "sensor/file/file_look.h"

enum stage { STAGE_FREE, STAGE_READING, STAGE_LAST };

/* One entry being looked at; regular files keep theirs while they are in a lane. */
struct job {
	enum stage stage;
	struct batch *batch;
	uint32_t index;
	const struct folder *folder;
	struct span name;
	struct selection sel;
	struct record record;
	uint64_t unknown;
	struct arena *arena;
	int fd;
	char *block; /* of reader.block bytes */
	char *large; /* of READ_LARGE bytes, made when a large file comes; NULL till then */
	struct statx before;
	uint64_t read;
	unsigned tries;
	bool settled;  /* known to be at rest: no second look needed */
	bool cached;   /* RWF_DONTCACHE is not to be had here */
	int64_t until; /* monotonic */
	int64_t since; /* monotonic: it was begun, or read from last */
	struct digests *digests;
};

struct reader {
	struct look_common *c;
	struct station *station;
	const struct folder *at; /* whose path the station shows */
	struct sha256_set lanes;
	struct job lane[SHA256_LANES];
	struct job plain; /* everything that needs no lane */
	size_t block;
	bool roomy;  /* one of the threads that are always there: may have large buffers */
	bool spread; /* a large file was begun: others should have what is left of the batch */
	struct buf shared, local, text;
};

/* Files larger than LARGE are read in larger pieces, past the page cache, and spread over the
 * threads. */
#define LARGE ((uint64_t)4 << 20)
#define READ_LARGE ((size_t)512 << 10)

/* Why something is not known. */
struct finding {
	enum gap_reason reason;
	int sys;
	const char *text; /* NULL: nothing to report */
};

/* The job is done: its record goes to the batch, behind a gap when there is something to report. */
void job_finish(struct reader *r, struct job *j, const struct finding *f);
/* Nothing is known of it but this: what was known stays. */
void job_gap_only(struct reader *r, struct job *j, const struct finding *f);
/* There is no such entry any more. */
void job_vanish(struct reader *r, struct job *j);
/* What statx told, and who owns the path, as far as fields asks for it. */
void job_facts(struct reader *r, struct job *j, const struct statx *x, uint64_t fields);
/* Do the record's facts still satisfy a rule? Asks once; job_finish asks again when fields were
 * added. */
bool job_selected(struct reader *r, struct job *j);
enum gap_reason reason_of(int sys);
void reader_beat(struct reader *r);
/* n bytes were read: count them, and rest as the limits demand. */
void reader_count(struct reader *r, size_t n);
void reader_sleep(int64_t ns);

/* A descriptor to read an entry by, no link followed, nothing waited for; -1 and errno. */
int content_open(const struct folder *f, struct span name);
/* A regular file: open it (unless j->fd is), learn its facts, and begin to read it in a lane. */
void content_look(struct reader *r, struct job *j);
/* Let the lanes work until one is free; jobs end here. */
void content_turn(struct reader *r);
/* Look by name only, when it cannot be opened or is not to be: `unknown` as far as asked for. */
void look_by_name(struct reader *r, struct job *j, uint64_t unknown, const struct finding *f);
/* What is not a regular file. */
void look_other(struct reader *r, struct job *j);

#endif
