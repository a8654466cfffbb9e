#include "graph/passes.h"

#include <cassert>

#include "graph/repertoire.h"
#include "graph/validate.h"

namespace tessera {

Status Simplify(Graph& graph) {
  for (const auto pass : LinkedRepertoire().passes) {
    TESSERA_RETURN_IF_ERROR(pass(graph));
    assert(Validate(graph).ok());
  }
  assert(ValidateSimplified(graph).ok());
  return Status::Ok();
}

}  // namespace tessera
