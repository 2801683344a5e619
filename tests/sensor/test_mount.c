#include "entity/mount.h"
#include "room.h"
#include "sensor/mount/mount_info.h"
#include "sensor/mount/mount_room.h"

#define SKIP \
	(field_bit(MOUNT_DEVICE) | field_bit(MOUNT_SUPER_OPTIONS) | field_bit(MOUNT_MOUNTED) | \
		field_bit(MOUNT_NOSUID) | field_bit(MOUNT_NODEV) | field_bit(MOUNT_NOEXEC))

static const char *root;

static int setup(void **state)
{
	(void)state;
	root = room_root();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	room_root_done(root);
	return 0;
}

static void lines_of_the_table(void **state)
{
	static const struct {
		const char *line, *is; /* NULL: no line */
	} cases[] = {
		{ "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue",
			"98:0|/mnt1|/mnt2|rw,noatime|slave|ext3|/dev/root|rw,errors=continue" },
		{ "1 2 0:3 / /a\\040b\\134\\012 ro shared:1 master:2 - t s\\011 rw",
			"0:3|/|/a b\\\n|ro|shared,slave|t|s\t|rw" },
		{ "1 2 0:3 / /a ro propagate_from:2 - t s rw", "0:3|/|/a|ro|private|t|s|rw" },
		{ "1 2 0:3 / /a ro unbindable - t  rw", "0:3|/|/a|ro|unbindable|t||rw" },
		{ "1 2 0:3 / /a\\4\\999 ro - t s rw", "0:3|/|/a\\4\\999|ro|private|t|s|rw" },
		{ "", NULL },
		{ "1 2 0:3 / /a ro t s rw", NULL },
		{ "1 2 0:3 / a ro - t s rw", NULL },
		{ "1 2 x:3 / /a ro - t s rw", NULL },
		{ "1 99999999999 0:3 / /a ro - t s rw", NULL },
		{ "1 2 0:3 / /a ro - t s", NULL },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(buf) b = BUF_INIT(4096);
		struct span propagation;
		struct mount_line m;
		struct err e;
		int r = mount_line_parse(span_of(cases[i].line), a, &m, &e);

		assert_int_equal(r, cases[i].is ? 0 : ERR_FORMAT);
		if (r < 0)
			continue;
		propagation = mount_propagation(m.tags, a);
		buf_addf(&b, "%u:%u|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s|%.*s", m.major, m.minor,
			SPAN_ARG(m.root), SPAN_ARG(m.point), SPAN_ARG(m.options),
			SPAN_ARG(propagation), SPAN_ARG(m.type), SPAN_ARG(m.source),
			SPAN_ARG(m.super_options));
		assert_string_equal(buf_text(&b), cases[i].is);
	}
}

