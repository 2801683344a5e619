/* Whose the sockets are when somebody has more files open than can be looked at: nobody gets more
 * of our time than a share, so that it is the fields of their own sockets that stay unknown. What
 * is looked at depends on processes and descriptors alone, not on time: the next check finds the
 * same.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "sensor/port/room.h"

#define PROCESS_MAX 65536 /* open files of one process */
#define USER_MAX 100000   /* of one user */
#define ROOT_MAX 200000   /* of the superuser, who is looked at first */
#define TOTAL_MAX 500000  /* some users have many numbers: subordinate ones */

static int by_user(const void *a, const void *b)
{
	const struct process *x = *(const struct process *const *)a;
	const struct process *y = *(const struct process *const *)b;

	if (x->euid != y->euid)
		return x->euid < y->euid ? -1 : 1;
	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/* A child that differs from its parent in nothing that is told of an owner. */
static bool is_heir(struct host *h, const struct process *p)
{
	const struct process *of = host_process(h, p->ppid);

	return of && of->exe.n && of->euid == p->euid && of->deleted == p->deleted &&
	       of->ns[NS_MNT] == p->ns[NS_MNT] && span_same(of->exe, p->exe) &&
	       span_same(of->comm, p->comm) && span_same(of->unit, p->unit) &&
	       span_same(of->container, p->container);
}

static void cut(struct socks *all, uint32_t uid)
{
	struct shares *c = &all->cut;

	if (c->n && c->uid[c->n - 1] == uid)
		return;
	c->uid = mem_grow(c->uid, c->n + 1, sizeof *c->uid);
	c->uid[c->n++] = uid;
}

/* heirs: who has them is known of all but the orphans. */
static void look(struct socks *all, const struct process *const *list, size_t n, bool heirs)
{
	size_t of_user = 0;

	for (size_t i = 0; i < n && !scan_stopped(all->scan); i++) {
		const struct process *p = list[i];
		size_t max = p->euid ? USER_MAX : ROOT_MAX, looked;

		if (heirs && all->n_orphans == 0)
			return;
		of_user = i && list[i - 1]->euid == p->euid ? of_user : 0;
		if (is_heir(all->host, p) != heirs)
			continue;
		max = of_user < max ? max - of_user : 0;
		max = max < PROCESS_MAX ? max : PROCESS_MAX;
		if (max > TOTAL_MAX - all->looked)
			max = TOTAL_MAX - all->looked;
		looked = max ? socks_of_process(all, p, max) : 1;
		of_user += looked <= max ? looked : max;
		all->looked += looked <= max ? looked : max;
		if (looked <= max)
			continue;
		all->cut.some = true;
		all->cut.left_out++;
		if (!heirs)
			cut(all, p->euid);
	}
}

void socks_share(struct socks *all, const struct process *list, size_t n)
{
	const struct process **order = mem_array(n + 1, sizeof *order);
	size_t k = 0;

	for (size_t i = 0; i < n; i++)
		if (!list[i].kernel)
			order[k++] = &list[i];
	if (k)
		qsort(order, k, sizeof *order, by_user);
	all->cut.processes = k;
	look(all, order, k, false);
	look(all, order, k, true);
	all->cut.looked = all->looked;
	free(order);
}

static int by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

bool socks_is_cut(const struct socks *all, uint32_t uid)
{
	return all->cut.n && bsearch(&uid, all->cut.uid, all->cut.n, sizeof uid, by_number) != NULL;
}
