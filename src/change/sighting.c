#include "change/sighting.h"

#include "core/cbor.h"

/* Value: CBOR array [shared, local, unknown]. */
int sighting_put(struct pile *p, const struct observation *o, struct buf *value, struct err *e)
{
	buf_clear(value);
	cbor_put_array(value, 3);
	cbor_put_bytes(value, o->shared);
	cbor_put_bytes(value, o->local);
	cbor_put_uint(value, o->unknown);
	if (value->full)
		return err_set(e, ERR_LIMIT, "an entity of more than %zu bytes", value->max);
	return pile_put(p, o->key, buf_span(value), e);
}

int sighting_read(struct span key, struct span value, struct observation *ret, struct err *e)
{
	struct cbor c = cbor_of(value);
	struct observation o = { .key = key };
	uint64_t n;

	if (cbor_get_array(&c, &n, e) < 0 || cbor_get_bytes(&c, &o.shared, e) < 0 ||
		cbor_get_bytes(&c, &o.local, e) < 0 || cbor_get_uint(&c, &o.unknown, e) < 0)
		return e->code;
	*ret = o;
	return 0;
}
