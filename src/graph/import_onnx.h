#ifndef TESSERA_GRAPH_IMPORT_ONNX_H_
#define TESSERA_GRAPH_IMPORT_ONNX_H_

#include "core/status.h"
#include "graph/graph.h"
#include "onnx/proto.h"

namespace tessera {

/// Translates an ONNX model into the IR, one importer per operator (import/). Identity, Dropout and
/// casts between floating types leave no node behind. Shapes are known as far as the file declares
/// them. The height and width that a file declares are forgotten, since networks run on any size;
/// with `keep_size` the graph is for that size only, and what follows from it is constant. Errors:
/// kModelFormat, kModelOp and kUnsupported, naming the node.
Result<Graph> ImportOnnx(onnx::Model model, bool keep_size = false);

/// Whether the file declares the height and width of its image.
bool DeclaresSize(const onnx::Model& model);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_ONNX_H_
