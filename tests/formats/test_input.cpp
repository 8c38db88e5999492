#include "primer/formats/input.hpp"

#include <doctest/doctest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "primer/formats/error.hpp"

using namespace primer;

namespace {

// Descriptor 0 stands for `other` until the end of the scope.
class Redirected {
 public:
  explicit Redirected(int other) : saved_(dup(0)) { dup2(other, 0); }
  Redirected(const Redirected&) = delete;
  Redirected& operator=(const Redirected&) = delete;
  ~Redirected() {
    dup2(saved_, 0);
    close(saved_);
  }

 private:
  int saved_;
};

std::string all_of_standard_input() {
  StandardInput input;
  std::istream stream(&input);
  stream.exceptions(std::ios::badbit);
  return {std::istreambuf_iterator<char>(stream), {}};
}

int pipe_of_the_handler[2];
int interruptions = 0;

// The read is waiting when the signal arrives, and finds its bytes only afterwards.
void write_to_pipe(int) {
  ++interruptions;
  if (write(pipe_of_the_handler[1], "late", 4) != 4) _exit(1);
  close(pipe_of_the_handler[1]);
}

}  // namespace

TEST_CASE("a missing file and a folder are refused by name") {
  CHECK_THROWS_WITH_AS(open_input("no/such.csv"), "no/such.csv: cannot be opened: No such file or directory",
                       UserError);
  CHECK_THROWS_WITH_AS(open_input(PRIMER_TEST_DATA), PRIMER_TEST_DATA ": is a folder; name a file", UserError);
}

TEST_CASE("a file is read up to the limit and refused beyond it") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("primer_test_input_" + std::to_string(getpid()))).string();
  std::ofstream(path, std::ios::binary) << std::string(200'000, 'x');
  CHECK(read_input(path, 200'000) == std::string(200'000, 'x'));
  CHECK_THROWS_WITH_AS(read_input(path, 199'999),
                       (path + ": is larger than 199999 bytes; is it the right file?").c_str(), UserError);
  std::filesystem::remove(path);
}

TEST_CASE("every byte of a file is read, whatever its size") {
  const std::string path =
      (std::filesystem::temp_directory_path() / ("primer_test_sizes_" + std::to_string(getpid()))).string();
  for (const std::size_t size : std::initializer_list<std::size_t>{0, 1, 65'535, 65'536, 65'537, 131'073}) {
    std::string bytes;
    for (std::size_t k = 0; k < size; ++k) bytes += static_cast<char>('a' + k % 23);
    std::ofstream(path, std::ios::binary) << bytes;
    CHECK(read_input(path, 1'000'000) == bytes);
  }
  std::filesystem::remove(path);
}

#ifdef _LIBCPP_VERSION
constexpr bool read_errors_look_like_the_end = true;  // a std::ifstream of libc++ does not tell them apart
#else
constexpr bool read_errors_look_like_the_end = false;
#endif

TEST_CASE("a file whose bytes cannot be read is refused by name" * doctest::skip(read_errors_look_like_the_end)) {
  const std::string path = "/proc/self/mem";  // its first page is not mapped
  if (!std::ifstream(path)) {
    MESSAGE("skipped: there is no /proc/self/mem");
    return;
  }
  CHECK_THROWS_WITH_AS(read_input(path, 1'000'000), "/proc/self/mem: cannot be read", RuntimeError);
}

TEST_CASE("standard input may be a socket") {
  int pair[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
  std::string sent;
  for (int k = 0; k < 100'000; ++k) sent += static_cast<char>('a' + k % 23);
  REQUIRE(write(pair[1], sent.data(), sent.size()) == static_cast<ssize_t>(sent.size()));
  close(pair[1]);
  {
    const Redirected redirected(pair[0]);
    CHECK(all_of_standard_input() == sent);
  }
  close(pair[0]);
}

TEST_CASE("a signal during a read of standard input loses nothing") {
  REQUIRE(pipe(pipe_of_the_handler) == 0);
  struct sigaction action {
  }, before{};
  action.sa_handler = write_to_pipe;
  sigaction(SIGALRM, &action, &before);
  {
    const Redirected redirected(pipe_of_the_handler[0]);
    const itimerval soon{{0, 0}, {0, 20'000}};
    setitimer(ITIMER_REAL, &soon, nullptr);
    CHECK(all_of_standard_input() == "late");
  }
  CHECK(interruptions == 1);
  close(pipe_of_the_handler[0]);
  sigaction(SIGALRM, &before, nullptr);
}

TEST_CASE("standard input that is closed is refused with the reason") {
  const int saved = dup(0);
  close(0);
  CHECK_THROWS_WITH_AS(all_of_standard_input(), "standard input: cannot be read: Bad file descriptor", RuntimeError);
  dup2(saved, 0);
  close(saved);
}
