#ifndef TESSERA_ENGINE_FAKE_QUANTIZE_STEP_H_
#define TESSERA_ENGINE_FAKE_QUANTIZE_STEP_H_

#include "core/status.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// Rounds a float tensor to what its 8-bit codes can hold, as QuantizeLinear and DequantizeLinear.
Result<StepPtr> MakeFakeQuantizeStep(const Quantization& quantization, Tensor input, Tensor output);

}  // namespace tessera

#endif  // TESSERA_ENGINE_FAKE_QUANTIZE_STEP_H_
