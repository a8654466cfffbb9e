#ifndef TESSERA_QUANT_GRAPH_RUNNER_H_
#define TESSERA_QUANT_GRAPH_RUNNER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>

#include "core/run_context.h"
#include "core/status.h"
#include "engine/float_executor.h"
#include "graph/graph.h"
#include "quant/calibration_images.h"

namespace tessera {

/// Told the share of the work that is done, in [0, 1].
using ProgressListener = std::function<void(double)>;

/// Counts images run through the network, and stops when cancelled.
class QuantizeProgress {
 public:
  /// `context` may be null and `listener` empty.
  QuantizeProgress(RunContext* context, ProgressListener listener);

  void Begin(int64_t images) { context_->Begin(images); }
  /// Errors: kCancelled.
  Status ImageDone();

 private:
  RunContext own_;
  RunContext* context_;
  ProgressListener listener_;
};

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

/// Looks at what a node has written.
using NodeVisitor = std::function<Status(size_t node, Tensor output)>;

/// Runs the nodes before `end` on each image of `selection`, showing every output to `visit`.
Status VisitNodes(const Graph& graph, size_t end, const CalibrationImages& images,
                  std::span<const size_t> selection, QuantizeProgress& progress,
                  const NodeVisitor& visit);

}  // namespace tessera

#endif  // TESSERA_QUANT_GRAPH_RUNNER_H_
