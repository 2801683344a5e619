#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "../check.h"
#include "core/buf.h"
#include "host/ldcache.h"

static void put(struct buf *b, uint32_t n)
{
	buf_add(b, &n, sizeof n);
}

/* A cache of these paths, ended by NULL; `count` is what its head says. */
static void make(struct buf *b, const char *const *paths, uint32_t count)
{
	uint32_t at = 48;

	for (const char *const *p = paths; *p; p++)
		at += 24;
	buf_add_text(b, "glibc-ld.so.cache1.1");
	put(b, count);
	for (unsigned i = 0; i < 6; i++)
		put(b, 0);
	for (const char *const *p = paths; *p; p++) {
		put(b, 0x303);
		put(b, at);
		put(b, at);
		for (unsigned i = 0; i < 3; i++)
			put(b, 0);
		at += (uint32_t)strlen(*p) + 1;
	}
	for (const char *const *p = paths; *p; p++)
		buf_add(b, *p, strlen(*p) + 1);
}

static int gather(void *ctx, struct span name, struct span path)
{
	(void)name;
	buf_addf(ctx, "%.*s ", SPAN_ARG(path));
	return span_is(path, "/stop") ? 7 : 0;
}

static void every_path_is_told(void **state)
{
	static const char *const paths[] = { "/lib/a.so.1", "/usr/local/lib/b.so", NULL };
	AUTO(buf) cache = BUF_INIT(4096);
	AUTO(buf) seen = BUF_INIT(4096);
	struct err e;

	(void)state;
	make(&cache, paths, 2);
	assert_int_equal(ldcache_each(buf_span(&cache), gather, &seen, &e), 0);
	assert_string_equal(buf_text(&seen), "/lib/a.so.1 /usr/local/lib/b.so ");
}

static void the_caller_may_end_it(void **state)
{
	static const char *const paths[] = { "/stop", "/lib/b.so", NULL };
	AUTO(buf) cache = BUF_INIT(4096);
	AUTO(buf) seen = BUF_INIT(4096);
	struct err e;

	(void)state;
	make(&cache, paths, 2);
	assert_int_equal(ldcache_each(buf_span(&cache), gather, &seen, &e), 7);
	assert_string_equal(buf_text(&seen), "/stop ");
}

static void what_leads_nowhere_is_refused(void **state)
{
	static const char *const paths[] = { "/lib/a.so.1", NULL };
	AUTO(buf) cache = BUF_INIT(4096);
	AUTO(buf) seen = BUF_INIT(4096);
	struct err e;

	(void)state;
	make(&cache, paths, 1);
	/* each shorter one: its head, its entry or its path is cut off */
	for (size_t n = 0; n < cache.n; n++) {
		char *exact = malloc(n + 1);

		memcpy(exact, cache.p, n);
		assert_int_equal(ldcache_each(span_from(exact, n), gather, &seen, &e), ERR_FORMAT);
		free(exact);
	}
	buf_clear(&cache);
	make(&cache, paths, UINT32_MAX);
	assert_int_equal(ldcache_each(buf_span(&cache), gather, &seen, &e), ERR_FORMAT);
}

/* This host's own, when it has one: what ldconfig wrote can be read. */
static void a_real_one_is_read(void **state)
{
	AUTO(buf) cache = BUF_INIT(LDCACHE_MAX);
	AUTO(buf) seen = BUF_INIT(LDCACHE_MAX);
	FILE *f = fopen("/etc/ld.so.cache", "r");
	struct err e;
	size_t n;

	(void)state;
	if (!f)
		skip();
	while ((n = fread(buf_room(&cache, 4096), 1, 4096, f)) > 0)
		cache.n += n;
	fclose(f);
	assert_int_equal(ldcache_each(buf_span(&cache), gather, &seen, &e), 0);
	assert_non_null(strstr(buf_text(&seen), "/libc.so.6 "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_path_is_told),
		cmocka_unit_test(the_caller_may_end_it),
		cmocka_unit_test(what_leads_nowhere_is_refused),
		cmocka_unit_test(a_real_one_is_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
