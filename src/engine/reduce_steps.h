#ifndef TESSERA_ENGINE_REDUCE_STEPS_H_
#define TESSERA_ENGINE_REDUCE_STEPS_H_

#include <pthreadpool.h>

#include "engine/plain_tensor.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// `axes` are those of the input's shape. Sums are taken in double, in the order of the elements.
StepPtr MakeReduceStep(Reduce::Kind kind, const std::vector<int64_t>& axes,
                       const PlainTensor& input, float* output);

/// Softmax along `axis` of the input's shape.
StepPtr MakeSoftmaxStep(bool log, size_t axis, const PlainTensor& input, float* output,
                        pthreadpool_t threads);

}  // namespace tessera

#endif  // TESSERA_ENGINE_REDUCE_STEPS_H_
