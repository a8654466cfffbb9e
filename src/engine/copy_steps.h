#ifndef TESSERA_ENGINE_COPY_STEPS_H_
#define TESSERA_ENGINE_COPY_STEPS_H_

#include <cstdint>
#include <vector>

#include "engine/plain_tensor.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

// Operators that put elements elsewhere. Most are one loop over the output's axes with a stride of
// its own in the input per axis.

/// The same elements in the same order; nothing to do when both lie in one place.
StepPtr MakeReshapeStep(const float* input, float* output, int64_t elements);

StepPtr MakeTransposeStep(const Transpose& transpose, const PlainTensor& input,
                          const PlainTensor& output);
/// `start` is the first element along the axis.
StepPtr MakeSliceStep(const Slice& slice, int64_t start, const PlainTensor& input,
                      const PlainTensor& output);
StepPtr MakeGatherStep(const Gather& gather, const PlainTensor& input, const PlainTensor& output);
StepPtr MakeExpandStep(const PlainTensor& input, const PlainTensor& output);
StepPtr MakePlainConcatStep(const Concat& concat, const std::vector<PlainTensor>& inputs,
                            const PlainTensor& output);

/// An image (H, W, C in memory) as a plain [1, C, H, W], or the reverse.
StepPtr MakeRelayoutStep(const Relayout& relayout, const Tensor& image, float* plain);

}  // namespace tessera

#endif  // TESSERA_ENGINE_COPY_STEPS_H_
