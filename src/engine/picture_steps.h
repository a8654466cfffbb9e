#ifndef TESSERA_ENGINE_PICTURE_STEPS_H_
#define TESSERA_ENGINE_PICTURE_STEPS_H_

#include "core/status.h"
#include "engine/pixels.h"
#include "engine/step.h"
#include "graph/graph.h"
#include "graph/picture_format.h"

namespace tessera {

// Steps between a picture's RGBA bytes and the float tensors at a network's ends.

StepPtr MakeReadFloatsStep(const ModelInfo& info, const PictureFormat& format,
                           const PixelBuffers& pixels, Tensor output);

/// `input` is the network's output; the input picture is it reduced by `scale`. Errors:
/// kOutOfMemory.
Result<StepPtr> MakeWriteFloatsStep(const ModelInfo& info, const PictureFormat& format,
                                    const PixelBuffers& pixels, Tensor input, int64_t scale);

}  // namespace tessera

#endif  // TESSERA_ENGINE_PICTURE_STEPS_H_
