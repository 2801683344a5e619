#include "watch/kinds/parse.h"

/* First byte: of which source the rest is. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span rest = span_from(data + 1, n ? n - 1 : 0);
	AUTO(buf) name = BUF_INIT(512);
	struct uevent u;
	struct nft_event x;

	if (n == 0)
		return 0;
	if (data[0] == 'u')
		(void)uevent_parse(rest, &u);
	else if (data[0] == 'n')
		(void)nft_event_parse(rest, &x);
	else if (unit_of_path(rest, &name))
		(void)unit_is_watched(buf_span(&name));
	return 0;
}
