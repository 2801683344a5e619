/* Any bytes as a crontab in each of its formats, and the words of the commands. */
#include <stdint.h>

#include "sensor/cron/cron_room.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	for (enum cron_format f = CRON_FORMAT_USER; f <= CRON_FORMAT_ANACRON; f++) {
		struct arena *a = arena_new();
		struct crontab tab = { .rest = span_from(data, n), .format = f, .arena = a };
		struct cron_line l;
		struct span word;
		bool first;

		while (crontab_next(&tab, &l))
			for (struct shell_words w = { .rest = l.command };
				shell_word(&w, &word, &first);)
				;
		arena_free(a);
	}
	return 0;
}
