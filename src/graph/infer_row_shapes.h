#ifndef TESSERA_GRAPH_INFER_ROW_SHAPES_H_
#define TESSERA_GRAPH_INFER_ROW_SHAPES_H_

#include <cstdint>

#include "graph/graph.h"

namespace tessera {

/// InferShapes for an image of which memory holds some rows at a time: tensors may be larger than
/// the address space.
Status InferRowShapes(Graph& graph, int64_t height, int64_t width);

}  // namespace tessera

#endif  // TESSERA_GRAPH_INFER_ROW_SHAPES_H_
