// The one main of all tests; the cases are in the files beside it, a file per header.
#define DOCTEST_CONFIG_IMPLEMENT_WITH_MAIN
#include <doctest/doctest.h>
