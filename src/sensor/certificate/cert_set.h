/* What was found, each thing once however many files hold it. */
#ifndef SENSOR_CERTIFICATE_CERT_SET_H
#define SENSOR_CERTIFICATE_CERT_SET_H

#include "sensor/sensor.h"

enum cert_store {
	STORE_OPENSSL = 1 << 0,
	STORE_BUNDLE = 1 << 1,
	STORE_JAVA = 1 << 2,
	STORE_APT = 1 << 3,
	STORE_APK = 1 << 4,
	STORE_SECURE_BOOT = 1 << 5,
};

struct cert_texts {
	struct span *p;
	size_t n, cap;
};

struct cert {
	struct cert *next; /* in its bucket */
	struct record *record;
	unsigned stores;
	bool alone; /* in a file that bundles are made from, or in one of its own */
	bool distrusted;
	struct cert_texts sources; /* absolute paths */
	struct cert_texts subkeys;
};

struct cert_set {
	struct scan *scan;
	struct arena *arena;
	struct cert **bucket;
	size_t n_buckets;
	int64_t now;
	bool torn; /* some store could not be read: where else one is, nobody knows */
};

void cert_set_init(struct cert_set *s, struct scan *scan);

/* The one of this certificate, key or file; its record is filled in when it is new. */
struct cert *cert_of_der(struct cert_set *s, struct span der);
struct pgp_key;
struct cert *cert_of_key(struct cert_set *s, const char *prefix, const struct pgp_key *k);
/* What could not be taken apart, by its path: "PREFIX:PATH". */
struct cert *cert_of_file(struct cert_set *s, const char *prefix, struct span path,
	struct span content);

void cert_add_source(struct cert_set *s, struct cert *c, struct span path);
void cert_set_emit(struct cert_set *s);

#endif
