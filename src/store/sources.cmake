set(STORE_SOURCES
  src/store/baseline.c
  src/store/collect.c
  src/store/delta.c
  src/store/ledger.c
  src/store/node.c
  src/store/open.c
  src/store/pile.c
  src/store/seal.c
  src/store/siphash.c
  src/store/stage.c
  src/store/store.c
  src/store/tree_build.c
  src/store/tree_cursor.c
  src/store/tree_diff.c
  src/store/tree_update.c
  src/store/verify.c
)
if(WIN32)
  list(APPEND STORE_SOURCES
    src/store/place_windows.c
  )
else()
  list(APPEND STORE_SOURCES
    src/store/place_linux.c
  )
endif()
