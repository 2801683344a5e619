#include "cli/realtime.h"

const char *const realtime_blind_file[] = {
	"a mapping raises an event only when the file is let go",
	"a change of last access raises none",
	"writes to the disk below the file system raise none",
	NULL,
};

bool realtime_say_file(struct buf *ret, struct span path)
{
	if (span_starts(path, span_of("\\\\"))) {
		buf_add_text(ret, "on another host, which is looked at by no rule");
		return false;
	}
	buf_add_text(ret, "by notifications of its folder (ReadDirectoryChangesW), without who did "
			  "it");
	return true;
}
