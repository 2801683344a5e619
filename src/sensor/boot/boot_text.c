#include "sensor/boot/boot_text.h"

#include "core/attr.h"
#include "core/buf.h"

#define DESCRIPTION_MAX 512

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static struct span trim(struct span s)
{
	while (s.n && is_blank(s.p[0]))
		s = span_from_offset(s, 1);
	while (s.n && is_blank(s.p[s.n - 1]))
		s.n--;
	return s;
}

static struct span word(struct span *rest)
{
	struct span s = *rest, ret;

	while (s.n && is_blank(s.p[0]))
		s = span_from_offset(s, 1);
	ret = s;
	for (ret.n = 0; ret.n < s.n && !is_blank(s.p[ret.n]); ret.n++)
		;
	*rest = span_from_offset(s, ret.n);
	return ret;
}

bool boot_grub_entry(struct span *rest, struct boot_entry *ret)
{
	static const char *const commands[] = { "linux", "linuxefi", "linux16", "multiboot" };
	struct span line;

	while (span_cut(rest, '\n', &line)) {
		struct span command = word(&line);

		for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
			if (!span_is(command, commands[i]))
				continue;
			ret->kernel = word(&line);
			ret->options = trim(line);
			if (ret->kernel.n)
				return true;
		}
	}
	return false;
}

bool boot_loader_entry(struct span text, struct boot_entry *ret)
{
	struct span line;

	*ret = (struct boot_entry){ 0 };
	while (span_cut(&text, '\n', &line)) {
		struct span key = word(&line);

		if (span_is(key, "linux") || span_is(key, "efi"))
			ret->kernel = word(&line);
		else if (span_is(key, "options"))
			ret->options = trim(line);
	}
	return ret->kernel.n > 0;
}

struct span boot_options(struct span line, struct arena *a)
{
	char *p = arena_get(a, line.n + 1);
	size_t n = 0;

	while (line.n) {
		struct span w = word(&line);

		if (w.n == 0 || span_starts(w, span_of("BOOT_IMAGE=")) ||
			span_starts(w, span_of("initrd=")) || memchr(w.p, '$', w.n))
			continue;
		if (n)
			p[n++] = ' ';
		memcpy(p + n, w.p, w.n);
		n += w.n;
	}
	return span_from(p, n);
}

enum boot_file boot_file_of(struct span name, struct span *ret_release)
{
	static const struct {
		const char *head, *tail;
		enum boot_file is;
	} rows[] = {
		{ "vmlinuz-", "", BOOT_FILE_KERNEL },
		{ "vmlinux-", "", BOOT_FILE_KERNEL },
		{ "kernel-", "", BOOT_FILE_KERNEL },
		{ "bzImage-", "", BOOT_FILE_KERNEL },
		{ "Image-", "", BOOT_FILE_KERNEL },
		{ "initrd.img-", "", BOOT_FILE_INITRAMFS },
		{ "initramfs-", ".img", BOOT_FILE_INITRAMFS },
		{ "initrd-", "", BOOT_FILE_INITRAMFS },
		{ "intel-ucode.img", NULL, BOOT_FILE_INITRAMFS },
		{ "amd-ucode.img", NULL, BOOT_FILE_INITRAMFS },
	};

	*ret_release = SPAN_NONE;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		size_t head = strlen(rows[i].head), tail = rows[i].tail ? strlen(rows[i].tail) : 0;

		if (!span_starts(name, span_of(rows[i].head)))
			continue;
		if (!rows[i].tail)
			return name.n == head ? rows[i].is : BOOT_FILE_OTHER;
		if (name.n <= head + tail ||
			memcmp(name.p + name.n - tail, rows[i].tail, tail) != 0)
			continue;
		*ret_release = span_from(name.p + head, name.n - head - tail);
		return rows[i].is;
	}
	return BOOT_FILE_OTHER;
}

struct span boot_chosen(struct span text)
{
	const char *from = text.n ? memchr(text.p, '[', text.n) : NULL, *to;

	if (!from)
		return trim(text);
	from++;
	to = memchr(from, ']', (size_t)(text.p + text.n - from));
	return to ? span_from(from, (size_t)(to - from)) : trim(text);
}

static void add_utf8(struct buf *b, unsigned c)
{
	if (c < 0x80) {
		buf_add_char(b, (char)c);
	} else if (c < 0x800) {
		buf_add_char(b, (char)(0xc0 | c >> 6));
		buf_add_char(b, (char)(0x80 | (c & 63)));
	} else {
		buf_add_char(b, (char)(0xe0 | c >> 12));
		buf_add_char(b, (char)(0x80 | (c >> 6 & 63)));
		buf_add_char(b, (char)(0x80 | (c & 63)));
	}
}

/* UEFI 2.10 §3.1.3 EFI_LOAD_OPTION behind the four bytes efivarfs puts in front. Surrogates, which
 * no firmware uses here, become invalid UTF-8 and are shown escaped. */
struct span boot_efi_description(struct span variable, struct arena *a)
{
	AUTO(buf) b = BUF_INIT(DESCRIPTION_MAX * 4);
	struct span s = span_from_offset(variable, 4 + 4 + 2);

	for (unsigned i = 0; i < DESCRIPTION_MAX && s.n >= 2; i++) {
		unsigned c = (unsigned char)s.p[0] | (unsigned)(unsigned char)s.p[1] << 8;

		if (c == 0)
			break;
		add_utf8(&b, c);
		s = span_from_offset(s, 2);
	}
	return arena_copy(a, buf_span(&b));
}

struct span boot_cpuinfo(struct span text, const char *key)
{
	struct span line, name;

	while (span_cut(&text, '\n', &line))
		if (span_cut(&line, ':', &name) && line.p && span_is(trim(name), key))
			return trim(line);
	return SPAN_NONE;
}
