/* The doors of this room. */
#ifndef SENSOR_PROCESS_PROCESS_ROOM_H
#define SENSOR_PROCESS_PROCESS_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_process;

#endif
