fuzzer(kinds_events core watch)
