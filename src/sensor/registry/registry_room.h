/* The door of this room. */
#ifndef SENSOR_REGISTRY_REGISTRY_ROOM_H
#define SENSOR_REGISTRY_REGISTRY_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_registry_key, sensor_registry_value;

#endif
