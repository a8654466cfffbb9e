#ifndef TESSERA_ENGINE_FLOAT_STEPS_H_
#define TESSERA_ENGINE_FLOAT_STEPS_H_

#include <pthreadpool.h>

#include <functional>

#include "core/status.h"
#include "engine/step.h"
#include "graph/graph.h"

namespace tessera {

/// A node in float32. `tensor_of` gives the place of each tensor that is not a constant. Errors:
/// kUnsupported, kOutOfMemory, kInternal, without the node's name.
Result<StepPtr> MakeFloatStep(const Graph& graph, const Node& node,
                              const std::function<Tensor(ValueId)>& tensor_of,
                              pthreadpool_t threads);

/// Bytes that MakeFloatStep's result holds beyond tensors and weights: they grow with the tile.
size_t TableBytes(const Graph& graph, const Node& node);

}  // namespace tessera

#endif  // TESSERA_ENGINE_FLOAT_STEPS_H_
