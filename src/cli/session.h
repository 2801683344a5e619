/* What one run of a command has at hand: the global options, policy and state as the command's row
 * asks for them, and the output. */
#ifndef CLI_SESSION_H
#define CLI_SESSION_H

#include "change/pipeline.h"
#include "cli/option.h"
#include "output/output.h"

struct command;

struct session {
	const struct command *command;
	/* global options */
	const char *policy_path, *state_dir, *root; /* root: NULL for the host itself */
	bool json, plain, full, help;
	const char *const *operands; /* of the command */
	size_t n_operands;
	/* opened when the command needs them, else NULL */
	struct policy *policy;
	struct store *store;
	/* always */
	struct problems problems; /* of the policy */
	struct buf host;
	struct buf out;
	bool hold; /* write nothing out before the command has succeeded */
	struct text_style style;
};

extern const struct option_row session_options[];
/* The one session of this process; session_options fill it in. */
extern struct session session;

/* The usual folders where the options name none. */
void session_places(struct session *s);
/* Open what the command needs. */
int session_open(struct session *s, const struct command *c, struct err *e) MUST_CHECK;
void session_close(struct session *s);
/* Load the policy, for a command that does not leave it to its row. */
int session_policy(struct session *s, struct err *e) MUST_CHECK;
/* Open the state, for a command that does not leave it to its row. */
int session_store(struct session *s, enum store_mode mode, struct err *e) MUST_CHECK;

/* Write out what has gathered when it is much, or in any case. ERR_WRITE. */
int session_flush_much(struct session *s, struct err *e) MUST_CHECK;
int session_flush(struct session *s, struct err *e) MUST_CHECK;

/* A record as one JSON line, or as an entry of a log. */
int session_log(struct session *s, const struct ledger_record *r, struct err *e) MUST_CHECK;

/* The same as a JSON line marked as drift that stands. */
int session_standing(struct session *s, const struct ledger_record *r, struct err *e) MUST_CHECK;

/* Append a whole command line: "invar ", words (already fit for a shell), and the global options in
 * force that differ from the defaults. */
void session_command(const struct session *s, struct buf *ret, const char *words);
/* The same as a line of advice: two columns in, what it does behind it. */
void session_advise(struct session *s, const char *words, const char *what);

/* SHA-256 of the policy in force, as the ledger names it. */
void session_policy_digest(const struct session *s, uint8_t ret[DIGEST_BYTES]);

/* A root, or ERR_MISSING with the command that makes one. */
int session_root(struct session *s, enum store_root which, struct tree_root *ret,
	struct err *e) MUST_CHECK;

#endif
