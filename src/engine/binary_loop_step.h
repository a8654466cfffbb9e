#ifndef TESSERA_ENGINE_BINARY_LOOP_STEP_H_
#define TESSERA_ENGINE_BINARY_LOOP_STEP_H_

#include "engine/step.h"
#include "engine/xnnpack_steps.h"
#include "graph/graph.h"

namespace tessera {

/// output = a (kind) b with broadcasting, one element after the other: for the kinds that XNNPACK
/// has no kernels for.
StepPtr MakeBinaryLoopStep(Binary::Kind kind, Operand a, Operand b, float* output);

}  // namespace tessera

#endif  // TESSERA_ENGINE_BINARY_LOOP_STEP_H_
