/* Inside the readers of the room on Windows: what a thread has in its hands. */
#ifndef SENSOR_FILE_FILE_READER_WINDOWS_H
#define SENSOR_FILE_FILE_READER_WINDOWS_H

#include "core/sha256.h"
#include "sensor/file/file_windows.h"

#define READ_BLOCK ((size_t)256 << 10)
#define TIME_NS(seconds) ((int64_t)(seconds)*1000000000)

/* Texts of the descriptor that was read last: neighbours mostly have the same one. */
struct rights {
	bool known;
	SECURITY_INFORMATION what;
	struct buf bytes; /* the descriptor */
	struct buf owner, group, owner_sid, group_sid, dacl, sacl;
	bool has_sacl;
};

struct reader {
	struct station *station;
	struct arena *arena; /* one entry's */
	char *block;         /* READ_BLOCK bytes, 8-byte aligned */
	struct sha256_set lanes;
	struct rights rights;
	struct buf shared, local, text, path, bytes;
};

/* Why something is not known. */
struct finding {
	enum gap_reason reason;
	char text[300]; /* "": nothing to report */
};
void finding_of(struct finding *f, NTSTATUS s, const char *what);

/* One entry being looked at. */
struct job {
	struct reader *reader;
	struct task *task;
	struct folder *folder;
	struct span name;
	bool stream; /* an alternate one */
	bool plain;  /* as in struct task */
	struct selection sel;
	struct record record;
	uint64_t unknown;
	struct finding finding;
	HANDLE handle;
	bool readable;          /* opened to be read */
	bool audit;             /* opened with the right to read the SACL */
	NTSTATUS rights_denied; /* why it is open without the right to read the others */
	struct nt_facts facts;
	uint32_t tag; /* of a reparse point; 0: none */
	enum file_type type;
};

/* An entry of f, by its section as in our keys. */
HANDLE reader_open(struct reader *r, const struct folder *f, struct span name, ACCESS_MASK access,
	ULONG options, NTSTATUS *ret_status);

/* Facts from j->facts, as far as fields asks for them; the local ones always. */
void facts_set(struct job *j, uint64_t fields);
/* Owner, group and lists: fields that could not be read become unknown, with a finding. */
void rights_set(struct job *j);
void rights_init(struct rights *x);
void rights_done(struct rights *x);
/* Where a reparse point leads. */
void target_set(struct job *j);
/* Digests, executable, content, of a regular file or a stream that is open for reading. False: it
 * does not satisfy a rule's tests. */
bool content_set(struct job *j);
/* `signature`, of a regular file. */
void signature_set(struct job *j);
/* Rules whose tests the record fails fall away; false when none is left. */
bool job_selected(struct job *j);

/* Open the task's folder and learn where we are; false: nothing to see, a gap says so. */
bool list_open(struct reader *r, struct task *t);

#endif
