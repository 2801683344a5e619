#include "watch/windows/pace.h"

bool pace_note(struct pace *p, uint64_t now)
{
	uint64_t next = p->told + p->wait;

	if (p->pending)
		return false;
	p->pending = true;
	p->due = now + PACE_COLLECT_MS;
	/* Still at it when it could be told again: less often. */
	if (p->told && now < next) {
		p->due = next > p->due ? next : p->due;
		p->wait = p->wait * 2 > PACE_MOST_MS ? PACE_MOST_MS : p->wait * 2;
	} else {
		p->wait = PACE_LEAST_MS;
	}
	return true;
}

bool pace_take(struct pace *p, uint64_t now)
{
	if (!p->pending || p->due > now)
		return false;
	p->pending = false;
	p->told = now;
	return true;
}

bool pace_is_slowest(const struct pace *p, uint64_t now)
{
	return p->wait == PACE_MOST_MS && (p->pending || now < p->told + 2 * PACE_MOST_MS);
}
