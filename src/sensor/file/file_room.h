/* The room of files: its door. */
#ifndef SENSOR_FILE_ROOM_H
#define SENSOR_FILE_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_file;

#endif
