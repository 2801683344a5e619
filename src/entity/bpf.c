#include "entity/bpf.h"

#include "core/attr.h"

#define STD FIELD_STANDARD
#define SHOWN (FIELD_VOLATILE | FIELD_LOCAL)

static const struct field fields[] = {
	[BPF_FIELD_TYPE] = { "type", FIELD_TEXT, STD,
		"kind of program (kprobe, tracing, xdp, …); of a pinned object: prog, map or link",
		NULL },
	[BPF_FIELD_NAME] = { "name", FIELD_TEXT, STD, "name it was loaded under", NULL },
	[BPF_FIELD_TAG] = { "tag", FIELD_TEXT, STD, "digest of its instructions", NULL },
	[BPF_FIELD_ATTACHED] = { "attached", FIELD_LIST, STD,
		"where it runs: kprobe:FUNCTION, tracepoint:NAME, xdp:INTERFACE, cgroup:PATH HOOK, "
		"…",
		NULL },
	[BPF_FIELD_USER] = { "user", FIELD_LIST, STD, "users that loaded it", NULL },
	[BPF_FIELD_EXE] = { "exe", FIELD_LIST, STD,
		"executables of the processes that hold it or its link open", NULL },
	[BPF_FIELD_UNIT] = { "unit", FIELD_LIST, STD, "systemd units of those processes", NULL },
	[BPF_FIELD_PINNED] = { "pinned", FIELD_LIST, STD, "paths in a BPF file system that keep it",
		NULL },
	[BPF_FIELD_SIZE] = { "size", FIELD_NUMBER, 0, "bytes of verified instructions", NULL },
	[BPF_FIELD_GPL] = { "gpl", FIELD_FLAG, 0, "calls itself compatible with the GPL", NULL },
	[BPF_FIELD_DETACHED] = { "detached", FIELD_FLAG, 0,
		"no place is known where it runs (a socket's filter, or a part of another program)",
		NULL },
	[BPF_FIELD_PROCESS] = { "process", FIELD_LIST, SHOWN,
		"what the processes that hold it call themselves", NULL },
	[BPF_FIELD_PIDS] = { "pids", FIELD_LIST, SHOWN, "processes that hold it, at most 32",
		NULL },
	[BPF_FIELD_IDS] = { "ids", FIELD_LIST, SHOWN, "numbers the kernel gave, at most 32", NULL },
	[BPF_FIELD_PROGRAMS] = { "programs", FIELD_NUMBER, SHOWN,
		"how many of this type, name and tag are loaded", NULL },
	[BPF_FIELD_LOADED] = { "loaded", FIELD_TIME, SHOWN, "when (the first) was loaded", NULL },
};
_Static_assert(ARRAY_LEN(fields) == BPF_FIELD_N, "every bpf_field needs a row");

const struct kind kind_bpf = {
	.name = "bpf",
	.text = "BPF programs in the kernel, where they run and who holds them; pinned objects",
	.id = 18,
	.noun = "BPF object",
	.fields = fields,
	.n_fields = BPF_FIELD_N,
};
