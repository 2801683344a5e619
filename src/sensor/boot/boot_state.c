/* In which state of trust the machine runs: what firmware and kernel say. */
#include <stdlib.h>

#include "core/attr.h"
#include "core/buf.h"
#include "entity/list.h"
#include "sensor/boot/boot_efi.h"
#include "sensor/boot/boot_look.h"
#include "sensor/boot/boot_text.h"

#define EFIVARS "sys/firmware/efi/efivars"
#define GUID_GLOBAL "8be4df61-93ca-11d2-aa0d-00e098032b8c"
#define GUID_SECURITY "d719b2cb-3d3a-4596-a3bc-dad00e67656f"
#define GUID_SHIM "605dab50-e046-4300-abb6-3dd810dd8b23"
#define VARIABLE_BYTES ((size_t)1 << 20)
#define NAMES_MAX 4096
#define ATTRIBUTES 4 /* efivarfs puts them in front */

static void put_digest(struct boot_look *l, struct span bytes)
{
	uint8_t digest[SHA256_SIZE];

	sha256_once(bytes.p, bytes.n, digest);
	boot_put(l, BOOT_SHA256, arena_copy(l->a, span_from(digest, sizeof digest)));
}

/* ---- EFI ---- */

static bool read_variable(struct boot_look *l, const char *name, const char *guid, const char *key,
	struct span *ret)
{
	const char *path = arena_format(l->a, EFIVARS "/%s-%s", name, guid);
	struct err e = { 0 };
	int r = host_read(l->host, path, VARIABLE_BYTES, l->a, ret, &e);

	if (r < 0 && r != ERR_MISSING)
		scan_gap_err(l->scan, &kind_boot, span_of(key), false, &e);
	return r == 0 && ret->n >= ATTRIBUTES;
}

/* SecureBoot and SetupMode: one byte. */
static void emit_switch(struct boot_look *l, const char *key, const char *name, const char *guid)
{
	struct span v;

	if (!boot_begin(l, key, "secure-boot", NULL) || !read_variable(l, name, guid, key, &v) ||
		v.n <= ATTRIBUTES)
		return;
	record_set_number(l->r, BOOT_ENABLED, v.p[ATTRIBUTES] != 0);
	scan_emit(l->scan, l->r);
}

/* Who may sign what starts here. */
static void put_database(struct boot_look *l, struct span variable)
{
	struct efi_database d;

	if (!efi_database_read(variable, l->a, &d) || d.entries == 0)
		return;
	record_set_number(l->r, BOOT_FILES, d.entries);
	if (d.n_names)
		record_set_list(l->r, BOOT_ITEMS, l->a, d.names, d.n_names);
}

static void emit_variable(struct boot_look *l, const char *name, const char *guid, bool database)
{
	const char *key = arena_format(l->a, "efi-var:%s", name);
	struct span v;

	if (!boot_begin(l, key, "efi-variable", NULL) || !read_variable(l, name, guid, key, &v))
		return;
	record_set_number(l->r, BOOT_SIZE, v.n - ATTRIBUTES);
	put_digest(l, span_from_offset(v, ATTRIBUTES));
	if (strlen(name) == 8) /* Boot#### */
		boot_put(l, BOOT_VALUE, boot_efi_description(v, l->a));
	if (database)
		put_database(l, span_from_offset(v, ATTRIBUTES));
	scan_emit(l->scan, l->r);
}

/* Boot#### alone: BootCurrent and BootNext are of one boot. */
static bool is_boot_option(struct span name)
{
	if (name.n != 8 + 1 + strlen(GUID_GLOBAL) || !span_starts(name, span_of("Boot")) ||
		!span_is(span_from_offset(name, 8), "-" GUID_GLOBAL))
		return false;
	for (size_t i = 4; i < 8; i++)
		if (!memchr("0123456789ABCDEFabcdef", name.p[i], 22))
			return false;
	return true;
}

