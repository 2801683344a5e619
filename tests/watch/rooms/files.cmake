watch_test(fan_event watch core)
watch_test(files watch policy sensor host entity os core)
watch_test(mount_map watch core)
watch_test(pending watch core)
