watch_test(files watch policy sensor host entity os core)
