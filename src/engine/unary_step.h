#ifndef TESSERA_ENGINE_UNARY_STEP_H_
#define TESSERA_ENGINE_UNARY_STEP_H_

#include <pthreadpool.h>

#include "core/status.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// An elementwise function by XNNPACK, by a loop of ours, or one element after the other where
/// neither has it; `output` may be the input. Errors: those of XNNPACK.
Result<StepPtr> MakeUnaryStep(const Unary& unary, Tensor input, Tensor output,
                              pthreadpool_t threads);

}  // namespace tessera

#endif  // TESSERA_ENGINE_UNARY_STEP_H_
