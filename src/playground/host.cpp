// What the engine expects of an operating system, for WebAssembly: files in memory, and exceptions. libc++abi cannot
// unwind there, so a throw calls a function of the page with the text of the exception, and that function throws an
// Error.
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <typeinfo>

extern "C" {

__attribute__((import_module("host"), import_name("fail"), noreturn)) void host_fail(const char* text,
                                                                                     std::size_t size);

void* __cxa_allocate_exception(std::size_t size) noexcept { return std::malloc(size); }
void __cxa_free_exception(void* exception) noexcept { std::free(exception); }
[[noreturn]] void __cxa_throw(void* object, std::type_info*, void (*)(void*)) {
  const char* const text = static_cast<std::exception*>(object)->what();  // whatever primer throws is a std::exception
  host_fail(text, std::strlen(text));
}
[[noreturn]] void __cxa_rethrow() { std::abort(); }
void* __cxa_begin_catch(void* exception) noexcept { return exception; }
void __cxa_end_catch() {}

}  // extern "C"

namespace primer {

std::map<std::string, std::string>& page_files() {
  static std::map<std::string, std::string> files;
  return files;
}

}  // namespace primer
