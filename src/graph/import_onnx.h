#ifndef TESSERA_GRAPH_IMPORT_ONNX_H_
#define TESSERA_GRAPH_IMPORT_ONNX_H_

#include <string>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"
#include "graph/load_options.h"
#include "onnx/proto.h"

namespace tessera {

/// Translates an ONNX model into the IR, one importer per operator (import/). Identity, Dropout and
/// casts between floating types leave no node behind; nodes that the output does not need are not
/// looked at. Shapes are known as far as the file declares them. The height and width that a file
/// declares are forgotten, since networks run on any size, unless `options` name a size.
///
/// `options` also name the output where there are several, and the values of inputs beside the
/// image. Errors: kModelFormat, kModelOp and kUnsupported, naming the node. All there are go to
/// `obstacles`, if given, and the message tells of them together.
Result<Graph> ImportOnnx(onnx::Model model, const LoadOptions& options = {},
                         std::vector<Status>* obstacles = nullptr);

/// The height and width of its image that the file declares, if it does.
std::optional<ImageSize> DeclaredSize(const onnx::Model& model);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_ONNX_H_
