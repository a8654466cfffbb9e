#ifndef TESSERA_ENGINE_POOL_STEP_H_
#define TESSERA_ENGINE_POOL_STEP_H_

#include <pthreadpool.h>

#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// The maximum or mean of a window. A mean adds row by row from the window's upper left, the same
/// for every pixel.
StepPtr MakePoolStep(const Pool& pool, Tensor input, Tensor output, pthreadpool_t threads);

}  // namespace tessera

#endif  // TESSERA_ENGINE_POOL_STEP_H_
