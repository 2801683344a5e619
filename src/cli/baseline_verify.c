#include "cli/commands.h"
#include "cli/infile.h"
#include "core/escape.h"
#include "core/hex.h"
#include "core/time.h"
#include "store/seal.h"

static struct {
	const char *key;
} arg;

static const struct option_row options[] = {
	OPT_TEXT(0, "key", &arg.key, "HEX", "the public key that must have signed FILE"),
	OPT_END,
};

static const struct example examples[] = {
	{ "invar baseline verify", "prove the store: trees, ledger, seal" },
	{ "invar baseline verify web7.baseline",
		"prove an export: signature, order, both digests" },
	{ "invar baseline verify web7.baseline --key 3f5a…",
		"and that web7 signed it; its key as invar status prints it there" },
	{ NULL, NULL },
};

static void add_digest(struct buf *ret, const void *bytes, size_t n)
{
	text_value(ret, &(struct field){ .type = FIELD_DIGEST },
		(union value){ .bytes = span_from(bytes, n) });
}

static void add_json(struct session *s, const char *what, const struct tree_root *root)
{
	struct json j = JSON_INIT(&s->out);

	json_envelope(&j, buf_span(&s->host), "verified");
	json_text_member(&j, "what", what);
	json_number_member(&j, "entities", root->count);
	json_hex_member(&j, "root", span_from(root->id, sizeof root->id));
	json_object_end(&j);
	buf_add_char(&s->out, '\n');
}

static int verify_store(struct session *s, struct err *e)
{
	struct tree_root root;

	if (session_store(s, STORE_INSPECT, e) < 0 || store_verify(s->store, e) < 0 ||
		session_root(s, ROOT_APPROVED, &root, e) < 0)
		return e->code;
	if (s->json) {
		add_json(s, "store", &root);
		return 0;
	}
	buf_add_text(&s->out, "The store is whole: both trees, the ledger and the seal agree.\n");
	text_plural(&s->out, root.count, "entity");
	buf_add_text(&s->out, " approved, root ");
	add_digest(&s->out, root.id, sizeof root.id);
	buf_add_text(&s->out, ".\n");
	return 0;
}

static int check_key(const struct baseline_info *info, struct err *e)
{
	AUTO(buf) hex = BUF_INIT(256);
	uint8_t key[SEAL_KEY_BYTES];

	if (!arg.key)
		return 0;
	if (!hex_parse(span_of(arg.key), key, sizeof key))
		return err_set(e, ERR_USAGE, "--key needs %d hexadecimal digits",
			2 * SEAL_KEY_BYTES);
	if (memcmp(key, info->public_key, sizeof key) == 0)
		return 0;
	hex_add(&hex, span_from(info->public_key, sizeof info->public_key));
	return err_set(e, ERR_DAMAGED, "signed by another key: %s", buf_text(&hex));
}

static int verify_file(struct session *s, const char *path, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(infile) file = { .fd = -1 };
	struct baseline_info info;

	if (infile_open(&file, path, e) < 0 ||
		baseline_read(file.fd, &info, arena, NULL, NULL, e) < 0 || check_key(&info, e) < 0)
		return e->code;
	if (s->json) {
		add_json(s, "baseline", &info.root);
		return 0;
	}
	buf_add_text(&s->out, "The baseline is whole: signature, order and digests agree.\n");
	text_plural(&s->out, info.root.count, "entity");
	buf_add_text(&s->out, " of host ");
	escape_text(&s->out, info.host);
	buf_add_text(&s->out, ", exported ");
	text_time(&s->out, info.time, &s->style);
	buf_add_text(&s->out, " by ");
	escape_text(&s->out, info.program);
	buf_add_text(&s->out, "\nroot ");
	add_digest(&s->out, info.root.id, sizeof info.root.id);
	buf_add_text(&s->out, "\nsigned by ");
	add_digest(&s->out, info.public_key, sizeof info.public_key);
	buf_add_char(&s->out, '\n');
	return 0;
}

static int run(struct session *s, int argc, char **argv, struct err *e)
{
	if (arg.key && !argc)
		return err_set(e, ERR_USAGE, "--key is about a FILE");
	return argc ? verify_file(s, argv[0], e) : verify_store(s, e);
}

const struct command command_baseline_verify = {
	.name = "baseline verify",
	.args = "[FILE]",
	.text = "prove the store, or a signed export, whole",
	.about = "Exit status 24 when it is not; the message names the first contradiction.",
	.examples = examples,
	.options = options,
	.operands = OPERANDS_PATHS,
	.max = 1,
	.run = run,
};
