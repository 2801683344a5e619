/* The doors of this room. */
#ifndef SENSOR_SERVICE_SERVICE_ROOM_H
#define SENSOR_SERVICE_SERVICE_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_service;

#endif
