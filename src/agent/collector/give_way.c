#include "agent/collector/give_way.h"

#include "entity/package.h"

void give_way_heard(struct give_way *g)
{
	g->came++;
}

static bool go_on(struct give_way *g, const struct backlog *b)
{
	if (g->began)
		g->serial = backlog_serial(b);
	g->began = 0;
	g->came = 0;
	return false;
}

bool give_way(struct give_way *g, const struct backlog *b, int64_t now,
	bool (*put_off)(void *ctx, const struct look_again *l), void *ctx)
{
	bool many = g->came >= GIVE_WAY_MANY;

	if (g->began && now < g->next && !backlog_crowded(b))
		return true;
	/* what has waited is read first; a package explains its files only together with them */
	if (!many || backlog_crowded(b) || backlog_count_of(b, &kind_package) ||
		(g->began && now - g->began >= GIVE_WAY_MOST) ||
		(!g->began && backlog_waits(b, g->serial, put_off, ctx)))
		return go_on(g, b);
	if (!g->began)
		g->began = now;
	g->next = now + GIVE_WAY_PAUSE;
	g->came = 0;
	return true;
}
