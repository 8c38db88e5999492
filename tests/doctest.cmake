# Finds doctest, the one package that the tests need.
find_path(DOCTEST_INCLUDE_DIR doctest/doctest.h REQUIRED)
