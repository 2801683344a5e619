#include "cli/commands.h"
#include "cli/infile.h"
#include "cli/records.h"
#include "core/hex.h"
#include "os/person.h"
#include "store/seal.h"

static struct {
	const char *reason, *key;
} arg;

static const struct option_row options[] = {
	OPT_TEXT('r', "reason", &arg.reason, "TEXT", "why this is right; goes into the ledger"),
	OPT_TEXT(0, "key", &arg.key, "HEX",
		"the public key that must have signed it (default: this host's own)"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar baseline import web7.baseline --reason 'back to Friday'",
		"approve what this host exported then" },
	{ "invar baseline import golden.baseline --key 3f5a… --reason 'golden image'",
		"approve what another host exported; its key as invar status prints it there" },
	{ NULL, NULL },
};

static int add(void *ctx, const struct tree_entry *entry, struct err *e)
{
	return tree_builder_add(ctx, entry, e);
}

static int wanted_key(struct session *s, uint8_t ret[SEAL_KEY_BYTES], struct err *e)
{
	if (!arg.key)
		return seal_public_key(s->store, ret, e);
	if (!hex_parse(span_of(arg.key), ret, SEAL_KEY_BYTES))
		return err_set(e, ERR_USAGE, "--key needs %d hexadecimal digits",
			2 * SEAL_KEY_BYTES);
	return 0;
}

static int check_key(struct session *s, const struct baseline_info *info, struct err *e)
{
	AUTO(buf) hex = BUF_INIT(256);
	uint8_t key[SEAL_KEY_BYTES];

	if (wanted_key(s, key, e) < 0)
		return e->code;
	if (memcmp(key, info->public_key, sizeof key) == 0)
		return 0;
	hex_add(&hex, span_from(info->public_key, sizeof info->public_key));
	if (arg.key)
		return err_set(e, ERR_DENIED, "signed by another key: %s", buf_text(&hex));
	return err_set(e, ERR_DENIED,
		"not signed by this host; if you trust who signed it: --key %s", buf_text(&hex));
}

static int record(struct session *s, const struct tree_root *from, const struct tree_root *to,
	const char *path, struct err *e)
{
	AUTO(buf) by = BUF_INIT(4096);
	struct ledger_record r = { .type = RECORD_DECISION };

	person_running(&by);
	r.decision = (struct decision){ .what = span_of("baseline-import"),
		.reason = span_of(arg.reason),
		.by = buf_span(&by),
		.selection = span_of(path),
		.items = to->count };
	memcpy(r.decision.from_root, from->id, sizeof from->id);
	memcpy(r.decision.to_root, to->id, sizeof to->id);
	return records_append(s, &r, e);
}

/* Inside a transaction that the caller ends. */
static int import(struct session *s, const char *path, struct tree_root *ret, struct err *e)
{
	AUTO_FREE(tree_builder) builder = tree_builder_new(s->store);
	AUTO_FREE(arena) arena = arena_new();
	AUTO(infile) file = { .fd = -1 };
	struct baseline_info info;
	struct tree_root from, to;

	if (session_root(s, ROOT_APPROVED, &from, e) < 0 || infile_open(&file, path, e) < 0 ||
		baseline_read(file.fd, &info, arena, add, builder, e) < 0 ||
		check_key(s, &info, e) < 0 || tree_builder_finish(builder, &to, e) < 0)
		return e->code;
	if (memcmp(to.id, info.root.id, sizeof to.id) != 0)
		return err_set(e, ERR_DAMAGED, "the entries do not add up to the root they claim");
	if (store_root_set(s->store, ROOT_APPROVED, &to, e) < 0 ||
		record(s, &from, &to, path, e) < 0)
		return e->code;
	*ret = to;
	return 0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	struct tree_root root = { 0 };
	uint64_t dropped;

	(void)argc;
	if (!arg.reason)
		return err_set(e, ERR_USAGE, "say why: --reason TEXT (it goes into the ledger)");
	if (store_begin(s->store, e) < 0)
		return e->code;
	if (import(s, argv[0], &root, e) < 0 || store_commit(s->store, e) < 0) {
		store_rollback(s->store);
		return e->code;
	}
	if (store_collect(s->store, &dropped, e) < 0)
		return e->code;
	if (s->json)
		return 0;
	buf_add_text(&s->out, "Imported: ");
	text_plural(&s->out, root.count, "entity");
	buf_add_text(&s->out, " are now the baseline.\n\nNext:\n");
	session_advise(s, "drift", "what differs from it");
	return 0;
}

const struct command command_baseline_import = {
	.name = "baseline import",
	.args = "FILE",
	.text = "replace what is approved by a signed export",
	.about = "The signature must be this host's own, or of the key named with --key. The "
		 "decision, "
		 "who made it and why are recorded in the ledger.",
	.examples = examples,
	.options = options,
	.needs = NEEDS_STATE_WRITE,
	.operands = OPERANDS_PATHS,
	.min = 1,
	.max = 1,
	.run = run,
};
