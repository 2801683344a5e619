list(APPEND SENSOR_SOURCES
  src/sensor/boot/boot_efi.c
  src/sensor/boot/boot_files.c
  src/sensor/boot/boot_linux.c
  src/sensor/boot/boot_state.c
  src/sensor/boot/boot_text.c
)
