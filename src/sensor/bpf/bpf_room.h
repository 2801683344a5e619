/* The doors of this room. */
#ifndef SENSOR_BPF_BPF_ROOM_H
#define SENSOR_BPF_BPF_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_bpf;

#endif
