#include "cli/scan_options.h"

#include "cli/look.h"
#include "cli/paths.h"

static struct {
	uint64_t jobs, rate, cpu, deadline, file_seconds, size_cap;
	int io_class;
} arg = { .io_class = -1 };

static const char *const io_class_names[] = { "best-effort", "idle", NULL };

const struct option_row scan_option_rows[] = {
	OPT_NUMBER('j', "jobs", &arg.jobs, "N", 256, "reading threads (default: as many as pay)"),
	OPT_CHOICE(0, "io-class", &arg.io_class, io_class_names, "CLASS",
		"input/output class: best-effort, or idle (only when nobody else wants the disk)"),
	OPT_BYTES(0, "limit-rate", &arg.rate, "BYTES", "read at most so many bytes a second"),
	OPT_NUMBER(0, "limit-cpu", &arg.cpu, "PERCENT", 100000,
		"use at most so many per cent of one core"),
	OPT_NUMBER(0, "deadline", &arg.deadline, "MS", 3600000,
		"give up what does not answer in so many milliseconds (default 5000; 30000 on "
		"local file systems)"),
	OPT_BYTES(0, "size-cap", &arg.size_cap, "BYTES",
		"do not read larger files whole, only their layout and as much of their data"),
	OPT_NUMBER(0, "file-seconds", &arg.file_seconds, "N", 86400,
		"spend at most so many seconds on one file or folder"),
	OPT_END,
};

int scan_options_make(const struct session *s, struct arena *a, char **paths, size_t n_paths,
	struct scan_options *ret, struct err *e)
{
	struct span root;
	struct scan_options o = {
		.jobs = (unsigned)arg.jobs,
		.io_class = arg.io_class + 1,
		.limit_rate = arg.rate,
		.limit_cpu = (unsigned)arg.cpu,
		.deadline_ms = (unsigned)arg.deadline,
		.size_cap = arg.size_cap,
		.file_seconds = (unsigned)arg.file_seconds,
		.spare = look_state_folder(s, a),
	};

	if (s->root) {
		if (path_absolute(a, s->root, &root, e) < 0)
			return e->code;
		o.root = root.p;
	}
	if (n_paths)
		o.below = arena_get(a, n_paths * sizeof *o.below);
	for (size_t i = 0; i < n_paths; i++) {
		if (path_absolute(a, paths[i], &o.below[i], e) < 0)
			return e->code;
		o.n_below++;
	}
	*ret = o;
	return 0;
}
