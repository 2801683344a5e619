/* Memory that a burst of work took and nobody uses any more. */
#ifndef OS_MEMORY_H
#define OS_MEMORY_H

/* Give it back to the system. Takes some 100 µs: for when there is nothing else to do. */
void memory_give_back(void);

#endif
