/* A scope is the set of pattern positions ("states") that are still possible in one folder. State
 * s means: the sections of the route before s matched the folders down to here, s is what an entry
 * is compared with. A set is closed: where "**" is in it, so is what stands behind. */
#include "policy/scope.h"

#include <stdatomic.h>
#include <stdlib.h>

#include "core/fold.h"
#include "core/mem.h"

#define NO_STATE UINT32_MAX

struct hit {
	uint32_t state; /* NO_STATE: empty slot */
	uint32_t track; /* index into scope.start */
};

struct scope {
	atomic_uint refs;
	bool alike;         /* every name here and below is held as `whole` says */
	bool exact, folded; /* what literals there are */
	bool mounts;        /* some rule here ends at other mounts */
	const struct policy *policy;
	struct selection whole;
	uint32_t n_states, n_tracks, n_wilds, mask;
	const struct entry **entries; /* of each live track, in policy order */
	uint32_t *states;             /* ascending */
	struct hit *wilds;            /* patterns to try on every name */
	struct hit *literals;         /* hash table of exact names */
	uint8_t *start;               /* what each track gains from "*" and "**" */
};

/* A set of states while it is made. */
struct set {
	uint64_t *bits;
	uint32_t low, high; /* states low <= s < high fit in */
};

static struct scope *hold(struct scope *d)
{
	atomic_fetch_add_explicit(&d->refs, 1, memory_order_relaxed);
	return d;
}

void scope_leave(struct scope *d)
{
	if (d && atomic_fetch_sub_explicit(&d->refs, 1, memory_order_acq_rel) == 1)
		free(d);
}

static const struct track *track_of(const struct policy *p, uint32_t state)
{
	return &p->tracks[p->routes[p->states[state].route].track];
}

static void set_add(struct set *set, const struct policy *p, uint32_t s)
{
	for (;; s++) {
		if (p->sections[s].how == GLOB_END)
			return;
		set->bits[(s - set->low) / 64] |= UINT64_C(1) << (s - set->low) % 64;
		if (p->sections[s].how != GLOB_DEEP)
			return;
	}
}

static bool set_has(const struct set *set, uint32_t s)
{
	return set->bits[(s - set->low) / 64] >> (s - set->low) % 64 & 1;
}

/* "**" with nothing behind it and no test: all below is held, or all below is out. */
static bool floods(const struct policy *p, uint32_t s, uint8_t gain)
{
	return p->sections[s].how == GLOB_DEEP && p->states[s].gain == gain;
}

/* Keeps, of one track's states, those that can still decide something; returns how many. */
static uint32_t prune(const struct policy *p, uint32_t *s, uint32_t n)
{
	uint32_t flood = NO_STATE, kept = 0, includes = 0;

	for (uint32_t i = 0; i < n; i++) {
		if (floods(p, s[i], GAIN_OUT))
			return 0;
		if (flood == NO_STATE && floods(p, s[i], GAIN_IN))
			flood = s[i];
	}
	for (uint32_t i = 0; i < n; i++) {
		bool exclude = p->routes[p->states[s[i]].route].exclude;

		if (!exclude && flood != NO_STATE && s[i] != flood)
			continue;
		includes += !exclude;
		s[kept++] = s[i];
	}
	return includes ? kept : 0;
}

/* The states of the set, ascending, pruned track by track. */
static uint32_t set_list(const struct set *set, const struct policy *p, uint32_t *ret)
{
	uint32_t n = 0, from = 0, track = UINT32_MAX;

	for (uint32_t s = set->low; s < set->high; s++) {
		uint32_t mine;

		if (set->bits[(s - set->low) / 64] == 0) {
			s |= 63; /* low is a multiple of 64 */
			continue;
		}
		if (!set_has(set, s))
			continue;
		mine = p->routes[p->states[s].route].track;
		if (mine != track) {
			n = from + prune(p, ret + from, n - from);
			from = n;
			track = mine;
		}
		ret[n++] = s;
	}
	return from + prune(p, ret + from, n - from);
}

static void put_literal(struct scope *d, const struct glob_section *s, struct hit hit)
{
	uint32_t at = s->hash & d->mask;

	while (d->literals[at].state != NO_STATE)
		at = (at + 1) & d->mask;
	d->literals[at] = hit;
}

static void add_state(struct scope *d, const struct policy *p, uint32_t s, uint32_t track)
{
	const struct glob_section *section = &p->sections[s];
	uint8_t gain = p->states[s].gain;

	if (!(section->how == GLOB_DEEP && gain))
		d->alike = false;
	if (!gain)
		return;
	if (section->how == GLOB_LITERAL) {
		put_literal(d, section, (struct hit){ s, track });
		d->folded = d->folded || section->dialect->fold;
		d->exact = d->exact || !section->dialect->fold;
	} else if (section->how == GLOB_WILD || section->how == GLOB_TEST) {
		d->wilds[d->n_wilds++] = (struct hit){ s, track };
	} else {
		d->start[track] |= gain;
	}
}

static void collect(const struct scope *d, const uint8_t *gains, struct selection *ret)
{
	ret->n = 0;
	ret->fields = ret->tentative = ret->tested = 0;
	ret->follow_links = false;
	for (uint32_t i = 0; i < d->n_tracks; i++) {
		uint8_t g = gains[i];

		if ((g & (GAIN_IN | GAIN_IN_TESTED)) && !(g & GAIN_OUT))
			selection_add(ret, d->entries[i], (g & GAIN_IN) && !(g & GAIN_OUT_TESTED));
	}
}

