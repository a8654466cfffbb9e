#ifndef TESSERA_ENGINE_INT8_LUMA_STEPS_H_
#define TESSERA_ENGINE_INT8_LUMA_STEPS_H_

#include <pthreadpool.h>

#include <cstdint>
#include <optional>

#include "core/status.h"
#include "engine/int8/code_tensor.h"
#include "engine/int8/program.h"
#include "engine/pixels.h"
#include "engine/step.h"
#include "graph/picture_format.h"
#include "kernels/kernel_set.h"

namespace tessera::int8 {

// The ends of networks of one channel: luma, which meets the picture's colours (LumaWriter). The
// input picture is the output reduced by `scale`. Errors: kOutOfMemory.

/// Codes of the luma.
Result<StepPtr> MakeCodesToLumaStep(const ModelInfo& info, const PictureFormat& format,
                                    const PixelBuffers& pixels, const CodeTensor& input,
                                    Storage storage, int64_t scale);

/// The network's last convolution, with what is added to it.
Result<StepPtr> MakeConvToLumaStep(const Graph& graph, const PictureFormat& format,
                                   const ConvToPixels& to_pixels, const CodeTensor& input,
                                   std::optional<Tensor> anchor, const PixelBuffers& pixels,
                                   int64_t scale, const KernelSet& kernels, pthreadpool_t threads);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_LUMA_STEPS_H_
