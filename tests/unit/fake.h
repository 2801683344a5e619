/* A host that is only a table, a sensor that reads it, and a store in a folder of its own beside
 * the test program. What a run tells its listener is written down as lines. */
#ifndef TESTS_FAKE_H
#define TESTS_FAKE_H

#include "../check.h"
#include "change/pipeline.h"

#define FAKE_FILES 512

struct fake_file {
	char path[160];
	uint64_t type, mode, uid, size, content, inode, nlink;
	int64_t mtime, ctime, btime;
	uint64_t unknown;    /* fields that cannot be looked at now */
	bool gone_late;      /* vanishes between its stat and its reading */
	bool never_late;     /* asked for, never delivered */
	uint64_t unreadable; /* enum file_content to report instead of hashed; 0: none */
};

struct fake_gap {
	const char *path;
	bool subtree;
	bool hides; /* nothing at or below path is delivered */
};

struct fake {
	struct fake_file file[FAKE_FILES];
	size_t n;
	struct fake_gap gap[8];
	size_t n_gaps;
	uint64_t last_inode;
	int64_t now;
	uint64_t read; /* how many contents the sensor looked at */
	bool emits;    /* deliver as kinds that are not sorted do */
	bool disorder; /* deliver in the wrong order */
	int scan_fails;
	void (*during)(
		void *ctx); /* what happens while the next scan runs; once, after its looks */
	void *during_ctx;
};

extern struct fake fake;
/* Kind file, from that table. The test program says which sensors there are. */
extern const struct sensor sensor_fake;

struct fake_file *fake_put(const char *path, uint64_t type); /* a new file, or NULL to replace */
struct fake_file *fake_find(const char *path);               /* fails the test when missing */
void fake_write(const char *path, uint64_t content);
void fake_chmod(const char *path, uint64_t mode);
void fake_remove(const char *path); /* with what is below it */
void fake_move(const char *from, const char *to);
void fake_link(const char *from, const char *to);

struct world {
	char dir[512];
	struct store *store;
	struct policy *policy;
	struct scan_options options;
	struct check_summary summary;
	struct buf log;
	struct buf below_text;
	int stop_after; /* records or ticks; 0: never */
	struct span below[4];
};

int world_setup(void **state);
int world_teardown(void **state);
void world_policy(struct world *w, const char *yaml);
int world_init(struct world *w, bool replace, struct err *e);
int world_check(struct world *w, struct err *e);
/* Check, and what it tells must be these lines (coverage is not written down). */
void world_expect(struct world *w, const char *lines);
void world_expect_drift(struct world *w, const char *lines);
uint64_t world_approve(struct world *w, const char *selection);
/* Every ledger record of a type, as lines. */
const char *world_ledger(struct world *w, enum record_type type);
void world_roots(struct world *w, struct tree_root *approved, struct tree_root *current);
/* For drift_each: one line into the buf. */
int world_hear(void *buf, const struct ledger_record *r, struct err *e);

#endif