static void look_at_efi(struct boot_look *l)
{
	static const struct {
		const char *name, *guid;
		bool database;
	} variables[] = {
		{ "PK", GUID_GLOBAL, true },
		{ "KEK", GUID_GLOBAL, true },
		{ "db", GUID_SECURITY, true },
		{ "dbx", GUID_SECURITY, true },
		{ "MokListRT", GUID_SHIM, true },
		{ "MokListXRT", GUID_SHIM, true },
		{ "SbatLevelRT", GUID_SHIM, false },
		{ "BootOrder", GUID_GLOBAL, false },
	};
	struct host_entry *all;
	struct err e = { 0 };
	size_t n;

	if (host_list(l->host, EFIVARS, NAMES_MAX, l->a, &all, &n, &e) < 0) {
		if (e.code != ERR_MISSING)
			scan_gap_err(l->scan, &kind_boot, span_of("efi-var:"), true, &e);
		return;
	}
	emit_switch(l, "secure-boot", "SecureBoot", GUID_GLOBAL);
	emit_switch(l, "secure-boot/setup-mode", "SetupMode", GUID_GLOBAL);
	for (size_t i = 0; i < ARRAY_LEN(variables); i++)
		emit_variable(l, variables[i].name, variables[i].guid, variables[i].database);
	for (size_t i = 0; i < n; i++)
		if (is_boot_option(all[i].name))
			emit_variable(l, arena_text(l->a, span_from(all[i].name.p, 8)), GUID_GLOBAL,
				false);
}

/* ---- TPM ---- */

/* Extended while the system runs, by IMA, by systemd's phases, or by anybody. */
static bool is_per_boot(struct span pcr)
{
	static const char *const rows[] = { "10", "11", "15", "16", "23" };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (span_is(pcr, rows[i]))
			return true;
	return false;
}

static void emit_pcr(struct boot_look *l, const char *folder, struct span tpm, const char *bank,
	struct span pcr)
{
	const char *key = arena_format(l->a, "%s/%s/%s", tpm.p, bank, pcr.p);
	struct span value;

	if (!boot_begin(l, key, "pcr", NULL) ||
		!boot_read(l, arena_format(l->a, "%s/%s", folder, pcr.p), key, &value))
		return;
	boot_put(l, is_per_boot(pcr) ? BOOT_NOW : BOOT_VALUE, value);
	scan_emit(l->scan, l->r);
}

/* The strongest bank that the kernel shows; one, since each register takes milliseconds. */
static void look_at_tpm(struct boot_look *l, struct span tpm)
{
	static const char *const banks[] = { "pcr-sha256", "pcr-sha384", "pcr-sha512", "pcr-sha1" };
	struct host_entry *all;
	struct err e;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(banks); i++) {
		const char *folder = arena_format(l->a, "sys/class/tpm/%s/%s", tpm.p, banks[i]);

		if (host_list(l->host, folder, 64, l->a, &all, &n, &e) < 0)
			continue;
		for (size_t k = 0; k < n; k++)
			emit_pcr(l, folder, tpm, banks[i], all[k].name);
		return;
	}
}

static void look_at_tpms(struct boot_look *l)
{
	struct host_entry *all;
	struct err e;
	size_t n;

	if (host_list(l->host, "sys/class/tpm", 16, l->a, &all, &n, &e) < 0)
		return;
	for (size_t i = 0; i < n; i++)
		look_at_tpm(l, all[i].name);
}

/* ---- firmware and processor ---- */

static void emit_firmware(struct boot_look *l)
{
	static const char *const facts[] = { "sys_vendor", "product_name", "product_version",
		"board_vendor", "board_name", "board_version", "bios_vendor", "bios_version",
		"bios_date", "bios_release", "ec_firmware_release", "chassis_type" };
	struct span items[ARRAY_LEN(facts) + 1], s;
	struct stat st;
	struct err e;
	size_t n = 0;

	if (!boot_begin(l, "firmware", "firmware", NULL))
		return;
	for (size_t i = 0; i < ARRAY_LEN(facts); i++) {
		const char *path = arena_format(l->a, "sys/class/dmi/id/%s", facts[i]);

		if (!boot_read(l, path, "firmware", &s))
			continue;
		if (strcmp(facts[i], "bios_version") == 0)
			boot_put(l, BOOT_VALUE, s);
		items[n++] = span_of(arena_format(l->a, "%s=%s", facts[i], arena_text(l->a, s)));
	}
	if (n == 0)
		return;
	items[n++] = span_of(host_stat(l->host, "sys/firmware/efi", false, &st, &e) == 0
				     ? "interface=uefi"
				     : "interface=bios");
	record_set_list(l->r, BOOT_ITEMS, l->a, items, n);
	scan_emit(l->scan, l->r);
}