static struct scope *scope_alloc(uint32_t n, uint32_t slots)
{
	size_t bytes = sizeof(struct scope) + n * sizeof(struct entry *) +
		       (n + slots) * sizeof(struct hit) + n * sizeof(uint32_t) + n;
	struct scope *d = mem_new(bytes);

	d->entries = (const struct entry **)(void *)(d + 1);
	d->wilds = (struct hit *)(void *)(d->entries + n);
	d->literals = d->wilds + n;
	d->states = (uint32_t *)(void *)(d->literals + slots);
	d->start = (uint8_t *)(d->states + n);
	d->mask = slots - 1;
	return d;
}

static struct scope *scope_new(const struct policy *p, const uint32_t *states, uint32_t n)
{
	uint32_t slots = 1, literals = 0;
	const struct track *track = NULL;
	struct scope *d;

	for (uint32_t i = 0; i < n; i++)
		literals += p->sections[states[i]].how == GLOB_LITERAL && p->states[states[i]].gain;
	while (slots < 2 * literals + 1)
		slots *= 2;
	d = scope_alloc(n, slots);
	atomic_init(&d->refs, 1);
	d->policy = p;
	d->alike = true;
	d->n_states = n;
	memcpy(d->states, states, n * sizeof *states);
	for (uint32_t i = 0; i < slots; i++)
		d->literals[i].state = NO_STATE;
	for (uint32_t i = 0; i < n; i++) {
		const struct track *mine = track_of(p, states[i]);

		if (mine != track) {
			d->entries[d->n_tracks++] = mine->entry;
			d->mounts = d->mounts || !mine->entry->rule.cross_mounts;
			track = mine;
		}
		add_state(d, p, states[i], d->n_tracks - 1);
	}
	if (d->alike)
		collect(d, d->start, &d->whole);
	return d;
}

static struct scope *set_scope(const struct set *set, const struct policy *p, struct scope *parent)
{
	uint32_t *list = mem_array(set->high - set->low + 1, sizeof *list);
	uint32_t n = set_list(set, p, list);
	struct scope *d;

	if (n == 0)
		d = NULL;
	else if (parent && parent->n_states == n &&
		 memcmp(parent->states, list, n * sizeof *list) == 0)
		d = hold(parent);
	else
		d = scope_new(p, list, n);
	free(list);
	return d;
}

static struct set set_new(uint32_t low, uint32_t high)
{
	struct set set = { NULL, low & ~UINT32_C(63), high };

	set.bits = mem_array((high - set.low) / 64 + 1, sizeof *set.bits);
	return set;
}

struct scope *scope_top(const void *policy, const struct kind *k)
{
	const struct policy *p = policy;
	struct set set = set_new(0, (uint32_t)p->n_states);
	struct scope *d;

	for (size_t i = 0; i < p->n_routes; i++)
		if (p->tracks[p->routes[i].track].entry->rule.kind == k)
			set_add(&set, p, p->routes[i].first);
	d = set_scope(&set, p, NULL);
	free(set.bits);
	return d;
}

/* Is the folder the state waits in the rule's base, or below it? */
static bool below_base(const struct policy *p, uint32_t s)
{
	return s - p->routes[p->states[s].route].first >= track_of(p, s)->base_n;
}

struct scope *scope_enter(struct scope *d, struct span name, bool other_mount)
{
	const struct policy *p = d->policy;
	uint32_t hash, last = d->states[d->n_states - 1];
	struct set set;
	struct scope *below;

	if (d->alike && !(other_mount && d->mounts))
		return hold(d);
	hash = glob_hash(name);
	set = set_new(d->states[0], p->routes[p->states[last].route].end + 1);
	for (uint32_t i = 0; i < d->n_states; i++) {
		uint32_t s = d->states[i];

		if (other_mount && !track_of(p, s)->entry->rule.cross_mounts && below_base(p, s))
			continue;
		if (p->sections[s].how == GLOB_DEEP)
			set_add(&set, p, s);
		else if (glob_section_is(&p->sections[s], name, hash))
			set_add(&set, p, s + 1);
	}
	below = set_scope(&set, p, d);
	free(set.bits);
	return below;
}

static void gain_literals(const struct scope *d, struct span name, uint32_t hash, uint8_t *gains)
{
	const struct policy *p = d->policy;

	for (uint32_t at = hash & d->mask; d->literals[at].state != NO_STATE;
		at = (at + 1) & d->mask) {
		const struct hit *h = &d->literals[at];

		if (glob_section_is(&p->sections[h->state], name, hash))
			gains[h->track] |= p->states[h->state].gain;
	}
}

bool scope_name(const struct scope *d, struct span name, struct selection *ret)
{
	const struct policy *p = d->policy;
	uint8_t gains[TRACKS_MAX];

	if (d->alike) {
		*ret = d->whole;
		return ret->n > 0;
	}
	memcpy(gains, d->start, d->n_tracks);
	if (d->exact)
		gain_literals(d, name, glob_hash(name), gains);
	if (d->folded)
		gain_literals(d, name, fold_hash(name), gains);
	for (uint32_t i = 0; i < d->n_wilds; i++) {
		const struct hit *h = &d->wilds[i];

		if (glob_section_is(&p->sections[h->state], name, 0))
			gains[h->track] |= p->states[h->state].gain;
	}
	collect(d, gains, ret);
	return ret->n > 0;
}

bool scope_uniform(const struct scope *d, struct selection *ret)
{
	/* a rule that ends at mounts makes what lies behind one different */
	if (!d->alike || d->mounts)
		return false;
	*ret = d->whole;
	return true;
}
