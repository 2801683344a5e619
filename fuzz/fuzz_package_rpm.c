#include "host/package_rpm_parse.h"

static void header(struct span all)
{
	static const enum rpm_tag tags[] = { RPM_NAME, RPM_BASE_NAMES, RPM_FOLDERS,
		RPM_FILE_MODES };
	struct arena *a = arena_new();
	struct rpm_header h;
	struct err e;
	uint64_t n;
	size_t count;

	for (size_t i = 0; rpm_header_parse(all, &h, &e) == 0 && i < 4; i++) {
		struct rpm_numbers numbers = rpm_numbers(&h, tags[i]);

		(void)rpm_text(&h, tags[i]);
		(void)rpm_texts(&h, tags[i], a, &count);
		(void)rpm_bytes(&h, tags[i]);
		(void)rpm_number_at(&numbers, numbers.n - 1, &n);
	}
	arena_free(a);
}

static void pages(struct span all)
{
	struct bdb b = { .page_bytes = 4096 };
	struct bdb_value v;
	struct span part;
	uint64_t offset;
	uint32_t n;
	size_t pairs;
	struct err e;

	if (bdb_pairs(&b, all, &pairs, &e) == 0)
		for (size_t i = 0; i < pairs && bdb_pair(&b, all, i, &v, &e) >= 0; i++)
			;
	(void)bdb_overflow(&b, all, &part, &n);
	if (ndb_slot(all, &n, &offset, &e) > 0)
		(void)ndb_blob(all, 1, &n);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
	struct span all = span_from(data, n);
	uint8_t id[8];
	uint64_t end;
	struct bdb b;
	struct err e;

	header(all);
	(void)pgp_signer(all, id);
	pages(all);
	if (bdb_head(all, &b, &e) < 0 && ndb_head(all, &end, &e) < 0)
		return 0;
	return 0;
}
