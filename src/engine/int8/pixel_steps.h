#ifndef TESSERA_ENGINE_INT8_PIXEL_STEPS_H_
#define TESSERA_ENGINE_INT8_PIXEL_STEPS_H_

#include <pthreadpool.h>

#include <optional>

#include "core/status.h"
#include "engine/int8/code_tensor.h"
#include "engine/int8/program.h"
#include "engine/pixels.h"
#include "engine/step.h"
#include "graph/picture_format.h"
#include "kernels/kernel_set.h"

namespace tessera::int8 {

// Steps between the picture's RGBA bytes and tensors of codes.

StepPtr MakeReadCodesStep(const ModelInfo& info, const PictureFormat& format,
                          const PixelBuffers& pixels, const CodeTensor& output, Storage storage);

/// The input picture is `input` reduced by `scale`. Errors: kOutOfMemory.
Result<StepPtr> MakeWriteCodesStep(const ModelInfo& info, const PictureFormat& format,
                                   const PixelBuffers& pixels, const CodeTensor& input,
                                   Storage storage, int64_t scale);

/// A network of three channels: the last convolution with the anchor, straight to RGBA bytes.
/// `anchor` is set for ConvToPixels::Anchor::kTensor; `anchor_quantization` for kNearest of a
/// FakeQuantize'd picture.
Result<StepPtr> MakeConvToPixelsStep(const Graph& graph, const PictureFormat& format,
                                     const ConvToPixels& to_pixels, const CodeTensor& input,
                                     std::optional<Tensor> anchor,
                                     std::optional<Quantization> anchor_quantization,
                                     const PixelBuffers& pixels, const KernelSet& kernels,
                                     pthreadpool_t threads);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_PIXEL_STEPS_H_
