#ifndef TESSERA_ENGINE_XNNPACK_STEPS_H_
#define TESSERA_ENGINE_XNNPACK_STEPS_H_

#include <pthreadpool.h>

#include <array>
#include <cstdint>
#include <span>

#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// Initialises XNNPACK once per process. Errors: kUnsupported, kOutOfMemory.
Status InitializeXnnpack();

/// Weights OIHW, `bias` empty or one per output channel; `conv.auto_pad` already resolved.
Result<StepPtr> MakeConvStep(const Conv& conv, std::span<const float> weights,
                             std::span<const float> bias, Tensor input, Tensor output,
                             pthreadpool_t threads);

Result<StepPtr> MakeClipStep(const Clip& clip, Tensor input, Tensor output, pthreadpool_t threads);

Result<StepPtr> MakeLeakyReluStep(const LeakyRelu& leaky_relu, Tensor input, Tensor output,
                                  pthreadpool_t threads);

Result<StepPtr> MakeUnaryStep(const Unary& unary, Tensor input, Tensor output,
                              pthreadpool_t threads);

/// One side of an elementwise operation: a tensor, or constants laid out NHWC.
struct Operand {
  const float* data = nullptr;
  std::array<size_t, 4> shape = {1, 1, 1, 1};  // N, H, W, C; 1 broadcasts
  std::vector<float> constant;                 // owns the data when it is constant
};

enum class ElementwiseKind : uint8_t { kAdd, kSub, kMul, kDiv, kMin, kMax, kPow, kMod, kPRelu };

/// output = a (kind) b with broadcasting; for kPRelu b is the slope.
Result<StepPtr> MakeElementwiseStep(ElementwiseKind kind, Operand a, Operand b, Tensor output,
                                    pthreadpool_t threads);

}  // namespace tessera

#endif  // TESSERA_ENGINE_XNNPACK_STEPS_H_
