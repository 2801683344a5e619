sensor_test(bus core os host)
