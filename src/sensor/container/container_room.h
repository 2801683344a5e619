/* The doors of this room. */
#ifndef SENSOR_CONTAINER_CONTAINER_ROOM_H
#define SENSOR_CONTAINER_CONTAINER_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_container;

#endif
