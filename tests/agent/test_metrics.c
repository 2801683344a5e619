#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../check.h"
#include "agent/health/metrics.h"

struct fixture {
	char folder[64], path[96];
	struct event_base *base;
	struct metrics *m;
	unsigned gathered, failed, writers;
};

/* A file system that does not answer, for the process that writes. */
static bool hangs;
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to)
{
	while (hangs)
		pause();
	return __real_rename(from, to);
}

static void gather(void *ctx, struct metrics *m)
{
	struct fixture *f = ctx;

	f->gathered++;
	metrics_gauge(m, METRICS_LEDGER_SEQ, 4711);
	metrics_memory(m, "collector", (uint32_t)getpid());
}

static void failed(void *ctx, const struct err *why)
{
	(void)why;
	((struct fixture *)ctx)->failed++;
}

static void writer(void *ctx, uint32_t pid)
{
	assert_true(pid > 0);
	((struct fixture *)ctx)->writers++;
}

static void setup_patient(struct fixture *f, unsigned ms)
{
	struct metrics_hooks hooks = { f, ms, gather, failed, writer };
	struct err e;

	*f = (struct fixture){ .folder = "build/metrics.XXXXXX" };
	assert_non_null(mkdtemp(f->folder));
	(void)snprintf(f->path, sizeof f->path, "%s/invar.prom", f->folder);
	f->base = event_base_new();
	assert_int_equal(metrics_new(&f->m, f->base, f->path, &hooks, &e), 0);
}

static void setup(struct fixture *f)
{
	setup_patient(f, METRICS_PATIENCE_MS);
}

static void teardown(struct fixture *f)
{
	metrics_free(f->m);
	event_base_free(f->base);
	(void)unlink(f->path);
	assert_int_equal(rmdir(f->folder), 0); /* nothing half written is left */
}

static struct ledger_record changed(int64_t happened)
{
	struct ledger_record r = { .type = RECORD_CHANGE, .time = 5000000000 };

	r.change = (struct change){ .type = CHANGE_UPDATED,
		.kind = kind_find(span_of("file")),
		.severity = SEVERITY_HIGH,
		.observed = OBSERVED_REALTIME,
		.happened = happened };
	return r;
}

static void fill(struct metrics *m)
{
	struct ledger_record change = changed(5000000000 - 30000000);
	struct ledger_record loss = { .type = RECORD_LOSS, .loss.count = 12 };
	struct ledger_record repair = { .type = RECORD_REPAIR };
	struct ledger_record gap = { .type = RECORD_GAP, .gap.kind = kind_find(span_of("port")) };
	struct metrics_scan scan = { "quick", 1, 2000000001, 100, 1000, 2 };
	struct canary hostile = { .kind = kind_find(span_of("file")),
		.scope = span_of("/mnt/\"a\\b\n\xff}"),
		.seen = true,
		.latency = 2000000 };
	struct count counts[] = { { span_of("events"), 7 }, { span_of("events_filtered"), 5 } };

	metrics_record(m, &change);
	metrics_record(m, &loss);
	metrics_record(m, &repair);
	metrics_record(m, &gap);
	metrics_scanned(m, &scan);
	metrics_canary(m, &hostile);
	metrics_counts(m, counts, ARRAY_LEN(counts));
	metrics_roles(m, span_of("[{\"role\":\"parent\",\"pid\":1}, {\"pid\":\"x\"}]"));
	metrics_routes(m, span_of("[{\"name\":\"siem\",\"cursor\":12,\"lag\":3,\"lost\":1,"
				  "\"failures\":2}, 5]"));
}

static void read_file(const char *path, struct buf *ret)
{
	FILE *f = fopen(path, "r");
	char *room = buf_room(ret, 65536);

	assert_non_null(f);
	ret->n += fread(room, 1, 65536, f);
	(void)fclose(f);
}

static void expect(struct buf *text, const char *line)
{
	if (!strstr(buf_text(text), line))
		fail_msg("no line '%s' in:\n%s", line, buf_text(text));
}

