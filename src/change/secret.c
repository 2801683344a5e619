#include "change/secret.h"

#include "core/buf.h"
#include "os/random.h"

#define VALUE_SECRET "secret"

int secret_load(struct store *s, uint8_t ret[SECRET_SIZE], struct err *e)
{
	AUTO(buf) value = BUF_INIT(BUF_MAX_DEFAULT);
	uint8_t fresh[SECRET_SIZE];
	int rc = store_value_get(s, VALUE_SECRET, &value, e);

	if (rc == 0 && value.n != SECRET_SIZE)
		return err_set(e, ERR_DAMAGED, "the stored secret has %zu bytes", value.n);
	if (rc == 0)
		memcpy(ret, value.p, SECRET_SIZE);
	if (rc != ERR_MISSING)
		return rc;
	if (random_bytes(fresh, sizeof fresh, e) < 0 ||
		store_value_set(s, VALUE_SECRET, span_from(fresh, sizeof fresh), e) < 0)
		return e->code;
	memcpy(ret, fresh, SECRET_SIZE);
	return 0;
}
