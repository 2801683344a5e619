#include <fcntl.h>

#include "entity/boot.h"
#include "room.h"
#include "sensor/boot/boot_efi.h"
#include "sensor/boot/boot_room.h"
#include "sensor/boot/boot_text.h"

#define GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define EFIVARS "sys/firmware/efi/efivars/"

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

static void names_of_boot_files(void **state)
{
	static const struct {
		const char *name;
		enum boot_file is;
		const char *release;
	} cases[] = {
		{ "vmlinuz-6.1.0-28-amd64", BOOT_FILE_KERNEL, "6.1.0-28-amd64" },
		{ "initrd.img-6.1.0-28-amd64", BOOT_FILE_INITRAMFS, "6.1.0-28-amd64" },
		{ "initramfs-5.14.0.img", BOOT_FILE_INITRAMFS, "5.14.0" },
		{ "initramfs-5.14.0.tmp", BOOT_FILE_OTHER, "" },
		{ "intel-ucode.img", BOOT_FILE_INITRAMFS, "" },
		{ "vmlinuz-", BOOT_FILE_OTHER, "" },
		{ "System.map-6.1", BOOT_FILE_OTHER, "" },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct span release;

		assert_int_equal(boot_file_of(span_of(cases[i].name), &release), cases[i].is);
		if (cases[i].is != BOOT_FILE_OTHER)
			assert_true(span_is(release, cases[i].release));
	}
}

static void what_loaders_are_told(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct span rest = span_of("# linux x\nmenuentry 'a' {\n\tlinux\t/vmlinuz-1 root=/dev/x "
				   " ro $vt_handoff \n}\n linuxefi /v2\nlinux\n");
	struct boot_entry x;

	(void)state;
	assert_true(boot_grub_entry(&rest, &x));
	assert_true(span_is(x.kernel, "/vmlinuz-1"));
	assert_true(span_is(boot_options(x.options, a), "root=/dev/x ro"));
	assert_true(boot_grub_entry(&rest, &x));
	assert_true(span_is(x.kernel, "/v2") && x.options.n == 0);
	assert_false(boot_grub_entry(&rest, &x));
	assert_true(boot_loader_entry(span_of("title a\nlinux /v\noptions  a b \n"), &x));
	assert_true(span_is(x.kernel, "/v") && span_is(x.options, "a b"));
	assert_false(boot_loader_entry(span_of("title a\n"), &x));
	assert_true(span_is(boot_chosen(span_of("none [a] b\n")), "a"));
	assert_true(span_is(boot_chosen(span_of("none [a b\n")), "none [a b"));
	assert_true(
		span_is(boot_cpuinfo(span_of("a\t: 1\nmicrocode\t: 0x11\n"), "microcode"), "0x11"));
	assert_true(
		span_is(boot_efi_description(
				span_from("\7\0\0\0\1\0\0\0\2\0d\0\xe9\0\x42\x30\0\0x\0", 20), a),
			"d\xc3\xa9\xe3\x81\x82"));
	assert_int_equal(boot_efi_description(span_of("abc"), a).n, 0);
}

