#ifndef TESSERA_ENGINE_INT8_SUM_STEPS_H_
#define TESSERA_ENGINE_INT8_SUM_STEPS_H_

#include <pthreadpool.h>

#include "engine/int8/code_tensor.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera::int8 {

// Operations whose results are made of several codes and rounded again. Sums of codes are whole
// numbers, and weighted ones are added in one order, so that all machines give the same bytes.

/// Whether MakeSumStep has a step for it.
bool SumsCodes(const tessera::Operation& operation);

/// Pool, Reduce (mean, sum, largest, smallest) or Resize of any mode, by what the node is. Errors:
/// kUnsupported.
Result<StepPtr> MakeSumStep(const Node& node, const CodeTensor& input, const CodeTensor& output,
                            Storage storage, pthreadpool_t threads);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_SUM_STEPS_H_
