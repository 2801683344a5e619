/* What the collector does on Linux and what has no counterpart here: packages explain no files, so
 * nothing is held until a package manager is done; no file is polled for its change time, since
 * whatever changes a file is heard of; names of one file are heard of folder by folder. Canaries
 * are what `invar doctor` does, when it is asked. */
#include "agent/collector/state.h"
#include "agent/health/pressure.h"
#include "agent/survey/listing.h"
#include "agent/survey/polled.h"

bool hold_take(struct hold *h, const struct look_again *l)
{
	(void)h, (void)l;
	return false;
}

bool hold_beside(struct hold *h, const struct look_again *l)
{
	(void)h, (void)l;
	return false;
}

void hold_settled(struct hold *h, uint32_t number)
{
	(void)h, (void)number;
}

size_t hold_count(const struct hold *h)
{
	(void)h;
	return 0;
}

uint32_t hold_for(const struct hold *h)
{
	(void)h;
	return 0;
}

/* What it would list is for the two above and below. */
int listing_tell(struct store *s, const struct policy *p, const struct listing_listener *l,
	struct err *e)
{
	(void)s, (void)p, (void)l, (void)e;
	return 0;
}

void polled_clear(struct polled *p)
{
	(void)p;
}

void polled_add(struct polled *p, struct span path, int64_t ctime)
{
	(void)p, (void)path, (void)ctime;
}

void linked_heard(struct collector *c, const struct other_name *x)
{
	(void)c, (void)x;
}

void linked_record(struct collector *c, const struct ledger_record *r)
{
	(void)c, (void)r;
}

void linked_known(struct collector *c, struct span path, const struct record *is)
{
	(void)c, (void)path, (void)is;
}

void linked_found(struct collector *c, struct span path)
{
	(void)c, (void)path;
}

void linked_searched(struct collector *c, const struct job *j)
{
	(void)c, (void)j;
}

bool linked_waits(const struct collector *c)
{
	(void)c;
	return false;
}

/* The surveying process runs in background mode: the system lets others go first. */
void pressure_wait(const char *folder, unsigned percent)
{
	(void)folder, (void)percent;
}

void health_record(struct collector *c, const struct ledger_record *r)
{
	(void)c, (void)r;
}

const char *health_trouble(const struct collector *c)
{
	(void)c;
	return NULL;
}

void health_counts(struct collector *c)
{
	(void)c;
}

void health_scanned(struct collector *c, const struct job *j)
{
	(void)c, (void)j;
}

void health_means(struct collector *c, const struct means *x)
{
	(void)c, (void)x;
}

void health_watcher(struct collector *c)
{
	(void)c;
}

void health_canary(struct collector *c, const struct canary *x)
{
	(void)c, (void)x;
}

void health_canaries(struct collector *c, struct buf *ret)
{
	(void)c;
	buf_add_text(ret, "[]");
}
