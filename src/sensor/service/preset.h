/* systemd.preset(5): what the vendor or the administrator wants enabled. Pure. */
#ifndef SENSOR_SERVICE_PRESET_H
#define SENSOR_SERVICE_PRESET_H

#include "core/buf.h"

/* Append the rules of one file. */
void presets_parse(struct span text, struct buf *ret);
/* What they say of a unit: "enabled", "disabled", "ignored". template: of an instance; or empty. */
struct span presets_find(const struct buf *presets, struct span name, struct span template);

#endif
