// Instead of engine/float_steps.cc: this core computes on codes alone, and has no XNNPACK.
#include "engine/float_steps.h"

namespace tessera {

Result<StepPtr> MakeFloatStep(const Graph& /*graph*/, const Node& /*node*/,
                              const std::function<Tensor(ValueId)>& /*tensor_of*/,
                              Workspace& /*workspace*/, pthreadpool_t /*threads*/) {
  return Status(StatusCode::kUnsupported, "runs in float32, which the full core does alone");
}

void TableBytes::Add(const Graph& /*graph*/, const Node& /*node*/) {}

}  // namespace tessera
