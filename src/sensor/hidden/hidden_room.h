/* The doors of this room. */
#ifndef SENSOR_HIDDEN_HIDDEN_ROOM_H
#define SENSOR_HIDDEN_HIDDEN_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_hidden;

#endif
