/* What metrics.c counts and metrics_text.c prints. */
#ifndef AGENT_HEALTH_METRICS_DATA_H
#define AGENT_HEALTH_METRICS_DATA_H

#include "agent/health/metrics.h"

#define METRICS_BUCKETS 14
#define METRICS_COUNTS_MAX 64
#define METRICS_ROUTES_MAX 64
#define METRICS_ROLES_MAX 8
#define METRICS_SCANS_MAX 8
#define METRICS_NAME_MAX 64

extern const double metrics_buckets[METRICS_BUCKETS]; /* upper bounds, seconds */

struct histogram {
	uint64_t in[METRICS_BUCKETS + 1]; /* the last: above all bounds */
	uint64_t n;
	double sum; /* seconds */
};

struct metrics_data {
	int64_t started;
	uint64_t changes[KIND_IDS][SEVERITY_N][VERDICT_N][OBSERVED_N];
	uint64_t gaps[KIND_IDS];
	uint64_t losses, lost, repairs;
	struct histogram latency[KIND_IDS];
	struct {
		const char *name;
		uint64_t runs, bytes;
		struct metrics_scan last;
	} scans[METRICS_SCANS_MAX];
	size_t n_scans;
	struct canary_row {
		const struct kind *kind;
		char scope[256]; /* NUL behind it; longer ones are cut */
		uint64_t seen, missed;
		double latency;
		int64_t heard;
	} * canaries; /* CANARY_PLACES_MAX */
	size_t n_canaries;
	struct {
		char name[METRICS_NAME_MAX];
		uint64_t value;
	} counts[METRICS_COUNTS_MAX];
	size_t n_counts;
	uint64_t gauges[METRICS_GAUGE_N];
	unsigned gauges_known; /* bits */
	struct {
		char name[METRICS_NAME_MAX];
		uint64_t bytes;
	} roles[METRICS_ROLES_MAX];
	size_t n_roles;
	struct {
		char name[METRICS_NAME_MAX];
		uint64_t cursor, lag, lost, failures;
	} routes[METRICS_ROUTES_MAX];
	size_t n_routes;
};

/* Cut to max - 1 bytes, NUL behind it. */
void metrics_name(char *ret, size_t max, struct span s);
/* Calls back with each role's name and pid. */
void metrics_each_role(struct span json, void (*each)(void *ctx, const char *role, uint32_t pid),
	void *ctx);
void metrics_read_routes(struct metrics_data *d, struct span json);
void metrics_text(const struct metrics_data *d, struct buf *ret);

#endif
