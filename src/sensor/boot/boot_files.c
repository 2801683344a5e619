/* What the machine starts from. */
#include <dirent.h>
#include <stdlib.h>

#include "core/attr.h"
#include "core/buf.h"
#include "host/package.h"
#include "sensor/boot/boot_look.h"
#include "sensor/boot/boot_text.h"

#define ENTRIES_MAX 4096
#define DEPTH_MAX 6
#define PARTITIONS 3

static const char *const partitions[PARTITIONS] = { "boot", "boot/efi", "efi" };

struct files {
	struct boot_look *l;
	struct span newest;               /* release of a kernel in /boot */
	struct boot_entry first, running; /* of the loader: its first, the one of the release */
	unsigned depth;
};

/* False: there is none, or a gap covers it. */
static bool list(struct boot_look *l, const char *path, struct host_entry **ret, size_t *ret_n)
{
	struct err e = { 0 };
	int r = host_list(l->host, path, ENTRIES_MAX, l->a, ret, ret_n, &e);

	if (r < 0 && r != ERR_MISSING)
		scan_gap_err(l->scan, &kind_boot, SPAN_NONE, true, &e);
	return r == 0;
}

static void put_digest(struct boot_look *l, const char *path)
{
	uint8_t digest[SHA256_SIZE];
	struct err e = { 0 };
	int r = host_digest(l->host, path, digest, &e);

	if (r == 0)
		boot_put(l, BOOT_SHA256, arena_copy(l->a, span_from(digest, sizeof digest)));
	else if (r != ERR_MISSING)
		scan_gap_err(l->scan, &kind_boot, l->r->key, false, &e);
}

/* False: it is no regular file, or nobody asks. */
static bool put_file(struct boot_look *l, const char *sort, const char *path)
{
	const struct package *owner;
	struct stat st;
	struct err e;
	uint64_t asks;

	if (!boot_begin(l, arena_format(l->a, "%s:/%s", sort, path), sort, &asks) ||
		host_stat(l->host, path, true, &st, &e) < 0 || !S_ISREG(st.st_mode))
		return false;
	record_set_number(l->r, BOOT_SIZE, (uint64_t)st.st_size);
	if (asks & field_bit(BOOT_SHA256))
		put_digest(l, path);
	if (asks & field_bit(BOOT_PACKAGE)) {
		owner = host_path_owner(l->host, span_of(arena_format(l->a, "/%s", path)));
		if (owner)
			boot_put(l, BOOT_PACKAGE, owner->key);
	}
	return true;
}

static void emit_file(struct boot_look *l, const char *sort, const char *path)
{
	if (put_file(l, sort, path))
		scan_emit(l->scan, l->r);
}

/* ---- kernels ---- */

static bool is_newer(struct files *f, struct span release)
{
	return f->newest.n == 0 || strverscmp(release.p, f->newest.p) > 0;
}

static void emit_kernel(struct files *f, const char *path, enum boot_file sort, struct span release)
{
	struct boot_look *l = f->l;

	if (!put_file(l, sort == BOOT_FILE_KERNEL ? "kernel" : "initramfs", path))
		return;
	if (release.n) {
		boot_put(l, BOOT_RELEASE, release);
		if (l->release.n)
			record_set_number(l->r, BOOT_RUNNING, span_same(release, l->release));
		if (sort == BOOT_FILE_KERNEL)
			record_set_number(l->r, BOOT_NEWEST, span_same(release, f->newest));
	}
	scan_emit(l->scan, l->r);
}

static void look_at_kernels(struct files *f)
{
	struct host_entry *all;
	struct span release;
	size_t n;

	if (!list(f->l, "boot", &all, &n))
		return;
	for (size_t i = 0; i < n; i++)
		if (boot_file_of(all[i].name, &release) == BOOT_FILE_KERNEL) {
			release = arena_copy(f->l->a, release);
			if (is_newer(f, release))
				f->newest = release;
		}
	for (size_t i = 0; i < n; i++) {
		enum boot_file sort = boot_file_of(all[i].name, &release);

		if (sort != BOOT_FILE_OTHER)
			emit_kernel(f, arena_format(f->l->a, "boot/%s", all[i].name.p), sort,
				release);
	}
}

/* ---- loaders ---- */

static void learn(struct files *f, const struct boot_entry *x)
{
	if (!f->first.kernel.p)
		f->first = *x;
	if (f->l->release.n && !f->running.kernel.p && x->kernel.n > f->l->release.n &&
		x->kernel.p[x->kernel.n - f->l->release.n - 1] == '-' &&
		span_same(span_from_offset(x->kernel, x->kernel.n - f->l->release.n),
			f->l->release))
		f->running = *x;
}

static void read_config(struct files *f, const char *path, bool grub)
{
	struct boot_entry x;
	struct span text;

	if (!boot_read(f->l, path, arena_format(f->l->a, "loader:/%s", path), &text))
		return;
	if (!grub && boot_loader_entry(text, &x))
		learn(f, &x);
	while (grub && boot_grub_entry(&text, &x))
		learn(f, &x);
}

static bool ends_with(struct span name, const char *end)
{
	size_t n = strlen(end);

	return name.n >= n && strncasecmp(name.p + name.n - n, end, n) == 0;
}