static void emit_microcode(struct boot_look *l)
{
	struct span s = SPAN_NONE, text;

	if (!boot_begin(l, "microcode", "microcode", NULL))
		return;
	if (!boot_read(l, "sys/devices/system/cpu/cpu0/microcode/version", "microcode", &s) &&
		boot_read(l, "proc/cpuinfo", "microcode", &text))
		s = boot_cpuinfo(text, "microcode");
	if (!s.n)
		return;
	boot_put(l, BOOT_VALUE, s);
	scan_emit(l->scan, l->r);
}

static void look_at_vulnerabilities(struct boot_look *l)
{
	static const char folder[] = "sys/devices/system/cpu/vulnerabilities";
	struct host_entry *all;
	struct span value;
	struct err e;
	size_t n;

	if (host_list(l->host, folder, 256, l->a, &all, &n, &e) < 0)
		return;
	for (size_t i = 0; i < n; i++) {
		const char *key = arena_format(l->a, "vulnerability/%s", all[i].name.p);

		if (!boot_begin(l, key, "vulnerability", NULL) ||
			!boot_read(l, arena_format(l->a, "%s/%s", folder, all[i].name.p), key,
				&value))
			continue;
		boot_put(l, BOOT_VALUE, value);
		record_set_number(l->r, BOOT_ENABLED, !span_starts(value, span_of("Vulnerable")));
		scan_emit(l->scan, l->r);
	}
}

/* ---- the kernel's own defences ---- */

static void emit_lockdown(struct boot_look *l)
{
	struct span s;

	if (!boot_begin(l, "lockdown", "lockdown", NULL) ||
		!boot_read(l, "sys/kernel/security/lockdown", "lockdown", &s))
		return;
	s = boot_chosen(s);
	boot_put(l, BOOT_VALUE, s);
	record_set_number(l->r, BOOT_ENABLED, !span_is(s, "none"));
	scan_emit(l->scan, l->r);
}

static void emit_lsm(struct boot_look *l)
{
	struct span s;

	if (!boot_begin(l, "lsm", "security-modules", NULL) ||
		!boot_read(l, "sys/kernel/security/lsm", "lsm", &s))
		return;
	boot_put_items(l, s, ",");
	scan_emit(l->scan, l->r);
}

/* A kernel that waits to be started by kexec was checked by nobody. */
static void emit_kexec(struct boot_look *l, const char *key, const char *path)
{
	struct span s;

	if (!boot_begin(l, key, "kexec", NULL) || !boot_read(l, path, key, &s))
		return;
	record_set_number(l->r, BOOT_ENABLED, s.n > 0 && s.p[0] == '1');
	scan_emit(l->scan, l->r);
}

/* The policy can be read where the kernel was built for it; the count grows with every program. */
static void emit_ima(struct boot_look *l)
{
	struct span s, policy;
	struct err e;

	if (!boot_begin(l, "ima", "ima", NULL) ||
		!boot_read(l, "sys/kernel/security/ima/runtime_measurements_count", "ima", &s))
		return;
	boot_put(l, BOOT_NOW, span_of(arena_format(l->a, "%s measurements", arena_text(l->a, s))));
	if (host_read(l->host, "sys/kernel/security/ima/policy", VARIABLE_BYTES, l->a, &policy,
		    &e) == 0) {
		record_set_number(l->r, BOOT_SIZE, policy.n);
		put_digest(l, policy);
	}
	scan_emit(l->scan, l->r);
}

void boot_state(struct boot_look *l)
{
	emit_firmware(l);
	emit_microcode(l);
	look_at_efi(l);
	look_at_tpms(l);
	look_at_vulnerabilities(l);
	emit_lockdown(l);
	emit_lsm(l);
	emit_kexec(l, "kexec", "sys/kernel/kexec_loaded");
	emit_kexec(l, "kexec-crash", "sys/kernel/kexec_crash_loaded");
	emit_ima(l);
}
