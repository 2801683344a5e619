/* Inside the crew's process: its threads, and what they share. Shared by file_crew.c and
 * file_request.c alone. */
#ifndef SENSOR_FILE_SHIP_H
#define SENSOR_FILE_SHIP_H

#include "sensor/file/file_crew.h"

struct stamp { /* of a file that something was learned from */
	uint64_t inode, device, size;
	int64_t mtime, ctime; /* all zero: there is none */
};
#define STAMPS_NAMES 2
#define STAMPS_PACKAGES 8

struct hand { /* one thread */
	struct ship *ship;
	unsigned index;
	pthread_t id;
	struct reader *reader;
	struct folder *folder; /* of the last request; they come folder by folder */
	unsigned look;         /* the look it is of */
	char *scratch;
};

/* Everything in the crew's process. */
struct ship {
	struct walk walk;
	struct look_common common;
	struct crew *crew;
	struct hand hand[CREW_MAX];
	unsigned hands;          /* made */
	_Atomic unsigned active; /* at work; the others rest */
	_Atomic unsigned waiting;
	pthread_mutex_t requests;
	unsigned look; /* counts them, where the crew is kept from one to the next */
	bool kept;
	struct stamp names_stamp[STAMPS_NAMES], packages_stamp[STAMPS_PACKAGES];
	int64_t packages_read; /* monotonic */
	struct bell dock;
	int64_t calm; /* ns since reads last came from the disk */
};

/* Who owns files, by user and by package, as those lists are now; again, when they changed. */
void ship_learn(struct ship *s);
/* Nothing came for a while: keep no more than is needed to wait. */
void ship_forget(struct ship *s);

/* Take one request and see to it; false: there is none. */
bool hand_serve(struct hand *h);
/* Let go of the folder of the last request. */
void hand_leave(struct hand *h);

#endif
