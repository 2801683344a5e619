/* The doors of this room. */
#ifndef SENSOR_PAM_RULE_PAM_RULE_ROOM_H
#define SENSOR_PAM_RULE_PAM_RULE_ROOM_H

#include "sensor/sensor.h"

extern const struct sensor sensor_pam_rule;

#endif
