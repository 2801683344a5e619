/* Which keyrings the sources of apt name (sources.list(5)). Pure. */
#ifndef SENSOR_CERTIFICATE_CERT_APT_H
#define SENSOR_CERTIFICATE_CERT_APT_H

#include "core/span.h"

struct apt_signers {
	struct span rest;  /* lines to come */
	struct span words; /* of the line or field at hand */
	bool in_field;     /* Signed-By goes on in lines that begin with a blank */
};

static inline struct apt_signers apt_signers_of(struct span text)
{
	return (struct apt_signers){ .rest = text };
}

/* The next absolute path after "signed-by=" (one-line style) or "Signed-By:" (deb822); false at the
 * end. */
bool apt_signers_next(struct apt_signers *s, struct span *ret);

/* The first line that says a source needs no signature ("trusted=yes", "Allow-Insecure: yes");
 * false when none does. */
bool apt_unsigned(struct span text, struct span *ret);

#endif
