#ifndef TESSERA_ENGINE_INT8_LOWER_H_
#define TESSERA_ENGINE_INT8_LOWER_H_

#include "core/status.h"
#include "engine/int8/program.h"
#include "graph/graph.h"
#include "graph/model.h"

namespace tessera::int8 {

/// Whether the graph has anything for the int8 engine to do.
bool HasQuantization(const Graph& graph);

/// Finds what can run on codes: matches convolutions with their activations, residuals and the
/// network's end, and leaves the rest in float. Needs inferred shapes. Never fails: a graph without
/// a quantized node becomes a float program.
Program Lower(const Graph& graph);

/// Where each node would run, for any size of image. All kFloat for a graph without quantization.
std::vector<Placement> FindPlacements(const Model& model);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_LOWER_H_
