#include "measure.h"

#include <benchmark/benchmark.h>

#include <vector>

namespace tessera::bench {
namespace {

/// Keeps the one run there is instead of printing it.
class Keeper final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context& /*context*/) override { return true; }

  void ReportRuns(const std::vector<Run>& runs) override {
    for (const Run& run : runs) {
      if (run.run_type != Run::RT_Iteration) continue;
      result_.error = run.skipped ? run.skip_message : "";
      result_.iterations = static_cast<double>(run.iterations);
      result_.seconds = run.real_accumulated_time / result_.iterations;
    }
  }

  const Measurement& result() const { return result_; }

 private:
  Measurement result_ = {.error = "nothing has this name"};
};

}  // namespace

Measurement Measure(const std::string& name, double min_seconds) {
  // Its command line is the only way to say how long a benchmark must run.
  std::string program = "tessera_bench";
  std::string min_time = "--benchmark_min_time=" + std::to_string(min_seconds) + "s";
  char* arguments[] = {program.data(), min_time.data(), nullptr};
  int count = 2;
  benchmark::Initialize(&count, arguments);
  Keeper keeper;
  // Names hold no character that a regular expression reads as anything but itself.
  benchmark::RunSpecifiedBenchmarks(&keeper, "^" + name + "$");
  return keeper.result();
}

}  // namespace tessera::bench
