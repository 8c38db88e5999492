// What the tests count of the heap: operator new and delete are replaced in training/test_allocations.cpp, but not with
// the address sanitizer, which replaces them itself.
#pragma once

#include <cstddef>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PRIMER_ADDRESS_SANITIZER
#endif
#elif defined(__SANITIZE_ADDRESS__)
#define PRIMER_ADDRESS_SANITIZER
#endif

namespace heap {
extern std::size_t allocations;  // so far
extern std::size_t bytes, most;  // in use, and the most that ever were
}  // namespace heap
