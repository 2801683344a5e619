/* As much of the shell's grammar as it takes to find which programs a command names. */
#include "core/attr.h"
#include "sensor/cron/cron_room.h"

static bool is_one_of(char c, const char *set)
{
	return c && strchr(set, c);
}

static bool keyword(struct span w)
{
	static const char *const words[] = { "if", "then", "else", "elif", "do", "while", "until",
		"!", "exec", "time", "nice", "ionice", "nohup", "setsid", "chronic", "env", "sudo",
		"command" };

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (span_is(w, words[i]))
			return true;
	return false;
}

/* NAME=VALUE before a command. */
static bool assignment(struct span w)
{
	size_t i = 0;

	while (i < w.n && (w.p[i] == '_' || ((w.p[i] | 0x20) >= 'a' && (w.p[i] | 0x20) <= 'z') ||
				  (i && w.p[i] >= '0' && w.p[i] <= '9')))
		i++;
	return i && i < w.n && w.p[i] == '=';
}

/* Takes operators, blanks and quotes off the front. True: the next word is a file for output. */
static bool skip(struct shell_words *w)
{
	bool redirect = false;

	for (; w->rest.n && is_one_of(w->rest.p[0], ";&|(){}`<>\n \t\"'$");
		w->rest = span_from_offset(w->rest, 1)) {
		char c = w->rest.p[0];

		if (is_one_of(c, ";|(){}`\n") || (c == '&' && !redirect))
			w->argument = false;
		if (is_one_of(c, ";&|(){}`<\n"))
			redirect = false;
		if (c == '>')
			redirect = true;
	}
	return redirect;
}

bool shell_word(struct shell_words *w, struct span *ret, bool *ret_first)
{
	for (;;) {
		bool redirect = skip(w);
		size_t n = 0;

		while (n < w->rest.n && !is_one_of(w->rest.p[n], ";&|(){}`<>\n \t\"'"))
			n++;
		if (n == 0)
			return false;
		*ret = (struct span){ w->rest.p, n };
		w->rest = span_from_offset(w->rest, n);
		if (redirect)
			continue;
		*ret_first = !w->argument;
		w->argument |= !keyword(*ret) && !assignment(*ret);
		return true;
	}
}
