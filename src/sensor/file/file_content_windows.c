/* The content of a regular file: read once from its beginning to its end, and again when it changed
 * meanwhile. */
#include <stdlib.h>

#include "os/clock.h"
#include "os/windows/fault.h"
#include "sensor/file/file_cng_windows.h"
#include "sensor/file/file_exec.h"
#include "sensor/file/file_pe.h"
#include "sensor/file/file_reader_windows.h"

#define TRIES 3
#define SIZE_CAP ((uint64_t)64 << 30)
#define GROWTH ((uint64_t)16 << 20) /* how far a file that grows is followed */
#define FILE_SECONDS 120

enum outcome { READ_WHOLE, READ_AGAIN, READ_FAILED, READ_TOO_LONG, READ_STOPPED };

static void without(struct job *j, enum file_content state)
{
	j->unknown |= FACTS_INSIDE & (j->sel.fields | field_bit(FILE_CONTENT));
	record_set_number(&j->record, FILE_CONTENT, state);
}

static void head_known(struct job *j, struct span head)
{
	struct buf *text = &j->reader->text;

	if (!((j->sel.fields | j->sel.tested) & field_bit(FILE_EXECUTABLE)))
		return;
	buf_clear(text);
	file_pe_kind(head, text);
	if (text->n == 0)
		file_exec_kind(head, text);
	if (text->n)
		record_set_bytes(&j->record, FILE_EXECUTABLE,
			arena_copy(j->reader->arena, buf_span(text)));
}

static bool same(const struct nt_facts *a, const struct nt_facts *b)
{
	return a->size == b->size && a->written == b->written && a->changed == b->changed &&
	       a->id == b->id;
}

static void feed(struct reader *r, const void *p, size_t n, bool last)
{
	sha256_feed(&r->lanes, 0, p, n, last);
	sha256_run(&r->lanes);
}

/* Fill the block; less is the end of the file. -1: *code. */
static long fill(struct job *j, DWORD *code)
{
	struct reader *r = j->reader;
	size_t n = 0;

	while (n < READ_BLOCK) {
		DWORD got = 0;

		if (!ReadFile(j->handle, r->block + n, (DWORD)(READ_BLOCK - n), &got, NULL)) {
			*code = GetLastError();
			if (*code == ERROR_HANDLE_EOF)
				break;
			return -1;
		}
		station_beat(r->station);
		if (got == 0)
			break;
		n += got;
	}
	station_count(r->station, n);
	return (long)n;
}

/* No more time for it: its own is over, or that of all large ones. */
static bool is_over(struct job *j, int64_t *since, int64_t until)
{
	struct pool *p = j->reader->station->pool;
	int64_t now = clock_monotonic(), spent = now - *since;

	*since = now;
	if (!p->options->large_ms || j->facts.size <= LARGE_BYTES)
		return now > until;
	return atomic_fetch_sub(&p->large_left, spent) <= spent;
}

static enum outcome read_through(struct job *j, struct digests *d, int64_t until, DWORD *code)
{
	struct reader *r = j->reader;
	uint64_t read = 0, most = j->facts.size + GROWTH;
	int64_t since = clock_monotonic();

	sha256_start(&r->lanes, 0);
	digests_start(d);
	for (;;) {
		long n = fill(j, code);

		if (n < 0)
			return READ_FAILED;
		if (pool_stopped(r->station->pool))
			return READ_STOPPED;
		if (read == 0)
			head_known(j, span_from(r->block, (size_t)n));
		read += (uint64_t)n;
		digests_add(d, r->block, (size_t)n);
		feed(r, r->block, (size_t)n, n < (long)READ_BLOCK);
		if (n < (long)READ_BLOCK)
			return read == j->facts.size ? READ_WHOLE : READ_AGAIN;
		if (is_over(j, &since, until) || read > most)
			return READ_TOO_LONG;
	}
}

/* Was it at rest while it was read? What it is now becomes what it was before the next try. */
static enum outcome at_rest(struct job *j, enum outcome o)
{
	struct nt_facts before = j->facts;

