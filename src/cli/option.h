/* Options as rows: parsing, help, completion and manual pages are made from them. */
#ifndef CLI_OPTION_H
#define CLI_OPTION_H

#include <stdint.h>

#include "core/buf.h"
#include "core/err.h"
#include "entity/kind.h"

#define OPTIONS_MAX 64 /* of one command, the global ones included */

struct option_time {
	bool set;
	int64_t ns;
};

enum option_type {
	OPTION_FLAG,
	OPTION_TEXT,
	OPTION_FILE,   /* text that names a file or folder */
	OPTION_NUMBER, /* least … most */
	OPTION_BYTES,  /* 1 … with an optional K, M, G or T */
	OPTION_TIME,   /* core/time.h */
	OPTION_CHOICE, /* an index into choices */
	OPTION_KIND,
};

/* A table of rows ends with a row without a name. */
struct option_row {
	const char *name;
	char letter; /* 0: none */
	enum option_type type;
	const char *arg; /* what stands behind it in help; NULL for flags */
	const char *text;
	union {
		bool *flag;
		const char **text;
		uint64_t *number;
		struct option_time *time;
		int *choice;
		const struct kind **kind;
	} to;
	const char *const *choices;
	uint64_t least, most;
};

#define OPT_FLAG(l, n, v, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_FLAG, .text = t, .to.flag = v \
	}
#define OPT_TEXT(l, n, v, a, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_TEXT, .arg = a, .text = t, .to.text = v \
	}
#define OPT_FILE(l, n, v, a, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_FILE, .arg = a, .text = t, .to.text = v \
	}
#define OPT_NUMBER(l, n, v, a, m, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_NUMBER, .arg = a, .text = t, \
		.to.number = v, .least = 1, .most = m \
	}
/* The same, 0 among them. */
#define OPT_COUNT(l, n, v, a, m, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_NUMBER, .arg = a, .text = t, \
		.to.number = v, .most = m \
	}
#define OPT_BYTES(l, n, v, a, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_BYTES, .arg = a, .text = t, .to.number = v \
	}
#define OPT_TIME(l, n, v, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_TIME, .arg = "TIME", .text = t, \
		.to.time = v \
	}
#define OPT_CHOICE(l, n, v, c, a, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_CHOICE, .arg = a, .text = t, \
		.to.choice = v, .choices = c \
	}
#define OPT_KIND(l, n, v, t) \
	{ \
		.name = n, .letter = l, .type = OPTION_KIND, .arg = "KIND", .text = t, \
		.to.kind = v \
	}
#define OPT_END \
	{ \
		.name = NULL \
	}

/* Parse argv[1…] by the rows of all tables (ended by NULL) and store the values. Operands are moved
 * to the end; *ret is the index of the first. With `early`, parsing stops at the first operand.
 * ERR_USAGE names the option and what was expected. */
int option_parse(const struct option_row *const *tables, int argc, char **argv, bool early,
	int *ret, struct err *e) MUST_CHECK;

#endif
