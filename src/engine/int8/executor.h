#ifndef TESSERA_ENGINE_INT8_EXECUTOR_H_
#define TESSERA_ENGINE_INT8_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/run_context.h"
#include "core/status.h"
#include "engine/int8/code_tensor.h"
#include "engine/int8/row_steps.h"
#include "engine/pixels.h"
#include "engine/step.h"
#include "engine/step_list.h"
#include "engine/thread_pool.h"
#include "engine/workspace.h"
#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace tessera::int8 {

/// A quantized graph compiled for one input shape, from a picture's bytes to a picture's bytes.
/// Runs on 8-bit codes wherever the graph allows it, and in float elsewhere.
class Executor {
 public:
  /// `height` x `width` are input pixels, which the network enlarges by `scale`. `graph` may be
  /// dropped afterwards; `pixels` must stay.
  /// Errors: those of InferShapes, kUnsupported, kOutOfMemory; each names the node.
  static Result<Executor> Create(const Graph& graph, int64_t height, int64_t width,
                                 const PixelBuffers& pixels, int64_t scale,
                                 const KernelSet& kernels, int64_t threads);

  /// The same for a picture that passes through in rows, about `rows` at a time, of bytes that the
  /// executor keeps: see Passes. Errors: those of Create and of PlanRows.
  static Result<Executor> CreateRows(const Graph& graph, int64_t height, int64_t width, bool alpha,
                                     int64_t rows, const KernelSet& kernels, int64_t threads);

  /// Bytes that Create would need for tensors at this shape, without the weights. Allocates none of
  /// them. Errors: those of Create.
  static Result<size_t> PlanBytes(const Graph& graph, int64_t height, int64_t width);
  /// What CreateRows would do. Errors: those of CreateRows.
  struct RowFlow {
    size_t bytes = 0;        // as PlanBytes, the picture's rows included
    int64_t rows = 0;        // of the picture in each pass
    int64_t output_lag = 0;  // RowShare::lag of the output
  };
  static Result<RowFlow> PlanRowFlow(const Graph& graph, int64_t height, int64_t width,
                                     int64_t rows);

  /// Computes the output pixels from the input pixels, or where rows flow those of the next pass.
  /// Allocates nothing. `context` may be null.
  /// Errors: kCancelled (the output is then unspecified), kInternal if XNNPACK fails.
  Status Run(RunContext* context);
  /// The same in portions: see StepList::RunFor.
  Result<double> RunFor(double milliseconds);
  void Restart();

  /// Which rows go in and come out; null where rows do not flow.
  const RowPasses* passes() const { return passes_.get(); }

  size_t memory_bytes() const;
  /// Of `memory_bytes`, what holds activations.
  size_t arena_bytes() const { return arena_.size(); }

 private:
  friend class ExecutorBuilder;
  Executor() = default;

  AlignedBuffer arena_;
  // The steps refer to these.
  std::vector<RowWindow> windows_;  // per value
  std::unique_ptr<PixelBuffers> pixels_;
  std::unique_ptr<RowPasses> passes_;
  ThreadPool threads_;
  std::unique_ptr<Workspace> workspace_ = std::make_unique<Workspace>();
  StepList steps_;  // after threads_ and workspace_: steps go first, they refer to both
};

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_EXECUTOR_H_
