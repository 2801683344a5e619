/* What the files of this room share: the programs of the kernel while they are collected. */
#ifndef SENSOR_BPF_BPF_COLLECT_H
#define SENSOR_BPF_BPF_COLLECT_H

#include "core/buf.h"
#include "host/host.h"
#include "sensor/bpf/bpf_info.h"
#include "sensor/sensor.h"

#define PROGRAMS_MAX 65536
#define NONE UINT32_MAX

/* One of a list of texts: places of a program, paths that pin it, processes that hold it. */
struct note {
	struct span text;
	uint32_t pid; /* of a holder */
	uint32_t next;
};

enum note_list { NOTE_ATTACHED, NOTE_PINNED, NOTE_HOLDER, NOTE_N };

struct bpf_program {
	uint32_t id, type, uid, size;
	uint8_t tag[8];
	char name[17];
	bool gpl, own;
	uint64_t loaded;        /* ns since boot */
	uint32_t notes[NOTE_N]; /* heads of chains */
	struct span key;
};

struct bpf_programs {
	struct scan *scan;
	struct host *host;
	struct arena *arena;
	struct bpf_program *list; /* ascending by id, until they are sorted by key */
	size_t n;
	struct note *notes;
	size_t n_notes, cap_notes;
};

struct bpf_program *bpf_by_id(struct bpf_programs *all, uint32_t id);
void bpf_note(struct bpf_programs *all, struct bpf_program *p, enum note_list which,
	struct span text, uint32_t pid);

/* The call itself; attr and size as in bpf(2). */
int bpf_call(int what, void *attr, unsigned size);
int bpf_open_id(int what, uint32_t id);
/* *n: room, then what the kernel wrote. */
int bpf_info(int fd, void *info, uint32_t *n);

/* bpf_links_linux.c: links, and what is attached to cgroups and interfaces without one. */
void bpf_links(struct bpf_programs *all);
void bpf_cgroups(struct bpf_programs *all);
void bpf_interfaces(struct bpf_programs *all);
/* bpf_holders_linux.c: which processes hold them; kprobes and the like that are no links. */
void bpf_holders(struct bpf_programs *all);
/* bpf_pins_linux.c: emits pinned objects and notes which programs they keep. */
void bpf_pins(struct bpf_programs *all);

#endif
