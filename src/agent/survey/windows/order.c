/* What a survey is to do, as CBOR: an array in the order of the table below. */
#include <stddef.h>

#include "agent/survey/windows/child.h"
#include "core/cbor.h"

#define ITEMS 17

static struct span text_of(const char *text)
{
	return text ? span_of(text) : SPAN_NONE;
}

void survey_order_encode(const struct survey_setup *setup, const struct survey_plan *plan,
	struct buf *ret)
{
	AUTO(buf) policy = BUF_INIT(BUF_MAX_DEFAULT);
	const struct scan_options *o = &setup->options;

	policy_print(setup->policy, &policy);
	cbor_put_array(ret, ITEMS);
	cbor_put_bytes(ret, span_of(setup->state_dir));
	cbor_put_bytes(ret, buf_span(&policy));
	cbor_put_bytes(ret, text_of(o->spare));
	cbor_put_uint(ret, o->jobs);
	cbor_put_uint(ret, (uint64_t)o->io_class);
	cbor_put_uint(ret, o->limit_rate);
	cbor_put_uint(ret, o->limit_cpu);
	cbor_put_uint(ret, setup->pressure);
	cbor_put_bytes(ret, span_of(plan->name));
	cbor_put_uint(ret, plan->observed);
	cbor_put_bool(ret, plan->trust_stamps);
	cbor_put_bool(ret, plan->below != NULL);
	cbor_put_bytes(ret, text_of(plan->below));
	cbor_put_uint(ret, plan->kinds);
	cbor_put_uint(ret, plan->reread);
	cbor_put_bytes(ret, plan->inodes);
	cbor_put_bytes(ret, plan->reread_after);
}

static int get_text(struct cbor *c, struct arena *a, const char **ret, struct err *e)
{
	struct span s;

	if (cbor_get_bytes(c, &s, e) < 0)
		return e->code;
	*ret = s.n ? arena_text(a, s) : NULL;
	return 0;
}

static int get_number(struct cbor *c, uint64_t most, uint64_t *ret, struct err *e)
{
	if (cbor_get_uint(c, ret, e) < 0)
		return e->code;
	return *ret <= most ? 0 : err_set(e, ERR_FORMAT, "a number that is too large");
}

static int get_setup(struct cbor *c, struct arena *a, struct survey_order *ret, struct err *e)
{
	struct scan_options *o = &ret->setup.options;
	uint64_t jobs, io_class, cpu, pressure;

	if (get_text(c, a, &ret->setup.state_dir, e) < 0 ||
		cbor_get_bytes(c, &ret->policy, e) < 0 || get_text(c, a, &o->spare, e) < 0 ||
		get_number(c, 1024, &jobs, e) < 0 || get_number(c, 2, &io_class, e) < 0 ||
		cbor_get_uint(c, &o->limit_rate, e) < 0 || get_number(c, 100, &cpu, e) < 0 ||
		get_number(c, 100, &pressure, e) < 0)
		return e->code;
	o->jobs = (unsigned)jobs;
	o->io_class = (int)io_class;
	o->limit_cpu = (unsigned)cpu;
	ret->setup.pressure = (unsigned)pressure;
	return ret->setup.state_dir ? 0 : err_set(e, ERR_FORMAT, "an order without a state");
}

static int get_plan(struct cbor *c, struct arena *a, struct survey_plan *ret, struct err *e)
{
	uint64_t observed;
	bool has_below;

	if (get_text(c, a, &ret->name, e) < 0 || get_number(c, 255, &observed, e) < 0 ||
		cbor_get_bool(c, &ret->trust_stamps, e) < 0 ||
		cbor_get_bool(c, &has_below, e) < 0 || get_text(c, a, &ret->below, e) < 0 ||
		cbor_get_uint(c, &ret->kinds, e) < 0 || cbor_get_uint(c, &ret->reread, e) < 0 ||
		cbor_get_bytes(c, &ret->inodes, e) < 0 ||
		cbor_get_bytes(c, &ret->reread_after, e) < 0)
		return e->code;
	ret->observed = (enum observed)observed;
	if (has_below && !ret->below)
		ret->below = "";
	return 0;
}

int survey_order_decode(struct span bytes, struct arena *a, struct survey_order *ret, struct err *e)
{
	struct cbor c = cbor_of(bytes);
	struct survey_order o = { .setup = { .state_dir = NULL } };
	uint64_t items;

	if (cbor_get_array(&c, &items, e) < 0)
		return e->code;
	if (items != ITEMS)
		return err_set(e, ERR_FORMAT, "an order of %llu items", (unsigned long long)items);
	if (get_setup(&c, a, &o, e) < 0 || get_plan(&c, a, &o.plan, e) < 0 ||
		cbor_finish(&c, e) < 0)
		return e->code;
	*ret = o;
	return 0;
}
