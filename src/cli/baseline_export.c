#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "cli/commands.h"
#include "core/escape.h"
#include "os/clock.h"
#include "os/terminal.h"
#include "store/seal.h"

static const struct example examples[] = {
	{ "invar baseline export web7.baseline", "write what is approved, signed by this host" },
	{ "invar baseline export | ssh vault 'cat > web7.baseline'", "keep it elsewhere" },
	{ NULL, NULL },
};

struct outfile {
	int fd;
	struct buf partial; /* written beside the target, then renamed over it */
};

static void outfile_done(struct outfile *f)
{
	if (f->fd >= 0 && f->fd != STDOUT_FILENO)
		close(f->fd);
	if (f->partial.n)
		unlink(buf_text(&f->partial));
	buf_done(&f->partial);
}

static int cannot_write(const char *path, struct err *e)
{
	AUTO(buf) shown = BUF_INIT(8192);
	int sys = errno;

	escape_text(&shown, span_from(path, strnlen(path, 1024)));
	errno = sys;
	(void)err_sys(e, "cannot write '%.300s'", buf_text(&shown));
	e->code = ERR_WRITE;
	return e->code;
}

static int outfile_open(struct outfile *f, const char *path, struct err *e)
{
	if (!path || strcmp(path, "-") == 0) {
		if (terminal_is(STDOUT_FILENO))
			return err_set(e, ERR_USAGE,
				"a baseline is not for a terminal; name a file: invar baseline "
				"export FILE");
		f->fd = STDOUT_FILENO;
		return 0;
	}
	buf_addf(&f->partial, "%s.partial-%ld", path, (long)getpid());
	f->fd = open(buf_text(&f->partial), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW,
		0600);
	if (f->fd < 0) {
		f->partial.n = 0;
		return cannot_write(path, e);
	}
	return 0;
}

static int outfile_keep(struct outfile *f, const char *path, struct err *e)
{
	if (!f->partial.n)
		return 0;
	if (fsync(f->fd) < 0 || rename(buf_text(&f->partial), path) < 0)
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
	if (file.fd == STDOUT_FILENO || s->json)
		return 0;
	buf_add_text(&s->out, "Exported ");
	text_plural(&s->out, info.root.count, "entity");
	buf_add_text(&s->out, " to ");
	escape_text(&s->out, span_of(path));
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
		 "with -, to standard output.",
	.examples = examples,
	.needs = NEEDS_STATE,
	.operands = OPERANDS_PATHS,
	.max = 1,
	.run = run,
};
