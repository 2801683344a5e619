/* The doors of this room. */
#ifndef SENSOR_MODULE_MODULE_ROOM_H
#define SENSOR_MODULE_MODULE_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_module;
/* Modules that one view leaves out, as entities of the kind hidden. */
extern const struct sensor sensor_hidden_module;

#endif
