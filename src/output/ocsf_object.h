/* Inside output only: the objects of OCSF 1.8.0 that events are made of. */
#ifndef OUTPUT_OCSF_OBJECT_H
#define OUTPUT_OCSF_OBJECT_H

#include "core/json.h"
#include "output/facts.h"

/* A member with text as it may be shown; nothing when empty. */
void ocsf_text(struct json *j, const char *name, struct span s);
/* The member of that name with the value of a field, if the record has it. */
void ocsf_value(struct json *j, const char *name, const struct record *r, const char *field);
void ocsf_ms(struct json *j, const char *name, int64_t ns);

void ocsf_actor(struct json *j, const struct who *w); /* NULL: nobody knows */
void ocsf_device(struct json *j, struct span host);

/* The member `name`: the object that a state of an entity is. r may be NULL: then only the key. */
typedef void ocsf_object(struct json *j, const char *name, struct span key, const struct record *r);
ocsf_object ocsf_file, ocsf_folder, ocsf_user, ocsf_group, ocsf_driver, ocsf_job, ocsf_process,
	ocsf_app, ocsf_endpoint;

#endif
