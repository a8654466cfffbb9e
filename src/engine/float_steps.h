#ifndef TESSERA_ENGINE_FLOAT_STEPS_H_
#define TESSERA_ENGINE_FLOAT_STEPS_H_

#include <pthreadpool.h>

#include <functional>

#include "core/status.h"
#include "engine/step.h"
#include "engine/workspace.h"
#include "graph/graph.h"

namespace tessera {

/// A node in float32. `tensor_of` gives the place of each tensor that is not a constant.
/// `workspace` must outlive the step. Errors: kUnsupported, kOutOfMemory, kInternal, without the
/// node's name.
Result<StepPtr> MakeFloatStep(const Graph& graph, const Node& node,
                              const std::function<Tensor(ValueId)>& tensor_of, Workspace& workspace,
                              pthreadpool_t threads);

/// Bytes that the steps of MakeFloatStep need beyond tensors and weights: they grow with the tile.
class TableBytes {
 public:
  /// One more node, whose shapes are known.
  void Add(const Graph& graph, const Node& node);
  size_t total() const { return kept_ + shared_; }

 private:
  size_t kept_ = 0;
  size_t shared_ = 0;  // of the node whose workspace is the largest
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_FLOAT_STEPS_H_
