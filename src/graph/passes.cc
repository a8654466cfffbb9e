#include "graph/passes.h"

#include <cassert>

#include "graph/validate.h"

namespace tessera {

Status Simplify(Graph& graph) {
  // Dead nodes go first too, so that an unused branch cannot make a model unsupported.
  for (const auto pass : {RemoveDeadNodes, FoldConstants, ResolveLayouts, FreeImageSize,
                          LowerBatchNormalization, FoldAffine, FuseActivations, MergeUpsampling,
                          RemoveRepeatedQuantization, RemoveDeadNodes}) {
    TESSERA_RETURN_IF_ERROR(pass(graph));
    assert(Validate(graph).ok());
  }
  assert(ValidateSimplified(graph).ok());
  return Status::Ok();
}

}  // namespace tessera