static void the_file_has_the_numbers(void **state)
{
	struct fixture f;
	AUTO(buf) text = BUF_INIT(1 << 20);
	struct stat st;

	(void)state;
	setup(&f);
	fill(f.m);
	event_base_dispatch(f.base); /* ends: no timer runs when nothing happens */
	assert_int_equal(f.gathered, 1);
	assert_int_equal(f.writers, 1); /* its acts are told as ours before it writes */
	read_file(f.path, &text);
	expect(&text, "invar_build_info{version=\"" INVAR_VERSION "\"} 1\n");
	expect(&text, "invar_changes_total{kind=\"file\",severity=\"high\",verdict=\"unexplained\","
		      "observed=\"realtime\"} 1\n");
	expect(&text, "invar_detection_latency_seconds_bucket{kind=\"file\",le=\"0.025\"} 0\n");
	expect(&text, "invar_detection_latency_seconds_bucket{kind=\"file\",le=\"0.05\"} 1\n");
	expect(&text, "invar_detection_latency_seconds_count{kind=\"file\"} 1\n");
	expect(&text, "invar_losses_total 1\n");
	expect(&text, "invar_lost_events_total 12\n");
	expect(&text, "invar_gaps_total{kind=\"port\"} 1\n");
	expect(&text, "invar_scan_duration_seconds{scan=\"quick\"} 2\n");
	expect(&text, "invar_canary_latency_seconds{kind=\"file\",scope=\"/mnt/"
		      "\\\"a\\\\x5cb\\\\x0a\\\\xff}"
		      "\"} 0.002");
	expect(&text, "invar_watch_counts_total{name=\"events_filtered\"} 5\n");
	expect(&text, "invar_route_lost_records_total{route=\"siem\"} 1\n");
	expect(&text, "invar_ledger_seq 4711\n");
	expect(&text, "invar_resident_memory_bytes{role=\"collector\"} ");
	expect(&text, "invar_resident_memory_bytes{role=\"parent\"} ");
	assert_int_equal(stat(f.path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	teardown(&f);
}

static void promtool_finds_nothing(void **state)
{
	struct fixture f;
	int status;
	pid_t pid;

	(void)state;
	if (access("/usr/bin/promtool", X_OK) < 0)
		skip();
	setup(&f);
	fill(f.m);
	event_base_dispatch(f.base);
	pid = fork();
	if (pid == 0) {
		int fd = open(f.path, O_RDONLY);

		dup2(fd, STDIN_FILENO);
		execl("/usr/bin/promtool", "promtool", "check", "metrics", (char *)NULL);
		_exit(127);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	teardown(&f);
}

static void it_is_not_written_again_at_once(void **state)
{
	struct fixture f;
	struct ledger_record r = changed(0);
	struct stat first, second;

	(void)state;
	setup(&f);
	event_base_dispatch(f.base);
	assert_int_equal(stat(f.path, &first), 0);
	metrics_record(f.m, &r);
	event_base_loop(f.base, EVLOOP_NONBLOCK);
	assert_int_equal(stat(f.path, &second), 0);
	assert_true(first.st_ino == second.st_ino);
	assert_int_equal(f.gathered, 1);
	teardown(&f);
}

static void a_folder_that_is_gone_is_told_once(void **state)
{
	struct fixture f;
	struct metrics_hooks hooks = { &f, METRICS_PATIENCE_MS, NULL, failed, NULL };
	struct err e;

	(void)state;
	f = (struct fixture){ .base = event_base_new() };
	assert_int_equal(metrics_new(&f.m, f.base, "build/no/such/invar.prom", &hooks, &e), 0);
	event_base_dispatch(f.base);
	assert_int_equal(f.failed, 1);
	metrics_free(f.m);
	event_base_free(f.base);
}

/* It waits alone, and is left. */
static void a_file_system_that_hangs_is_told(void **state)
{
	struct fixture f;
	struct ledger_record r = changed(0);
	char path[128];

	(void)state;
	hangs = true;
	setup_patient(&f, 20);
	event_base_dispatch(f.base);
	assert_int_equal(f.failed, 1);
	assert_non_null(metrics_trouble(f.m));
	assert_non_null(strstr(metrics_trouble(f.m), "does not answer"));
	assert_int_equal(access(f.path, F_OK), -1);
	metrics_record(f.m, &r); /* due: the end does not wait for long either */
	metrics_free(f.m);
	event_base_free(f.base);
	hangs = false;
	(void)snprintf(path, sizeof path, "%s.new", f.path);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(f.folder), 0);
}

static void hostile_routes_are_left_out(void **state)
{
	static const char *const texts[] = { "", "[", "{}", "[[]]", "[{\"name\":7}]", "null",
		"[{\"name\":\"x\",\"cursor\":-5,\"lag\":\"a\"}]" };
	struct fixture f;

	(void)state;
	setup(&f);
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		AUTO(buf) text = BUF_INIT(1 << 20);

		metrics_routes(f.m, span_of(texts[i]));
		metrics_print(f.m, &text);
		assert_int_equal(strstr(buf_text(&text), "invar_route_cursor{") != NULL, i == 6);
	}
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_file_has_the_numbers),
		cmocka_unit_test(promtool_finds_nothing),
		cmocka_unit_test(it_is_not_written_again_at_once),
		cmocka_unit_test(a_folder_that_is_gone_is_told_once),
		cmocka_unit_test(a_file_system_that_hangs_is_told),
		cmocka_unit_test(hostile_routes_are_left_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
