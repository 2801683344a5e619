/* Any bytes as a rule of Windows' firewall, a date of an installer, an entry of a certificate
 * store. */
#include <stdint.h>

#include "entity/firewall.h"
#include "sensor/certificate/cert_blob.h"
#include "sensor/firewall/firewall_rule.h"
#include "sensor/package/uninstall.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	AUTO_FREE(arena) a = arena_new();
	struct cert_blob blob;
	struct err e;
	int64_t when;

	(void)!firewall_rule_set(a, span_from(data, n), record_new(a, &kind_firewall), &e);
	(void)!cert_blob_parse(span_from(data, n), &blob, &e);
	(void)install_date(span_from(data, n), &when);
	return 0;
}
