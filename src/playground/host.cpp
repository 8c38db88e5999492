// Holds the files of the WebAssembly engine in memory, and replaces C++ exceptions, because libc++abi cannot unwind the
// stack in WebAssembly. A throw passes the text of the exception to the page, and the page throws a JavaScript Error
// with this text. For a std::logic_error, the text is that of the UserError that the argument of locate_errors() makes.
#include <cerrno>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <string>
#include <typeinfo>
#include <utility>

#include "primer/formats/error.hpp"

namespace {

using Locate = std::function<primer::UserError(const std::logic_error&)>;
const Locate* innermost = nullptr;  // the argument `locate` of the innermost call of locate_errors() that is running

}  // namespace

extern "C" {

__attribute__((import_module("host"), import_name("fail"), noreturn)) void host_fail(const char* text,
                                                                                     std::size_t size);

void* __cxa_allocate_exception(std::size_t size) noexcept { return std::malloc(size); }
void __cxa_free_exception(void* exception) noexcept { std::free(exception); }
[[noreturn]] void __cxa_throw(void* object, std::type_info*, void (*)(void*)) {
  const auto* const error = static_cast<std::exception*>(object);  // a safe cast: primer throws std::exception only
  const Locate* const locate = std::exchange(innermost, nullptr);
  const auto* const wrong_argument = dynamic_cast<const std::logic_error*>(error);
  if (locate != nullptr && wrong_argument != nullptr) throw(*locate)(*wrong_argument);
  host_fail(error->what(), std::strlen(error->what()));
}
[[noreturn]] void __cxa_rethrow() { std::abort(); }
void* __cxa_begin_catch(void* exception) noexcept { return exception; }
void __cxa_end_catch() {}

}  // extern "C"

namespace primer {

void locate_errors(const std::function<void()>& act, const Locate& locate) {
  const Locate* const outer = std::exchange(innermost, &locate);
  act();
  innermost = outer;
}

std::map<std::string, std::string>& page_files() {
  static std::map<std::string, std::string> files;
  return files;
}

}  // namespace primer
