/* What a host holds, for the files of this folder only. */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include "host/host.h"
#include "host/package.h"
#include "host/process.h"

struct processes;     /* process.c */
struct package_index; /* package.c */
struct digests;       /* digests.c */
struct buses;         /* bus.c */
struct bpf;           /* bpf.c */
struct unit_index;    /* units.c */
struct stamps;        /* stamp.c */
struct windows_state; /* windows/state.h */

struct host {
	int root;
	bool live;
	bool no_bpf;
	uint8_t secret[32];
	struct arena *arena;
	struct processes *processes;         /* NULL: not asked for yet */
	struct package_index *package_index; /* NULL: not asked for yet */
	struct digests *digests;
	struct bpf *bpf;               /* NULL: not asked for yet */
	struct buses *buses;           /* NULL: not asked for yet */
	struct unit_index *unit_index; /* NULL: not asked for yet */
	struct stamps *stamps;         /* takes down what is read; NULL: nobody wants to know */
	struct windows_state *windows; /* Windows only; NULL: not asked for yet */
};

/* Each frees what its file made; NULL does nothing. */
void processes_free(struct processes *p);
void package_index_free(struct package_index *x);
void host_digests_free(struct digests *d);
void buses_free(struct buses *all);
void bpf_free(struct bpf *b);
void unit_index_free(struct unit_index *x);
/* Windows only; also when another scan begins, before the arena is cleared. */
void windows_state_free(struct windows_state *w);

/* Another scan begins (host_renew): each forgets what need not be so any more. */
void package_index_renew(struct host *h);
void host_digests_renew(struct host *h);
void bpf_renew(struct host *h);

/* While h->stamps is set, all that is read by host/host.h is taken down there; what is opened
 * otherwise is by host_stamp, before it is read. */
struct stamps *stamps_new(void);
void stamps_free(struct stamps *all); /* accepts NULL */
void host_stamp(struct host *h, const char *path, bool link);
/* All of it is as it was: the same files with the same times, and nothing where nothing was. */
bool stamps_hold(const struct stamps *all, struct host *h);

#endif