static void emit_config(struct files *f, const char *path, bool grub)
{
	emit_file(f->l, "loader", path);
	read_config(f, path, grub);
}

/* The EFI partition: programs, and what configures them. */
static void look_at_efi(struct files *f, const char *folder)
{
	struct host_entry *all;
	size_t n;

	if (f->depth == DEPTH_MAX || !list(f->l, folder, &all, &n))
		return;
	f->depth++;
	for (size_t i = 0; i < n; i++) {
		const char *path = arena_format(f->l->a, "%s/%s", folder, all[i].name.p);

		if (all[i].type == DT_DIR)
			look_at_efi(f, path);
		else if (ends_with(all[i].name, ".efi"))
			emit_file(f->l, "efi", path);
		else if (ends_with(all[i].name, ".cfg"))
			emit_config(f, path, true);
		else
			emit_file(f->l, "loader", path);
	}
	f->depth--;
}

static void look_at_entries(struct files *f, const char *partition)
{
	const char *folder = arena_format(f->l->a, "%s/loader/entries", partition);
	struct host_entry *all;
	size_t n;

	emit_file(f->l, "loader", arena_format(f->l->a, "%s/loader/loader.conf", partition));
	if (!list(f->l, folder, &all, &n))
		return;
	for (size_t i = 0; i < n; i++)
		if (ends_with(all[i].name, ".conf"))
			emit_config(f, arena_format(f->l->a, "%s/%s", folder, all[i].name.p),
				false);
}

/* One entity for some hundred modules: name, a NUL and digest of each, in order. */
static void emit_modules(struct boot_look *l, const char *folder)
{
	AUTO(buf) b = BUF_INIT((size_t)8 << 20);
	uint8_t digest[SHA256_SIZE];
	struct host_entry *all;
	struct err e = { 0 };
	uint64_t asks, files = 0;
	size_t n;

	if (!boot_begin(l, arena_format(l->a, "loader:/%s", folder), "loader", &asks) ||
		!list(l, folder, &all, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		if (all[i].type != DT_REG)
			continue;
		files++;
		if (!(asks & field_bit(BOOT_SHA256)))
			continue;
		if (host_digest(l->host, arena_format(l->a, "%s/%s", folder, all[i].name.p), digest,
			    &e) < 0) {
			scan_gap_err(l->scan, &kind_boot, l->r->key, false, &e);
			return;
		}
		buf_add_span(&b, all[i].name);
		buf_add_char(&b, '\0');
		buf_add(&b, digest, sizeof digest);
	}
	record_set_number(l->r, BOOT_FILES, files);
	if (b.n && !b.full) {
		sha256_once(b.p, b.n, digest);
		boot_put(l, BOOT_SHA256, arena_copy(l->a, span_from(digest, sizeof digest)));
	}
	scan_emit(l->scan, l->r);
}

static void look_at_grub(struct files *f, const char *folder)
{
	struct host_entry *all;
	size_t n;

	if (!list(f->l, folder, &all, &n))
		return;
	for (size_t i = 0; i < n; i++) {
		const char *path = arena_format(f->l->a, "%s/%s", folder, all[i].name.p);

		if (ends_with(all[i].name, ".cfg"))
			emit_config(f, path, true);
		else if (all[i].type == DT_DIR && !span_is(all[i].name, "fonts") &&
			 !span_is(all[i].name, "locale") && !span_is(all[i].name, "themes"))
			emit_modules(f->l, path);
	}
}

/* ---- the command line ---- */

static void emit_cmdline(struct files *f)
{
	struct boot_look *l = f->l;
	struct span live, wanted;

	if (!boot_begin(l, "cmdline", "command-line", NULL) ||
		!boot_read(l, "proc/cmdline", "cmdline", &live))
		return;
	boot_put(l, BOOT_VALUE, live);
	if (f->running.kernel.p) {
		wanted = boot_options(f->running.options, l->a);
		boot_put(l, BOOT_CONFIGURED, wanted);
		record_set_number(l->r, BOOT_DIFFERS, !span_same(wanted, boot_options(live, l->a)));
	}
	scan_emit(l->scan, l->r);
}

/* Which kernel runs, and whether another one would after a reboot. */
static void emit_running(struct files *f)
{
	struct boot_look *l = f->l;

	if (!l->release.n || !boot_begin(l, "running", "running-kernel", NULL))
		return;
	boot_put(l, BOOT_VALUE, l->release);
	if (f->newest.n)
		record_set_number(l->r, BOOT_NEWEST, span_same(l->release, f->newest));
	if (f->first.kernel.p) {
		boot_put(l, BOOT_CONFIGURED, f->first.kernel);
		record_set_number(l->r, BOOT_DIFFERS,
			!f->running.kernel.p || !span_same(f->first.kernel, f->running.kernel));
	}
	scan_emit(l->scan, l->r);
}

void boot_files(struct boot_look *l)
{
	struct files f = { .l = l };

	look_at_kernels(&f);
	look_at_grub(&f, "boot/grub");
	look_at_grub(&f, "boot/grub2");
	for (unsigned i = 0; i < PARTITIONS; i++) {
		look_at_efi(&f, arena_format(l->a, "%s/EFI", partitions[i]));
		look_at_entries(&f, partitions[i]);
	}
	emit_cmdline(&f);
	emit_running(&f);
}
