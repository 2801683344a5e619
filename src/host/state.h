/* What a host holds, for the files of this folder only. */
#ifndef HOST_STATE_H
#define HOST_STATE_H

#include "host/host.h"
#include "host/package.h"
#include "host/process.h"

struct processes;     /* process.c */
struct package_index; /* package.c */
struct digests;       /* digest.c */
struct buses;         /* bus.c */
struct bpf;           /* bpf.c */

struct host {
	int root;
	bool live;
	uint8_t secret[32];
	struct arena *arena;
	struct processes *processes;         /* NULL: not asked for yet */
	struct package_index *package_index; /* NULL: not asked for yet */
	struct digests *digests;
	struct buses *buses; /* NULL: not asked for yet */
	struct bpf *bpf; /* NULL: not asked for yet */
};

/* Each frees what its file made; NULL does nothing. */
void processes_free(struct processes *p);
void package_index_free(struct package_index *x);
void host_digests_free(struct digests *d);
void buses_free(struct buses *all);
void bpf_free(struct bpf *b);

#endif
