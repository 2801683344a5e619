# End-to-end tests: e2e_test(NAME [SECONDS]) runs tests/e2e/NAME.sh; see tests/tests.cmake.
e2e_test(quiet 900)
e2e_test(rules 60)
e2e_test(cli 300)
