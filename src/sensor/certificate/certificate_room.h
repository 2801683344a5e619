/* The doors of this room. */
#ifndef SENSOR_CERTIFICATE_CERTIFICATE_ROOM_H
#define SENSOR_CERTIFICATE_CERTIFICATE_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_certificate;

#endif
