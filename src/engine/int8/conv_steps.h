#ifndef TESSERA_ENGINE_INT8_CONV_STEPS_H_
#define TESSERA_ENGINE_INT8_CONV_STEPS_H_

#include <pthreadpool.h>

#include <optional>

#include "core/status.h"
#include "engine/int8/code_tensor.h"
#include "engine/int8/program.h"
#include "engine/step.h"
#include "kernels/kernel_set.h"

namespace tessera::int8 {

/// Whether the kernels can store a layer's output channels shuffled, `channels` of them per pixel
/// after the shuffle.
bool CanStoreShuffled(int64_t channels);

/// The layer stored as codes. `output` is the tensor after conv.shuffle.
Result<StepPtr> MakeConvToCodesStep(const Graph& graph, const FusedConv& conv,
                                    const CodeTensor& input, std::optional<CodeTensor> residual,
                                    const CodeTensor& output, const KernelSet& kernels,
                                    pthreadpool_t threads);

/// The layer stored as floats, without shuffle and residual.
Result<StepPtr> MakeConvToFloatsStep(const Graph& graph, const FusedConv& conv,
                                     const CodeTensor& input, Tensor output,
                                     const KernelSet& kernels, pthreadpool_t threads);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_CONV_STEPS_H_
