/* Which places show a path of a file system. */
#include "../check.h"
#include "core/attr.h"
#include "watch/files/mount_map.h"

/* A root; a second disk with two bind mounts of it; one over-mounted; one stacked; a bound file. */
static const char table[] =
	"1 0 8:1 / / rw - ext4 /dev/sda1 rw\n"
	"2 1 8:2 / /srv rw,relatime shared:7 master:3 - xfs /dev/sdb rw\n"
	"3 1 8:2 /www /var/www rw - xfs /dev/sdb rw\n"
	"4 1 8:3 / /mnt/a rw - ext4 /dev/sdc rw\n"
	"5 1 0:9 / /mnt rw - tmpfs x rw\n"      /* over the folder that 4 is in */
	"6 2 0:8 / /srv/data rw - tmpfs x rw\n" /* over a folder of 2 */
	"7 1 0:7 / /opt rw - tmpfs x rw\n"
	"8 7 8:2 /opt /opt rw - xfs /dev/sdb rw\n" /* right over 7 */
	"9 7 0:6 / /opt/sub rw - tmpfs x rw\n"     /* was on 7 before: not to be seen */
	"10 1 8:2 /etc/hosts /etc/hosts rw - xfs /dev/sdb rw\n"
	"11 1 0:5 / /with\\040blank\\134 rw - tmpfs x ro\n"
	"not a line\n"
	"12 1 8 / /x rw - ext4 a rw\n"
	"13 1 8:9 / relative rw - ext4 a rw\n"
	"14 1 8:9 / /y rw shared:1\n"
	"\n";

static const struct mount_row *row(const struct mount_map *m, uint32_t id)
{
	for (size_t i = 0; i < m->n; i++)
		if (m->row[i].id == id)
			return &m->row[i];
	return NULL;
}

static void rows(void **state)
{
	static const struct {
		uint32_t id;
		const char *point;
		bool hidden;
	} cases[] = {
		{ 1, "/", false },
		{ 2, "/srv", false },
		{ 3, "/var/www", false },
		{ 4, "/mnt/a", true },
		{ 5, "/mnt", false },
		{ 6, "/srv/data", false },
		{ 7, "/opt", true },
		{ 8, "/opt", false },
		{ 9, "/opt/sub", true },
		{ 10, "/etc/hosts", false },
		{ 11, "/with blank\\", false },
	};
	AUTO_FREE(mount_map) m = mount_map_new(span_of(table));

	(void)state;
	assert_int_equal(m->n, ARRAY_LEN(cases));
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct mount_row *r = row(m, cases[i].id);

		assert_non_null(r);
		assert_true(span_is(r->point, cases[i].point));
		assert_int_equal(r->hidden, cases[i].hidden);
	}
	assert_int_equal(row(m, 2)->device, UINT64_C(8) << 32 | 2);
	assert_true(span_is(row(m, 2)->options, "rw,relatime,rw"));
}

static void inside_and_outside(void **state)
{
	static const struct {
		uint32_t seen_by;
		const char *path, *inside; /* inside NULL: not below that mount */
		uint32_t by;
		const char *outside; /* NULL: not shown there */
	} cases[] = {
		{ 2, "/srv/www/x", "/www/x", 3, "/var/www/x" },
		{ 2, "/srv/www", "/www", 3, "/var/www" },
		{ 2, "/srv", "/", 3, NULL },
		{ 2, "/srv/wwwx", "/wwwx", 3, NULL },
		{ 3, "/var/www/a/b", "/www/a/b", 2, "/srv/www/a/b" },
		{ 3, "/var/www", "/www", 2, "/srv/www" },
		{ 3, "/var/wwwx", NULL, 2, NULL },
		{ 2, "/srv/data/x", "/data/x", 2, NULL }, /* something else lies there */
		{ 2, "/srv/datax", "/datax", 2, "/srv/datax" },
		{ 2, "/srv/opt/x", "/opt/x", 8, "/opt/x" },
		{ 1, "/opt/x", "/opt/x", 1, NULL },
		{ 1, "/etc", "/etc", 1, "/etc" },
		{ 1, "/", "/", 1, "/" },
		{ 4, "/mnt/a/x", "/x", 4, NULL }, /* hidden */
		{ 2, "/srv/etc/hosts", "/etc/hosts", 10, "/etc/hosts" },
	};
	AUTO_FREE(mount_map) m = mount_map_new(span_of(table));
	AUTO_FREE(arena) a = arena_new();

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span in, out;
		bool is =
			mount_map_inside(row(m, cases[i].seen_by), span_of(cases[i].path), a, &in);

		assert_int_equal(is, cases[i].inside != NULL);
		if (!is)
			continue;
		assert_true(span_is(in, cases[i].inside));
		is = mount_map_outside(m, row(m, cases[i].by), in, a, &out);
		if (is != (cases[i].outside != NULL))
			print_error("case %zu\n", i);
		assert_int_equal(is, cases[i].outside != NULL);
		if (is)
			assert_true(span_is(out, cases[i].outside));
	}
}

static void find(void **state)
{
	static const struct {
		const char *path;
		uint32_t id;
	} cases[] = { { "/", 1 }, { "/etc/passwd", 1 }, { "/etc/hosts", 10 }, { "/srv/x", 2 },
		{ "/srv/data", 6 }, { "/srv/data/x", 6 }, { "/opt/sub/x", 8 }, { "/mnt/a/x", 5 },
		{ "/srvx", 1 } };
	AUTO_FREE(mount_map) m = mount_map_new(span_of(table));

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_int_equal(mount_map_find(m, span_of(cases[i].path))->id, cases[i].id);
	assert_true(mount_map_is_point(m, span_of("/srv/data")));
	assert_false(mount_map_is_point(m, span_of("/mnt/a")));
	assert_false(mount_map_is_point(m, span_of("/srv/data/x")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows),
		cmocka_unit_test(inside_and_outside),
		cmocka_unit_test(find),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
