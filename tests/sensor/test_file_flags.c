#include <linux/fs.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include "../check.h"
#include "core/attr.h"
#include "run.h"
#include "sensor/file/file_flags.h"

static const struct {
	uint32_t flags;
	const char *text;
} cases[] = {
	{ 0, "" }, { FS_IMMUTABLE_FL, "i" },
	{ FS_APPEND_FL | FS_IMMUTABLE_FL | FS_EXTENT_FL, "iae" },
	{ FS_SECRM_FL | FS_UNRM_FL | FS_SYNC_FL | FS_DIRSYNC_FL, "suSD" },
	{ FS_NODUMP_FL | FS_NOATIME_FL | FS_COMPR_FL | FS_NOCOMP_FL, "dAcm" },
	{ FS_VERITY_FL | FS_PROJINHERIT_FL | FS_CASEFOLD_FL | FS_INLINE_DATA_FL, "FNPV" },
	{ 0xffffffff, "suSDiadAcEjItTeCxFNPVm" }, /* libe2p's print_flags, all bits set */
};

static void texts_are_the_letters_of_lsattr(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);

		file_flags_text(cases[i].flags, &text);
		assert_string_equal(buf_text(&text), cases[i].text);
	}
}

static void drop_dashes(char *text)
{
	char *to = text;

	for (; *text; text++)
		if (*text != '-')
			*to++ = *text;
	*to = '\0';
}

static void lsattr_agrees(void **state)
{
	static const int tried[] = { 0, FS_NODUMP_FL, FS_NOATIME_FL, FS_SYNC_FL, FS_APPEND_FL,
		FS_IMMUTABLE_FL, FS_NOATIME_FL | FS_SYNC_FL | FS_NODUMP_FL, FS_NOCOW_FL,
		FS_COMPR_FL };
	char path[256], out[512], want[512];
	const char *const argv[] = { "lsattr", path, NULL };
	int fd, before = 0, agreed = 0;

	(void)state;
	scratch_file(path, sizeof path);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	for (size_t i = 0; i < ARRAY_LEN(tried) && ioctl(fd, FS_IOC_GETFLAGS, &before) == 0; i++) {
		AUTO(buf) text = BUF_INIT(BUF_MAX_DEFAULT);
		int flags = before | tried[i], is = 0;

		if (ioctl(fd, FS_IOC_SETFLAGS, &flags) < 0)
			continue; /* this file system does not have it */
		if (run(argv, out, sizeof out) && ioctl(fd, FS_IOC_GETFLAGS, &is) == 0) {
			out[strcspn(out, " ")] = '\0';
			drop_dashes(out);
			file_flags_text((uint32_t)is, &text);
			snprintf(want, sizeof want, "%s", buf_text(&text));
			agreed++;
		}
		ioctl(fd, FS_IOC_SETFLAGS, &before); /* or it could not be unlinked */
		assert_string_equal(out, want);
	}
	close(fd);
	unlink(path);
	if (agreed == 0)
		skip();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_are_the_letters_of_lsattr),
		cmocka_unit_test(lsattr_agrees),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