static void a_machine(void **state)
{
	(void)state;
	room_text(root, "proc/sys/kernel/osrelease", "6.1.0-9-amd64\n");
	room_text(root, "proc/cmdline",
		"BOOT_IMAGE=/boot/vmlinuz-6.1.0-9-amd64 root=/dev/vda1 ro init=/bin/sh\n");
	room_text(root, "boot/vmlinuz-6.1.0-9-amd64", "nine");
	room_text(root, "boot/vmlinuz-6.1.0-28-amd64", "twenty-eight");
	room_text(root, "boot/initrd.img-6.1.0-9-amd64", "ram");
	room_text(root, "boot/config-6.1.0-9-amd64", "n");
	room_text(root, "boot/grub/grub.cfg",
		"linux /boot/vmlinuz-6.1.0-28-amd64 root=/dev/vda1 ro\n"
		"linux /boot/vmlinuz-6.1.0-9-amd64 root=/dev/vda1 ro\n");
	room_text(root, "boot/grub/grubenv", "x");
	room_text(root, "boot/grub/i386-pc/a.mod", "a");
	room_text(root, "boot/grub/i386-pc/b.mod", "b");
	room_text(root, "boot/grub/fonts/unicode.pf2", "b");
	room_text(root, "boot/efi/EFI/debian/shimx64.EFI", "shim");
	room_text(root, "boot/efi/EFI/debian/BOOTX64.CSV", "csv");
	room_text(root, "boot/loader/entries/a.conf", "linux /x\n");
	assert_string_equal(room_run(&sensor_boot, root, field_bit(BOOT_SHA256)),
		"cmdline type=command-line"
		" value=BOOT_IMAGE=/boot/vmlinuz-6.1.0-9-amd64 root=/dev/vda1 ro init=/bin/sh"
		" configured=root=/dev/vda1 ro differs=true\n"
		"efi:/boot/efi/EFI/debian/shimx64.EFI type=efi size=4 bytes\n"
		"initramfs:/boot/initrd.img-6.1.0-9-amd64 type=initramfs size=3 bytes"
		" release=6.1.0-9-amd64 running=true\n"
		"kernel:/boot/vmlinuz-6.1.0-28-amd64 type=kernel size=12 bytes"
		" release=6.1.0-28-amd64 running=false newest=true\n"
		"kernel:/boot/vmlinuz-6.1.0-9-amd64 type=kernel size=4 bytes"
		" release=6.1.0-9-amd64 running=true newest=false\n"
		"loader:/boot/efi/EFI/debian/BOOTX64.CSV type=loader size=3 bytes\n"
		"loader:/boot/grub/grub.cfg type=loader size=105 bytes\n"
		"loader:/boot/grub/i386-pc type=loader files=2\n"
		"loader:/boot/loader/entries/a.conf type=loader size=9 bytes\n"
		"running type=running-kernel value=6.1.0-9-amd64"
		" configured=/boot/vmlinuz-6.1.0-28-amd64 differs=true newest=false\n");
}

static void digests_follow_the_content(void **state)
{
	const char *line;
	char before[256];

	(void)state;
	room_text(root, "boot/grub/i386-pc/a.mod", "a");
	room_text(root, "boot/vmlinuz-1", "nine");
	(void)room_run(&sensor_boot, root, 0);
	/* printf nine | sha256sum */
	assert_non_null(strstr(room_find("kernel:/boot/vmlinuz-1"), " sha256="));
	line = room_find("loader:/boot/grub/i386-pc");
	snprintf(before, sizeof before, "%s", line);
	room_text(root, "boot/grub/i386-pc/a.mod", "b");
	(void)room_run(&sensor_boot, root, 0);
	assert_string_not_equal(before, room_find("loader:/boot/grub/i386-pc"));
}

