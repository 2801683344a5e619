/* Sockets of one key as one entity, with what is known of their owners. */
#ifndef SENSOR_PORT_EMIT_H
#define SENSOR_PORT_EMIT_H

#include "entity/port.h"
#include "os/names.h"
#include "sensor/port/late.h"
#include "sensor/port/programs.h"
#include "sensor/port/room.h"

/* What cannot be told without knowing the owners. */
#define PORT_OWNER_FIELDS \
	(field_bit(PORT_EXE) | field_bit(PORT_SHA256) | field_bit(PORT_PACKAGE) | \
		field_bit(PORT_PACKAGED) | field_bit(PORT_UNIT) | field_bit(PORT_USER) | \
		field_bit(PORT_CONTAINER) | field_bit(PORT_DELETED) | field_bit(PORT_MEMFD) | \
		field_bit(PORT_UNOWNED) | field_bit(PORT_PROCESS) | field_bit(PORT_SERVED_BY) | \
		field_bit(PORT_PIDS) | field_bit(PORT_STARTED) | field_bit(PORT_EPHEMERAL) | \
		field_bit(PORT_GENERAL))

struct emitter {
	struct socks *all;
	const struct names *names;
	uint64_t asks;
	uint32_t range[2]; /* ports for clients */
	struct record *r;
	struct programs programs;
	struct late late;
	struct buf pids, texts; /* of the entity at hand */
};

void emitter_init(struct emitter *out);
void emitter_done(struct emitter *out);
/* n sockets of the same key. */
void emit_group(struct emitter *out, const struct sock *x, size_t n);

/* Fills in what the processes tell: those of pid[n], ascending. Used for bus names, too. */
void put_owners(struct emitter *out, const uint32_t *pid, size_t n);

#endif
