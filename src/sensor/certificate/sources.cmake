list(APPEND SENSOR_SOURCES
  src/sensor/certificate/cert_blob.c
  src/sensor/certificate/cert_der.c
  src/sensor/certificate/cert_name.c
  src/sensor/certificate/cert_record.c
  src/sensor/certificate/cert_x509.c
)
if(WIN32)
  list(APPEND SENSOR_SOURCES
    src/sensor/certificate/certificate_windows.c
  )
else()
  list(APPEND SENSOR_SOURCES
    src/sensor/certificate/cert_apt.c
    src/sensor/certificate/cert_efi.c
    src/sensor/certificate/cert_pem.c
    src/sensor/certificate/cert_pgp.c
    src/sensor/certificate/cert_set.c
    src/sensor/certificate/cert_store.c
    src/sensor/certificate/certificate_linux.c
  )
endif()
