// The main function of all tests. The test cases are in the folders beside this file, one file for each header.
#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>

#include <cstdio>
#include <string>

namespace {

// Finds the test cases that assert nothing. Such a case proves nothing: its loop ran over an empty list, or it returned
// early. A case that cannot run on this machine says "skipped" and why.
struct SilentCases : doctest::IReporter {
  explicit SilentCases(const doctest::ContextOptions&) {}

  void test_case_start(const doctest::TestCaseData& test) override {
    name_ = test.m_name;
    skipped_ = false;
  }
  void log_message(const doctest::MessageData& message) override {
    if (std::string(message.m_string.c_str()).starts_with("skipped")) skipped_ = true;
  }
  void test_case_end(const doctest::CurrentTestCaseStats& stats) override {
    if (stats.numAssertsCurrentTest > 0 || skipped_) return;
    std::printf("FAILED, because it asserts nothing: %s\n", name_.c_str());
    ++count;
  }
  void report_query(const doctest::QueryData&) override {}
  void test_run_start() override {}
  void test_run_end(const doctest::TestRunStats&) override {}
  void test_case_reenter(const doctest::TestCaseData&) override {}
  void test_case_exception(const doctest::TestCaseException&) override {}
  void test_case_skipped(const doctest::TestCaseData&) override {}
  void subcase_start(const doctest::SubcaseSignature&) override {}
  void subcase_end() override {}
  void log_assert(const doctest::AssertData&) override {}

  static inline int count = 0;

 private:
  std::string name_;
  bool skipped_ = false;
};

DOCTEST_REGISTER_LISTENER("silent-cases", 1, SilentCases);

}  // namespace

int main(int argc, char** argv) {
  const int code = doctest::Context(argc, argv).run();
  return code != 0 ? code : SilentCases::count > 0 ? 1 : 0;
}
