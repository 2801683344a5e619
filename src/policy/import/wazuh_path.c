/* Paths of <directories> and <ignore>: variables, wildcards, and the folders that a 32-bit program
 * sees under other names. */
#include "policy/import/wazuh.h"

#include "core/fold.h"
#include "entity/key.h"

static const struct {
	const char *name, *is, *real;
} folders[] = {
	{ "%WINDIR%", "${windows}", "C:\\Windows" },
	{ "%SYSTEMROOT%", "${windows}", "C:\\Windows" },
	{ "%PROGRAMDATA%", "${program_data}", "C:\\ProgramData" },
	{ "%ALLUSERSPROFILE%", "${program_data}", "C:\\ProgramData" },
	{ "%PROGRAMFILES%", "${program_files}", "C:\\Program Files" },
	{ "%PROGRAMW6432%", "${program_files}", "C:\\Program Files" },
	{ "%PROGRAMFILES(X86)%", "${program_files_x86}", "C:\\Program Files (x86)" },
	{ "%SYSTEMDRIVE%", "C:", "C:" },
	{ "%PUBLIC%", "${users_folder}\\Public", "C:\\Users\\Public" },
};

static struct span expand(struct arena *a, struct span text, bool real)
{
	struct span rest;

	for (size_t i = 0; i < ARRAY_LEN(folders); i++)
		if (fold_starts(text, span_of(folders[i].name), &rest))
			return span_of(arena_format(a, "%s%s",
				real ? folders[i].real : folders[i].is, arena_text(a, rest)));
	return text;
}

static struct span without_end(struct span s)
{
	while (s.n > 1 && (s.p[s.n - 1] == '/' || s.p[s.n - 1] == '\\'))
		s.n--;
	return s;
}

struct span wazuh_real(struct wazuh *w, struct span text, enum sregex_paths *ret_paths)
{
	struct span real = expand(w->a, text, true);
	char *p;

	*ret_paths = path_is_windows(real) ? SREGEX_WINDOWS : SREGEX_POSIX;
	if (*ret_paths == SREGEX_POSIX)
		return real;
	p = arena_get(w->a, real.n + 1);
	for (size_t i = 0; i < real.n; i++)
		p[i] = real.p[i] == '/' ? '\\' : real.p[i];
	return (struct span){ p, real.n };
}

/* "/home/?/.ssh": a base holds wildcards in its last section only, so what follows becomes the
 * beginning of each pattern. */
static void split_wildcards(struct wazuh_entry *entry)
{
	char separator = entry->paths == SREGEX_POSIX ? '/' : '\\';
	size_t section = 0;

	for (size_t i = 0; i < entry->base.n; i++) {
		char c = entry->base.p[i];

		if (c == separator)
			section = i;
		if (c != '*' && c != '?')
			continue;
		if (!memchr(entry->base.p + i, separator, entry->base.n - i))
			return;
		entry->below = span_from_offset(entry->base, section + 1);
		entry->base.n = section ? section : 1;
		return;
	}
}

/* The agent is a 32-bit program: its System32 is SysWOW64, its SysNative System32. */
static void map_system(struct wazuh *w, struct wazuh_entry *entry)
{
	struct span rest;

	if (fold_starts(entry->base, span_of("${windows}\\SysNative"), &rest)) {
		entry->base = span_of(arena_format(w->a, "${system32}%s", arena_text(w->a, rest)));
	} else if (fold_starts(entry->base, span_of("${windows}\\System32"), &rest)) {
		const char *behind = arena_text(w->a, rest);

		entry->base = span_of(arena_format(w->a, "${system32}%s", behind));
		entry->second = span_of(arena_format(w->a, "${syswow64}%s", behind));
		if (!w->noted_system32)
			import_note(w->x, entry->node->line,
				"System32 is SysWOW64 to a 32-bit agent; both are watched");
		w->noted_system32 = true;
	}
}

void wazuh_path(struct wazuh *w, struct wazuh_entry *entry)
{
	char *p;

	entry->real = without_end(wazuh_real(w, entry->text, &entry->paths));
	entry->base = without_end(expand(w->a, entry->text, false));
	if (span_is(entry->real, "/"))
		entry->real = span_of("");
	if (entry->paths == SREGEX_WINDOWS) {
		p = arena_get(w->a, entry->base.n + 2);
		for (size_t i = 0; i < entry->base.n; i++)
			p[i] = entry->base.p[i] == '/' ? '\\' : entry->base.p[i];
		entry->base.p = p;
		if (entry->base.n == 2)
			p[entry->base.n++] = '\\';
		map_system(w, entry);
	}
	split_wildcards(entry);
}
