#ifndef TESSERA_CORE_RUN_CONTEXT_H_
#define TESSERA_CORE_RUN_CONTEXT_H_

#include <atomic>
#include <cstdint>

namespace tessera {

/// Progress out of a running session and cancellation into it. Another thread may call any member
/// while the session runs. A context serves one run: once cancelled it stays so, and a cancellation
/// before the run begins stops it at once. It takes effect between two steps.
class RunContext {
 public:
  /// Called by the run: it consists of `total_steps` steps.
  void Begin(int64_t total_steps) { total_.store(total_steps, std::memory_order_relaxed); }

  void Cancel() { cancelled_.store(true, std::memory_order_relaxed); }
  bool cancelled() const { return cancelled_.load(std::memory_order_relaxed); }
  void StepDone() { StepsDone(1); }
  void StepsDone(int64_t count) { done_.fetch_add(count, std::memory_order_relaxed); }

  /// Share of the steps that are done, in [0, 1], never decreasing within a run.
  double progress() const {
    const int64_t total = total_.load(std::memory_order_relaxed);
    return total > 0 ? static_cast<double>(done_.load(std::memory_order_relaxed)) / total : 0.0;
  }

 private:
  std::atomic<bool> cancelled_{false};
  std::atomic<int64_t> done_{0};
  std::atomic<int64_t> total_{0};
};

}  // namespace tessera

#endif  // TESSERA_CORE_RUN_CONTEXT_H_
