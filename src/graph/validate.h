#ifndef TESSERA_GRAPH_VALIDATE_H_
#define TESSERA_GRAPH_VALIDATE_H_

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// Checks what every part relies on: ids in range, topological order, one producer per value, the
/// right number of inputs, constants as large as their shapes. kInternal otherwise. Tests call it
/// after every pass.
Status Validate(const Graph& graph);

/// Validate, and that the passes did their work: no BatchNormalization or Transpose, Concat along
/// the channels, constants of Binary and PRelu with shape [] or [1, C, 1, 1].
Status ValidateSimplified(const Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_VALIDATE_H_
