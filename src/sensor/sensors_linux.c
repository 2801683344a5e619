#include "sensor/file/file_room.h"
#include "sensor/sensor.h"

const struct sensor *const sensors[] = {
	&sensor_file,
	NULL,
};
