#include "sensor/module/module_text.h"

#include "core/attr.h"

#define NAME_BYTES_MAX 255

static struct span state_of(struct span word)
{
	return span_of(span_is(word, "Live")        ? "live"
		       : span_is(word, "Loading")   ? "coming"
		       : span_is(word, "Unloading") ? "going"
						    : "");
}

/* "(OE)"; '+' and '-' speak of loading and unloading. */
static struct span taint_of(struct span word)
{
	if (word.n < 2 || word.p[0] != '(' || word.p[word.n - 1] != ')')
		return SPAN_NONE;
	word = span_from(word.p + 1, word.n - 2);
	while (word.n && (word.p[word.n - 1] == '+' || word.p[word.n - 1] == '-'))
		word.n--;
	return word;
}

int module_line_parse(struct span line, struct module_line *ret, struct err *e)
{
	struct span size, refcnt, state, address, taint = SPAN_NONE;
	struct module_line m = { 0 };

	if (!span_cut(&line, ' ', &m.name) || !span_cut(&line, ' ', &size) ||
		!span_cut(&line, ' ', &refcnt) || !span_cut(&line, ' ', &m.used_by) ||
		!span_cut(&line, ' ', &state) || !span_cut(&line, ' ', &address))
		return err_set(e, ERR_FORMAT, "fewer than 6 fields");
	if (m.name.n == 0 || m.name.n > NAME_BYTES_MAX || memchr(m.name.p, '/', m.name.n))
		return err_set(e, ERR_FORMAT, "no name of a module");
	if (!span_number(size, &m.size))
		return err_set(e, ERR_FORMAT, "no size");
	m.counted = span_number(refcnt, &m.refcnt);
	m.state = state_of(state);
	if (m.state.n == 0)
		return err_set(e, ERR_FORMAT, "no state");
	if (span_cut(&line, ' ', &taint))
		m.taint = taint_of(taint);
	if (span_is(m.used_by, "-"))
		m.used_by = SPAN_NONE;
	*ret = m;
	return 0;
}

struct span module_name_of(struct span path, struct arena *a)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };
	size_t at = path.n;
	char *p;

	while (at > 0 && path.p[at - 1] != '/')
		at--;
	path = span_from_offset(path, at);
	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		size_t n = strlen(ends[i]);

		if (path.n <= n || memcmp(path.p + path.n - n, ends[i], n) != 0)
			continue;
		p = arena_get(a, path.n - n + 1);
		for (size_t k = 0; k < path.n - n; k++)
			p[k] = path.p[k] == '-' ? '_' : path.p[k];
		return span_from(p, path.n - n);
	}
	return SPAN_NONE;
}

/* Documentation/admin-guide/tainted-kernels.rst; by bit. */
static const struct {
	char letter;
	const char *word;
} taints[] = {
	{ 'P', "proprietary module" },
	{ 'F', "module loaded by force" },
	{ 'S', "out of specification system" },
	{ 'R', "module unloaded by force" },
	{ 'M', "machine check" },
	{ 'B', "bad page" },
	{ 'U', "requested by userspace" },
	{ 'D', "died: oops or bug" },
	{ 'A', "ACPI table overridden" },
	{ 'W', "warning" },
	{ 'C', "staging driver" },
	{ 'I', "firmware workaround" },
	{ 'O', "out-of-tree module" },
	{ 'E', "unsigned module" },
	{ 'L', "soft lockup" },
	{ 'K', "live patched" },
	{ 'X', "auxiliary, by the distribution" },
	{ 'T', "structure layout randomised" },
	{ 'N', "test module" },
	{ 'J', "fwctl" },
};

struct span module_taint_letters(uint64_t bits, char *ret)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(taints); i++)
		if (bits & UINT64_C(1) << i)
			ret[n++] = taints[i].letter;
	if (bits >> ARRAY_LEN(taints))
		ret[n++] = '?';
	return span_from(ret, n);
}

const char *module_taint_word(char letter)
{
	for (size_t i = 0; i < ARRAY_LEN(taints); i++)
		if (taints[i].letter == letter)
			return taints[i].word;
	return NULL;
}

/* "ffffffffc0201000 t name\t[module]" */
struct span module_of_symbol(struct span line)
{
	size_t at = line.n;

	if (line.n < 3 || line.p[line.n - 1] != ']')
		return SPAN_NONE;
	while (at > 0 && line.p[at - 1] != '[')
		at--;
	if (at < 2 || line.p[at - 2] != '\t')
		return SPAN_NONE;
	line = span_from(line.p + at, line.n - 1 - at);
	if (line.n > NAME_BYTES_MAX || span_is(line, "bpf") ||
		span_starts(line, span_of("__builtin__")))
		return SPAN_NONE;
	return line;
}

static uint32_t little(const char *p)
{
	const unsigned char *b = (const unsigned char *)p;

	return b[0] | (uint32_t)b[1] << 8 | (uint32_t)b[2] << 16 | (uint32_t)b[3] << 24;
}

/* elf(5): sizes of name and content, a type, both padded to 4 bytes. Debian's big-endian ports do
 * not get a build id. */
struct span module_build_id(struct span notes)
{
	while (notes.n >= 12) {
		uint64_t name = little(notes.p), desc = little(notes.p + 4);
		uint64_t at = 12 + ((name + 3) & ~UINT64_C(3));
		uint64_t next = at + ((desc + 3) & ~UINT64_C(3));

		if (at + desc > notes.n)
			break;
		if (little(notes.p + 8) == 3 && name == 4 && memcmp(notes.p + 12, "GNU", 4) == 0)
			return span_from(notes.p + at, (size_t)desc);
		notes = span_from_offset(notes, next > notes.n ? notes.n : (size_t)next);
	}
	return SPAN_NONE;
}
