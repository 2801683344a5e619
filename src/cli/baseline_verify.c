#include "cli/commands.h"
#include "cli/infile.h"
#include "core/escape.h"
#include "core/time.h"
#include "store/seal.h"

static const struct example examples[] = {
	{ "invar baseline verify", "prove the store: trees, ledger, seal" },
	{ "invar baseline verify web7.baseline",
		"prove an export: signature, order, both digests" },
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

	if (store_open(&s->store, s->state_dir, STORE_READ, e) < 0 ||
		session_root(s, ROOT_APPROVED, &root, e) < 0 || store_verify(s->store, e) < 0)
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

static int verify_file(struct session *s, const char *path, struct err *e)
{
	AUTO_FREE(arena) arena = arena_new();
	AUTO(infile) file = { .fd = -1 };
	struct baseline_info info;
	int rc;

	if (infile_open(&file, path, e) < 0)
		return e->code;
	rc = baseline_read(file.fd, &info, arena, NULL, NULL, e);
	if (rc == ERR_FORMAT)
		return e->code = ERR_DAMAGED;
	if (rc < 0)
		return rc;
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
	return argc ? verify_file(s, argv[0], e) : verify_store(s, e);
}

const struct command command_baseline_verify = {
	.name = "baseline verify",
	.args = "[FILE]",
	.text = "prove the store, or a signed export, whole",
	.about = "Exit status 24 when it is not; the message names the first contradiction.",
	.examples = examples,
	.operands = OPERANDS_PATHS,
	.max = 1,
	.run = run,
};
