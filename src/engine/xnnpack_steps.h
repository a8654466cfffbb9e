#ifndef TESSERA_ENGINE_XNNPACK_STEPS_H_
#define TESSERA_ENGINE_XNNPACK_STEPS_H_

#include <pthreadpool.h>

#include <cstdint>
#include <span>
#include <vector>

#include "engine/step.h"
#include "engine/workspace.h"
#include "graph/graph.h"

namespace tessera {

/// Initialises XNNPACK once per process. Errors: kUnsupported, kOutOfMemory.
Status InitializeXnnpack();

/// XNNPACK reads a convolution's input through a table of addresses, one per output pixel and tap.
/// Whether the step keeps it; otherwise it is made in each run, in the workspace, which takes
/// little beside so many channels. Deep networks would keep more tables than tensors.
bool KeepsTable(const Conv& conv, int64_t input_channels, int64_t output_channels);

/// Weights OIHW, `bias` empty or one per output channel; `conv.auto_pad` already resolved.
/// `workspace` must outlive the step.
Result<StepPtr> MakeConvStep(const Conv& conv, std::span<const float> weights,
                             std::span<const float> bias, Tensor input, Tensor output,
                             Workspace& workspace, pthreadpool_t threads);

Result<StepPtr> MakeClipStep(const Clip& clip, Tensor input, Tensor output, pthreadpool_t threads);

Result<StepPtr> MakeLeakyReluStep(const LeakyRelu& leaky_relu, Tensor input, Tensor output,
                                  pthreadpool_t threads);

/// Whether XNNPACK has the function with a kernel of its own.
bool XnnpackHas(Unary::Kind kind);
Result<StepPtr> MakeXnnpackUnaryStep(Unary::Kind kind, Tensor input, Tensor output,
                                     pthreadpool_t threads);

/// One side of an elementwise operation or a product of matrices: a tensor, or constants.
struct Operand {
  const float* data = nullptr;
  std::vector<size_t> shape;    // as it lies in memory, outermost axis first; 1 broadcasts
  std::vector<float> constant;  // owns the data when it is constant

  const float* begin() const { return constant.empty() ? data : constant.data(); }
};

enum class ElementwiseKind : uint8_t { kAdd, kSub, kMul, kDiv, kMin, kMax, kPRelu };

/// output = a (kind) b with broadcasting; for kPRelu b is the slope. Errors: kUnsupported when more
/// than six axes are left once neighbours that broadcast alike are one.
Result<StepPtr> MakeElementwiseStep(ElementwiseKind kind, Operand a, Operand b, float* output,
                                    pthreadpool_t threads);

/// The matrix product of the last two axes, with broadcasting over those before. Errors:
/// kUnsupported when those are more than four.
Result<StepPtr> MakeMatMulStep(Operand a, Operand b, float* output, pthreadpool_t threads);

}  // namespace tessera

#endif  // TESSERA_ENGINE_XNNPACK_STEPS_H_
