#include "sensor/certificate/cert_apt.h"
#include "sensor/certificate/cert_pgp.h"
#include "sensor/certificate/cert_store.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void each(void *ctx, struct span alias, struct span der)
{
	(void)ctx, (void)alias, (void)der;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct span all = span_from(data, n), rest = all, packets;
	struct apt_signers signers = apt_signers_of(all);
	struct pgp_key k;
	struct err e;

	for (size_t at = 0; pgp_keybox_next(all, &at, &packets);)
		(void)!pgp_next(&packets, a, &k, &e);
	while (pgp_next(&rest, a, &k, &e) > 0 || apt_signers_next(&signers, &packets))
		(void)!store_read(all, each, NULL, &e);
	return apt_unsigned(all, &packets) ? 0 : 0;
}