static void lines_of_fstab(void **state)
{
	static const struct {
		const char *line;
		int rc;
		const char *is;
	} cases[] = {
		{ "UUID=1 /\text4  errors=remount-ro 0 1", 1, "UUID=1|/|ext4|errors=remount-ro" },
		{ "  tmpfs /a\\040b/ tmpfs", 1, "tmpfs|/a b|tmpfs|" },
		{ "# /dev/x /y ext4", 0, "" },
		{ "", 0, "" },
		{ "   ", 0, "" },
		{ "/dev/x none swap sw 0 0", 0, "" },
		{ "/dev/x /y", ERR_FORMAT, "" },
		{ "/dev/x y ext4", ERR_FORMAT, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO_FREE(arena) a = arena_new();
		AUTO(buf) b = BUF_INIT(4096);
		struct fstab_line f;
		struct err e;

		assert_int_equal(fstab_line_parse(span_of(cases[i].line), a, &f, &e), cases[i].rc);
		if (cases[i].rc <= 0)
			continue;
		buf_addf(&b, "%.*s|%.*s|%.*s|%.*s", SPAN_ARG(f.source), SPAN_ARG(f.point),
			SPAN_ARG(f.type), SPAN_ARG(f.options));
		assert_string_equal(buf_text(&b), cases[i].is);
	}
}

static void the_table_is_met_with_fstab(void **state)
{
	(void)state;
	room_text(root, "proc/1/mountinfo",
		"27 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw,discard\n"
		"30 27 0:26 / /tmp rw,nodev - tmpfs tmpfs rw\n"
		"31 27 254:0 /x /etc/shadow rw - ext4 /dev/vda rw\n"
		"34 27 254:0 /.#x7ab1//deleted /gone rw - ext4 /dev/vda rw\n"
		"32 27 0:30 / /proc rw,nosuid - proc proc rw\n"
		"33 27 0:30 / /proc rw,nosuid - proc proc ro\n"
		"34 27 0:31 / /cd ro - iso9660 /dev/sr0 ro\n"
		"35 27 0:32 / /opt rw - xfs /dev/vdd rw\n");
	room_text(root, "etc/fstab",
		"/dev/vda / ext4 defaults 0 1\n"
		"tmpfs /tmp tmpfs noexec,nosuid,size=1G\n"
		"/dev/vdb /srv ext4 nofail\n"
		"/dev/vdc /home ext4 ro\n"
		"/dev/sr0 /cd udf,iso9660 user,noauto\n"
		"/dev/vdd /opt ext4 defaults\n");
	assert_string_equal(room_run(&sensor_mount, root, SKIP),
		"/ source=/dev/vda type=ext4 options=relatime, rw root=/ propagation=shared"
		" covered=false bind=false read_only=false fstab_source=/dev/vda fstab_type=ext4"
		" fstab_options=defaults differs=false\n"
		"/cd source=/dev/sr0 type=iso9660 options=ro root=/ propagation=private"
		" covered=false bind=false read_only=true fstab_source=/dev/sr0"
		" fstab_type=udf,iso9660 fstab_options=noauto, user differs=false\n"
		"/etc/shadow source=/dev/vda type=ext4 options=rw root=/x propagation=private"
		" covered=false bind=true read_only=false\n"
		"/gone source=/dev/vda type=ext4 options=rw root=//deleted propagation=private"
		" covered=false bind=true read_only=false\n"
		"/home fstab_source=/dev/vdc fstab_type=ext4 fstab_options=ro differs=true\n"
		"/opt source=/dev/vdd type=xfs options=rw root=/ propagation=private"
		" covered=false bind=false read_only=false fstab_source=/dev/vdd fstab_type=ext4"
		" fstab_options=defaults differs=true\n"
		"/proc source=proc type=proc options=nosuid, rw root=/ propagation=private"
		" covered=true bind=false read_only=false\n"
		"/proc#2 source=proc type=proc options=nosuid, rw root=/ propagation=private"
		" covered=false bind=false read_only=true automount=false\n"
		"/srv fstab_source=/dev/vdb fstab_type=ext4 fstab_options=nofail differs=false\n"
		"/tmp source=tmpfs type=tmpfs options=nodev, rw root=/ propagation=private"
		" covered=false bind=false read_only=false fstab_source=tmpfs fstab_type=tmpfs"
		" fstab_options=noexec, nosuid, size=1G lacks=noexec, nosuid differs=true\n");
}

/* An image has no mount table: fstab is all there is to say. */
static void an_image_has_its_fstab(void **state)
{
	(void)state;
	room_text(root, "etc/fstab", "/dev/vda / ext4 defaults 0 1\n");
	assert_string_equal(room_run(&sensor_mount, root, 0),
		"/ fstab_source=/dev/vda fstab_type=ext4 fstab_options=defaults\n");
}

static void bad_lines_are_one_gap_each(void **state)
{
	(void)state;
	room_text(root, "proc/1/mountinfo",
		"what\n27 1 254:0 / / rw - ext4 /dev/vda rw\n\x01\xff\n");
	room_text(root, "etc/fstab", "\n/dev/vda\n");
	assert_string_equal(room_run(&sensor_mount, root, SKIP),
		"/ source=/dev/vda type=ext4 options=rw root=/ propagation=private covered=false"
		" bind=false read_only=false\n"
		"gap … format: '/etc/fstab' line 2: no type of a file system (1 such line)\n"
		"gap … format: '/proc/1/mountinfo' line 1: no numbers in front (2 such lines)\n");
}

static void what_is_never_the_same_is_left_out(void **state)
{
	(void)state;
	room_text(root, "proc/1/mountinfo",
		"9 1 0:3 / /x rw - autofs systemd-1 rw,fd=29,pgrp=1,timeout=0,pipe_ino=7\n");
	(void)room_run(&sensor_mount, root, 0);
	assert_non_null(strstr(room_find("/x"), " super_options=rw, timeout=0 root=/ "));
}

/* What an automount brings is told from what somebody lays over it, or over anything else. */
static void automounts_are_told(void **state)
{
	(void)state;
	room_text(root, "proc/1/mountinfo",
		"27 1 0:3 / /efi rw - autofs systemd-1 rw\n"
		"28 27 8:1 / /efi rw - vfat /dev/sda1 rw\n"
		"29 28 0:4 / /efi rw - tmpfs none rw\n");
	(void)room_run(&sensor_mount, root, 0);
	assert_null(strstr(room_find("/efi"), "automount="));
	assert_non_null(strstr(room_find("/efi#2"), " automount=true"));
	assert_non_null(strstr(room_find("/efi#3"), " automount=false"));
}

static void this_host_has_a_root(void **state)
{
	(void)state;
	(void)room_run(&sensor_mount, NULL, 0);
	assert_non_null(room_find("/"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_of_the_table),
		cmocka_unit_test(lines_of_fstab),
		cmocka_unit_test_setup_teardown(the_table_is_met_with_fstab, setup, teardown),
		cmocka_unit_test_setup_teardown(an_image_has_its_fstab, setup, teardown),
		cmocka_unit_test_setup_teardown(bad_lines_are_one_gap_each, setup, teardown),
		cmocka_unit_test_setup_teardown(what_is_never_the_same_is_left_out, setup,
			teardown),
		cmocka_unit_test_setup_teardown(automounts_are_told, setup, teardown),
		cmocka_unit_test(this_host_has_a_root),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
