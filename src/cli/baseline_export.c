#include <errno.h>
#include <stdlib.h>

#include "cli/commands.h"
#include "core/escape.h"
#include "core/mem.h"
#include "os/clock.h"
#include "os/file.h"
#include "os/program.h"
#include "os/terminal.h"
#include "store/seal.h"

static const struct example examples[] = {
	{ "invar baseline export web7.baseline", "write what is approved, signed by this host" },
	{ "invar baseline export | ssh vault 'cat > web7.baseline'", "keep it elsewhere" },
	{ NULL, NULL },
};

struct outfile {
	int fd;
	char *target;       /* where links in the name lead; malloced, NULL when written straight */
	struct buf partial; /* written beside the target, then renamed over it */
};

static void outfile_done(struct outfile *f)
{
	if (f->fd != PROGRAM_OUTPUT)
		file_close(f->fd);
	if (f->partial.n)
		file_remove(buf_text(&f->partial));
	buf_done(&f->partial);
	free(f->target);
}

static int cannot_write(const char *path, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);
	int sys = errno;

	escape_value(&shown, span_from(path, strnlen(path, 1024)));
	errno = sys;
	(void)err_sys(e, "cannot write '%.300s'", buf_text(&shown));
	e->code = ERR_WRITE;
	return e->code;
}

static int refuse_terminal(struct err *e)
{
	return err_set(e, ERR_USAGE,
		"a baseline is not for a terminal; name a file: invar baseline export FILE");
}

static int refuse(const char *path, const char *what, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);

	escape_value(&shown, span_from(path, strnlen(path, 1024)));
	return err_set(e, ERR_WRITE, "cannot write '%.300s': it is %s", buf_text(&shown), what);
}

/* A device or a FIFO takes the bytes itself: a file renamed over it would take its place. */
static int open_straight(struct outfile *f, const char *path, enum file_form type, struct err *e)
{
	static const char *const names[] = {
		[FILE_FORM_FOLDER] = "a folder",
		[FILE_FORM_BLOCK] = "a block device",
		[FILE_FORM_SOCKET] = "a socket",
		[FILE_FORM_LINK] = "a symbolic link to nothing",
		[FILE_FORM_OTHER] = "no regular file",
	};

	if (type != FILE_FORM_CHARACTER && type != FILE_FORM_FIFO)
		return refuse(path, names[type], e);
	f->fd = file_open_write(path);
	if (f->fd < 0)
		return cannot_write(path, e);
	return terminal_is(f->fd) ? refuse_terminal(e) : 0;
}

static int open_beside(struct outfile *f, const char *path, struct err *e)
{
	buf_addf(&f->partial, "%s.partial-%ld", f->target, program_pid());
	f->fd = file_make(buf_text(&f->partial));
	if (f->fd < 0) {
		f->partial.n = 0;
		return cannot_write(path, e);
	}
	return 0;
}

static int outfile_open(struct outfile *f, const char *path, struct err *e)
{
	AUTO_FREE(arena) a = arena_new();
	enum file_form type;
	const char *real;

	if (!path || strcmp(path, "-") == 0) {
		f->fd = PROGRAM_OUTPUT;
		return terminal_is(PROGRAM_OUTPUT) ? refuse_terminal(e) : 0;
	}
	if (file_form(path, &type) == 0 && type != FILE_FORM_REGULAR)
		return open_straight(f, path, type, e);
	real = file_real(a, path);
	f->target = mem_text(real ? real : path);
	return open_beside(f, path, e);
}

/* /dev/stdout and its like: what we say must not mix with what we wrote. */
static bool is_stdout(int fd)
{
	return fd == PROGRAM_OUTPUT || file_same(fd, PROGRAM_OUTPUT);
}

static int outfile_keep(struct outfile *f, const char *path, struct err *e)
{
	if (!f->partial.n)
		return 0;
	if (file_sync(f->fd) < 0)
		return cannot_write(path, e);
	file_close(f->fd); /* Windows renames nothing that is open */
	f->fd = -1;
	if (file_rename(buf_text(&f->partial), f->target) < 0)
		return cannot_write(path, e);
	f->partial.n = 0;
	return 0;
}

static int collect(struct session *s, struct buf *policy, struct baseline_info *ret, struct err *e)
{
	struct baseline_info info = { .host = buf_span(&s->host),
		.program = span_of("invar " INVAR_VERSION),
		.time = clock_now() };

	if (session_root(s, ROOT_APPROVED, &info.root, e) < 0 ||
		store_value_get(s->store, "policy", policy, e) < 0 ||
		ledger_last(s->store, &info.ledger_seq, info.ledger_head, e) < 0 ||
		seal_public_key(s->store, info.public_key, e) < 0)
		return e->code;
	info.policy = buf_span(policy);
	*ret = info;
	return 0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	__attribute__((cleanup(outfile_done))) struct outfile file = { .fd = -1,
		.partial = BUF_INIT((size_t)1 << 20) };
	AUTO(buf) policy = BUF_INIT(BUF_MAX_DEFAULT);
	const char *path = argc ? argv[0] : NULL;
	struct baseline_info info;

	if (collect(s, &policy, &info, e) < 0 || outfile_open(&file, path, e) < 0 ||
		baseline_export(s->store, &info.root, &info, file.fd, e) < 0 ||
		outfile_keep(&file, path, e) < 0)
		return e->code;
	if (s->json || is_stdout(file.fd))
		return 0;
	buf_add_text(&s->out, "Exported ");
	text_plural(&s->out, info.root.count, "entity");
	buf_add_text(&s->out, " to ");
	escape_value(&s->out, span_of(path));
	buf_add_text(&s->out, ", signed by ");
	text_value(&s->out, &(struct field){ .type = FIELD_DIGEST },
		(union value){ .bytes = span_from(info.public_key, sizeof info.public_key) });
	buf_add_text(&s->out, ".\n");
	return 0;
}

const struct command command_baseline_export = {
	.name = "baseline export",
	.args = "[FILE]",
	.text = "write what is approved as one signed file",
	.about = "Deterministic CBOR with its Ed25519 signature and public key. Without FILE, or "
		 "with -, to standard output. A file is replaced when the export is whole; devices "
		 "and FIFOs are written to; symbolic links are followed to a file.",
	.examples = examples,
	.needs = NEEDS_STATE,
	.operands = OPERANDS_PATHS,
	.max = 1,
	.run = run,
};
