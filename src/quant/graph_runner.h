#ifndef TESSERA_QUANT_GRAPH_RUNNER_H_
#define TESSERA_QUANT_GRAPH_RUNNER_H_

#include <pthreadpool.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/run_context.h"
#include "core/status.h"
#include "engine/float_executor.h"
#include "graph/graph.h"
#include "quant/calibration_images.h"

namespace tessera {

/// Told the share of the work that is done, in [0, 1].
using ProgressListener = std::function<void(double)>;

/// Counts nodes run on images, and stops when cancelled.
class QuantizeProgress {
 public:
  /// `context` may be null and `listener` empty.
  QuantizeProgress(RunContext* context, ProgressListener listener);

  void Begin(int64_t node_runs) { context_->Begin(node_runs); }
  /// Errors: kCancelled.
  Status NodesDone(int64_t node_runs);

 private:
  RunContext own_;
  RunContext* context_;
  ProgressListener listener_;
};

/// A graph whose weights are plain floats: the engine runs a convolution whose weights have codes
/// with integers, while here every rounding is a node of its own.
Graph WithoutCodes(Graph graph);

/// Runs a graph over images node by node, in float whatever its weights hold. Compiles anew only
/// when the extents change.
class GraphRunner {
 public:
  /// `images` must outlive the runner.
  GraphRunner(const Graph& graph, const CalibrationImages& images);

  /// Makes `image` the input of the following runs. Errors: those of FloatExecutor::Create.
  Status Load(size_t image);
  /// Runs node `node`; those before it must have run.
  Status RunNode(size_t node) { return executor_->RunStep(static_cast<int64_t>(node)); }
  /// What a node has written, valid until a later one runs.
  Tensor NodeOutput(size_t node) const {
    return executor_->step_output(static_cast<int64_t>(node));
  }
  Tensor output() const { return executor_->output(); }

 private:
  Graph graph_;
  const CalibrationImages& images_;
  std::optional<FloatExecutor> executor_;
  int64_t width_ = 0;
  int64_t height_ = 0;
};

/// Threads of a pool, which may be null.
inline size_t ThreadCount(pthreadpool_t pool) {
  return pool ? std::max<size_t>(1, pthreadpool_get_threads_count(pool)) : 1;
}

/// Calls `work(index, thread)` for 0 .. `count`, at most one call at a time per thread, and returns
/// the first error by index. What a call computes must not depend on the thread it runs on.
Status ForEach(pthreadpool_t pool, size_t count,
               const std::function<Status(size_t index, size_t thread)>& work);

/// Calls `work(image, thread)` for each image of `selection`, some at a time, and counts
/// `node_runs` as done for each.
Status ForEachImage(pthreadpool_t pool, std::span<const size_t> selection, int64_t node_runs,
                    QuantizeProgress& progress,
                    const std::function<Status(size_t image, size_t thread)>& work);

}  // namespace tessera

#endif  // TESSERA_QUANT_GRAPH_RUNNER_H_
