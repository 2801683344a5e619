/* The doors of this room. */
#ifndef SENSOR_PORT_PORT_ROOM_H
#define SENSOR_PORT_PORT_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_port;

#endif
