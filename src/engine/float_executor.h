#ifndef TESSERA_ENGINE_FLOAT_EXECUTOR_H_
#define TESSERA_ENGINE_FLOAT_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/run_context.h"
#include "core/status.h"
#include "engine/step.h"
#include "engine/step_list.h"
#include "engine/thread_pool.h"
#include "engine/workspace.h"
#include "graph/graph.h"

namespace tessera {

/// A graph compiled for one input shape: steps over one planned arena, NHWC float32.
class FloatExecutor {
 public:
  /// `height` x `width` are input pixels. `graph` may be dropped afterwards. Errors: those of
  /// InferShapes, kUnsupported, kOutOfMemory; each names the node.
  static Result<FloatExecutor> Create(const Graph& graph, int64_t height, int64_t width,
                                      int64_t threads);

  /// Bytes that Create would need for tensors and tables at this shape, without the weights.
  /// Allocates none of them. Errors: those of Create.
  static Result<size_t> PlanBytes(const Graph& graph, int64_t height, int64_t width);

  /// The input tensor. Its memory may be reused while running: write it before every Run.
  Tensor input() const { return input_; }
  /// The output tensor, valid after Run until the input is next written.
  Tensor output() const { return output_; }

  int64_t step_count() const { return static_cast<int64_t>(steps_.size()); }

  /// Computes output from input. Allocates nothing. `context` may be null. Errors: kCancelled when
  /// the context was cancelled (the output is then unspecified), kInternal if XNNPACK fails.
  Status Run(RunContext* context) { return steps_.Run(context); }
  /// The same in portions: see StepList::RunFor.
  Result<double> RunFor(double milliseconds) { return steps_.RunFor(milliseconds); }
  void Restart() { steps_.Restart(); }

  // For those who look at what lies between input and output: the same, one step at a time. There
  // is a step per node of the graph, in the graph's order.

  /// Runs one step; those before it must have run. Errors: kInternal if XNNPACK fails.
  Status RunStep(int64_t step) { return steps_[static_cast<size_t>(step)].Run(); }
  /// What the step has written, valid until a later step runs: memory is shared.
  Tensor step_output(int64_t step) const { return step_outputs_[static_cast<size_t>(step)]; }

  size_t memory_bytes() const;

 private:
  friend class ExecutorBuilder;
  FloatExecutor() = default;

  AlignedBuffer arena_;
  ThreadPool threads_;
  std::unique_ptr<Workspace> workspace_ = std::make_unique<Workspace>();
  StepList steps_;  // after threads_ and workspace_: steps go first, they refer to both
  std::vector<Tensor> step_outputs_;
  Tensor input_;
  Tensor output_;
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_FLOAT_EXECUTOR_H_
