/* One rule's query, asked on a thread of its own: a provider may hang inside a call that cannot be
 * broken off, and then only this question is lost with its thread. */
#ifndef SENSOR_WMI_QUESTION_H
#define SENSOR_WMI_QUESTION_H

#include "core/arena.h"
#include "core/err.h"
#include "entity/select.h"
#include "sensor/wmi/table.h"

#define QUESTION_GRACE_MS 5000 /* beyond its time, in which an answer may still be given up */

struct question;

/* Begins to ask. asks is copied, as far as the thread needs it. */
int question_begin(struct question **ret, const struct rule_asks *asks, struct err *e) MUST_CHECK;

/* True: it is done, within ms. */
bool question_wait(struct question *q, unsigned ms);

/* Of one that is done. ERR_MISSING: the namespace or the class is not there; ERR_DENIED; all else:
 * the answer is not whole, and nothing must be made of it. ret's rows live as long as q. */
int question_answer(struct question *q, struct table *ret, struct err *e) MUST_CHECK;

/* One that is not done is left behind with its thread. */
void question_free(struct question *q);

#endif
