#include "sensor/certificate/cert_pem.h"
#include "sensor/certificate/cert_x509.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* DER as it is, and what armour it may hold. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct pem pem = pem_of(span_from(data, n));
	struct pem_block b;
	struct x509 x;
	struct err e;

	(void)!x509_parse(span_from(data, n), a, &x, &e);
	while (pem_next(&pem, a, &b))
		(void)!x509_parse(b.bytes, a, &x, &e);
	return 0;
}
