// The one main of all tests of a handout. A test that reaches a task which is still to be solved, in this process or in
// a program that it starts, is counted apart: it is not a failure. Each test runs in a process of its own, because a
// test that finds nothing where a solution belongs may crash.
#define DOCTEST_CONFIG_IMPLEMENT
#include <sys/wait.h>
#include <unistd.h>

#include <doctest/doctest.h>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

namespace {

const std::string reached_file =
    (std::filesystem::temp_directory_path() / ("primer_tasks_reached." + std::to_string(getpid()))).string();

std::set<std::string> tasks_reached() {
  std::set<std::string> tasks;
  std::ifstream file(reached_file);
  for (std::string task; std::getline(file, task);) tasks.insert(task);
  return tasks;
}

// Prints what a test complains about, unless it reached a task.
struct Report : doctest::IReporter {
  explicit Report(const doctest::ContextOptions&) {}

  void report_query(const doctest::QueryData& in) override {
    for (unsigned i = 0; i < in.num_data; ++i) names.push_back(in.data[i]->m_name);
  }
  void log_assert(const doctest::AssertData& in) override {
    if (!in.m_failed) return;
    complaints_ << "  " << in.m_file << ":" << in.m_line << ": " << in.m_expr;
    if (in.m_threw) complaints_ << " threw " << in.m_exception.c_str();
    if (in.m_decomp.size() > 0) complaints_ << " is " << in.m_decomp.c_str();
    complaints_ << "\n";
  }
  void log_message(const doctest::MessageData& in) override {
    complaints_ << "  " << in.m_file << ":" << in.m_line << ": " << in.m_string.c_str() << "\n";
  }
  void test_case_exception(const doctest::TestCaseException& in) override {
    complaints_ << "  " << in.error_string.c_str() << "\n";
  }
  void test_case_end(const doctest::CurrentTestCaseStats& in) override {
    if (!in.testCaseSuccess && tasks_reached().empty()) std::printf("%s", complaints_.str().c_str());
    std::fflush(stdout);
  }
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_start(const doctest::TestCaseData&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}

  static inline std::vector<std::string> names;

 private:
  std::ostringstream complaints_;
};

DOCTEST_REGISTER_REPORTER("tasks", 0, Report);

// Whether the n-th test, from 1, passes.
bool passes(doctest::Context& context, int n) {
  std::ofstream(reached_file, std::ios::trunc).close();
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    context.setOption("first", n);
    context.setOption("last", n);
    _exit(context.run());
  }
  int status = 1;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace

int main(int argc, char** argv) {
  setenv("PRIMER_TASKS_REACHED", reached_file.c_str(), 1);
  std::vector<const char*> arguments(argv, argv + argc);
  arguments.push_back("--list-test-cases");
  doctest::Context query(argc + 1, arguments.data());
  query.setOption("reporters", "tasks");
  query.run();
  doctest::Context context(argc, argv);
  context.setOption("reporters", "tasks");

  int passed = 0, failed = 0, waiting = 0;
  std::map<std::string, int> waiting_for;
  for (std::size_t i = 0; i < Report::names.size(); ++i) {
    if (passes(context, static_cast<int>(i) + 1)) {
      ++passed;
      continue;
    }
    const std::set<std::string> tasks = tasks_reached();
    if (tasks.empty()) {
      ++failed;
      std::printf("FAILED: %s\n", Report::names[i].c_str());
      continue;
    }
    ++waiting;
    std::string list;
    for (const std::string& task : tasks) {
      ++waiting_for[task];
      list += (list.empty() ? "" : ", ") + task;
    }
    std::printf("needs task %s: %s\n", list.c_str(), Report::names[i].c_str());
  }
  std::filesystem::remove(reached_file);
  std::printf("%d passed, %d failed, %d need a task", passed, failed, waiting);
  for (const auto& [task, tests] : waiting_for) std::printf("; task %s: %d", task.c_str(), tests);
  std::printf("\n");
  return failed == 0 ? 0 : 1;
}
