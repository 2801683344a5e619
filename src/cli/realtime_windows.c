#include "cli/realtime.h"

#include "entity/file.h"
#include "entity/registry_key.h"

const bool realtime_tells_who = false;

const char *const realtime_words[WATCH_POLL] = {
	[WATCH_FILE] = "notifications of the folders it is read from",
	[WATCH_EXEC] =
		"the list of processes, looked at every second (what starts and ends in between is "
		"not seen)",
	[WATCH_EXIT] = NULL, /* the same list */
	[WATCH_SOCKET] =
		"the lists of sockets, looked at every second (what opens and closes in between is "
		"not seen)",
	[WATCH_REGISTRY] = "notifications of the registry (RegNotifyChangeKeyValue)",
	[WATCH_SCM] =
		"notifications of the service control manager (of drivers by its list, every 2 s "
		"to 30 s)",
	[WATCH_SCHEDULE] = "asking the rule's query by its schedule (15m, unless it says another "
			   "one), sooner where its events tell",
};

static const char *const blind_file[] = {
	"a mapping raises an event only when the file is let go",
	"a change of last access raises none",
	"writes to the disk below the file system raise none",
	"under Wine, folders below the base that were there before, until they change",
	NULL,
};

static const char *const blind_key[] = {
	"under Wine, changed access lists and owners",
	NULL,
};

static const struct {
	const struct kind *kind;
	const char *const *text;
} blind[] = {
	{ &kind_file, blind_file },
	{ &kind_registry_key, blind_key },
};

const char *const *realtime_blind(const struct kind *k)
{
	static const char *const none[] = { NULL };

	for (size_t i = 0; i < ARRAY_LEN(blind); i++)
		if (blind[i].kind == k)
			return blind[i].text;
	return none;
}

bool realtime_say_file(struct buf *ret, struct span path)
{
	buf_add_text(ret, "by notifications of its folder (ReadDirectoryChangesW)");
	if (span_starts(path, span_of("\\\\")))
		buf_add_text(ret, ", as far as the server that has it passes them on");
	return true;
}