	if (o != READ_WHOLE && o != READ_AGAIN)
		return o;
	if (nt_facts(j->handle, &j->facts))
		return READ_FAILED;
	return o == READ_WHOLE && same(&before, &j->facts) ? READ_WHOLE : READ_AGAIN;
}

static void whole(struct job *j, struct digests *d)
{
	struct reader *r = j->reader;
	uint8_t md[SHA256_SIZE];

	sha256_digest(&r->lanes, 0, md);
	record_set_bytes(&j->record, FILE_SHA256, arena_copy(r->arena, span_from(md, sizeof md)));
	digests_finish(d, &j->record, r->arena);
	record_set_number(&j->record, FILE_CONTENT, j->facts.size ? CONTENT_HASHED : CONTENT_EMPTY);
	facts_set(j, j->sel.fields); /* as they were behind the last byte */
	atomic_fetch_add_explicit(&r->station->pool->files_read, 1, memory_order_relaxed);
}

static void failed(struct job *j, DWORD code)
{
	struct err e;
	int why = err_windows(&e, code, "unreadable now");

	j->finding.reason = why == ERR_DENIED                 ? GAP_DENIED
			    : code == ERROR_OPERATION_ABORTED ? GAP_TIMEOUT
							      : GAP_IO;
	snprintf(j->finding.text, sizeof j->finding.text, "%s", e.text);
	without(j, CONTENT_UNREADABLE);
}

static void ended(struct job *j, struct digests *d, enum outcome o, DWORD code)
{
	switch (o) {
	case READ_WHOLE:
		whole(j, d);
		break;
	case READ_AGAIN:
		j->finding = (struct finding){ GAP_UNSTABLE, "kept changing while it was read" };
		without(j, CONTENT_UNSTABLE);
		break;
	case READ_TOO_LONG:
		j->finding = (struct finding){ GAP_LIMIT, "takes too long to read" };
		without(j, CONTENT_TOO_LARGE);
		break;
	case READ_STOPPED:
		without(j, CONTENT_UNREADABLE); /* nobody waits for it any more */
		break;
	case READ_FAILED:
		failed(j, code);
		break;
	}
}

static void digest(struct job *j)
{
	const struct scan_options *o = j->reader->station->pool->options;
	unsigned seconds = o->file_seconds ? o->file_seconds : FILE_SECONDS;
	int64_t until = clock_monotonic() + TIME_NS(seconds);
	struct digests *d = digests_new(j->sel.fields);
	enum outcome outcome = READ_AGAIN;
	DWORD code = 0;

	for (unsigned i = 0; i < TRIES && outcome == READ_AGAIN; i++) {
		if (i && !SetFilePointerEx(j->handle, (LARGE_INTEGER){ 0 }, NULL, FILE_BEGIN)) {
			code = GetLastError();
			outcome = READ_FAILED;
			break;
		}
		code = ERROR_READ_FAULT;
		outcome = at_rest(j, read_through(j, d, until, &code));
	}
	ended(j, d, outcome, code);
	digests_free(d);
}

/* Only its first bytes are wanted. */
static void look_at_head(struct job *j)
{
	DWORD got = 0;

	if (ReadFile(j->handle, j->reader->block, FILE_PE_HEAD, &got, NULL)) {
		head_known(j, span_from(j->reader->block, got));
		record_set_number(&j->record, FILE_CONTENT, CONTENT_NOT_ASKED);
	} else {
		failed(j, GetLastError());
	}
}

bool content_set(struct job *j)
{
	const struct scan_options *o = j->reader->station->pool->options;
	uint64_t cap = o->size_cap ? o->size_cap : SIZE_CAP;

	if (j->sel.tested & field_bit(FILE_EXECUTABLE)) {
		look_at_head(j);
		if (!job_selected(j))
			return false;
		(void)SetFilePointerEx(j->handle, (LARGE_INTEGER){ 0 }, NULL, FILE_BEGIN);
	}
	if (!(j->sel.fields & FACTS_DIGESTS))
		look_at_head(j);
	else if (j->facts.size > cap)
		record_set_number(&j->record, FILE_CONTENT, CONTENT_TOO_LARGE);
	else
		digest(j);
	return true;
}