static void in_a_state_of_trust(void **state)
{
	(void)state;
	room_file(root, EFIVARS "SecureBoot-" GLOBAL, "\6\0\0\0\1", 5, 0644);
	room_file(root, EFIVARS "SetupMode-" GLOBAL, "\6\0\0\0\0", 5, 0644);
	room_file(root, EFIVARS "PK-" GLOBAL, "\7\0\0\0key", 7, 0644);
	room_file(root, EFIVARS "Boot0001-" GLOBAL, "\7\0\0\0\1\0\0\0\4\0d\0e\0\0\0x", 17, 0644);
	room_file(root, EFIVARS "BootCurrent-" GLOBAL, "\6\0\0\0\1\0", 6, 0644);
	room_file(root, EFIVARS "BootXYZ1-" GLOBAL, "\6\0\0\0\1\0", 6, 0644);
	room_text(root, "sys/class/tpm/tpm0/pcr-sha256/7", "AB\n");
	room_text(root, "sys/class/tpm/tpm0/pcr-sha256/10", "CD\n");
	room_text(root, "sys/class/tpm/tpm0/pcr-sha1/7", "EF\n");
	room_text(root, "sys/class/dmi/id/bios_version", "1.16\n");
	room_text(root, "sys/class/dmi/id/product_serial", "secret\n");
	room_text(root, "proc/cpuinfo", "processor\t: 0\nmicrocode\t: 0xa1\n");
	room_text(root, "sys/devices/system/cpu/vulnerabilities/meltdown", "Vulnerable\n");
	room_text(root, "sys/devices/system/cpu/vulnerabilities/mds", "Not affected\n");
	room_text(root, "sys/kernel/security/lockdown", "none [integrity] confidentiality\n");
	room_text(root, "sys/kernel/security/lsm", "lockdown,capability,apparmor");
	room_text(root, "sys/kernel/kexec_loaded", "1\n");
	room_text(root, "sys/kernel/security/ima/runtime_measurements_count", "12\n");
	assert_string_equal(room_run(&sensor_boot, root, field_bit(BOOT_SHA256)),
		"efi-var:Boot0001 type=efi-variable value=de size=13 bytes\n"
		"efi-var:PK type=efi-variable size=3 bytes\n"
		"firmware type=firmware value=1.16 items=bios_version=1.16, interface=uefi\n"
		"ima type=ima now=12 measurements\n"
		"kexec type=kexec enabled=true\n"
		"lockdown type=lockdown value=integrity enabled=true\n"
		"lsm type=security-modules items=lockdown, capability, apparmor\n"
		"microcode type=microcode value=0xa1\n"
		"secure-boot type=secure-boot enabled=true\n"
		"secure-boot/setup-mode type=secure-boot enabled=false\n"
		"tpm0/pcr-sha256/10 type=pcr now=CD\n"
		"tpm0/pcr-sha256/7 type=pcr value=AB\n"
		"vulnerability/mds type=vulnerability value=Not affected enabled=true\n"
		"vulnerability/meltdown type=vulnerability value=Vulnerable enabled=false\n");
}

/* fuzz/corpus/boot_efi/db: a list with one certificate, one with two digests. */
static void who_may_sign(void **state)
{
	AUTO_FREE(arena) a = arena_new();
	struct efi_database d;
	struct span file;
	struct err e;
	int fd = open("fuzz/corpus/boot_efi", O_RDONLY | O_DIRECTORY);

	(void)state;
	assert_int_equal(host_read_at(fd, "db", 65536, a, &file, &e), 0);
	close(fd);
	assert_true(efi_database_read(file, a, &d));
	assert_int_equal(d.entries, 3);
	assert_int_equal(d.n_names, 1);
	assert_true(span_is(d.names[0], "Test Kernel Signer"));
	assert_true(efi_database_read(SPAN_NONE, a, &d));
	for (size_t i = 1; i < file.n; i++)
		(void)efi_database_read(span_from(file.p, i), a, &d);
	assert_false(efi_database_read(span_from(file.p, file.n - 1), a, &d));
}

static void nothing_is_nothing(void **state)
{
	(void)state;
	assert_string_equal(room_run(&sensor_boot, root, 0), "");
}

static void this_host_was_started(void **state)
{
	(void)state;
	(void)room_run(&sensor_boot, NULL, field_bit(BOOT_SHA256));
	assert_non_null(room_find("cmdline"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_boot_files),
		cmocka_unit_test(what_loaders_are_told),
		cmocka_unit_test_setup_teardown(a_machine, setup, teardown),
		cmocka_unit_test_setup_teardown(digests_follow_the_content, setup, teardown),
		cmocka_unit_test_setup_teardown(in_a_state_of_trust, setup, teardown),
		cmocka_unit_test(who_may_sign),
		cmocka_unit_test_setup_teardown(nothing_is_nothing, setup, teardown),
		cmocka_unit_test(this_host_was_started),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
