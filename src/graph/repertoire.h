#ifndef TESSERA_GRAPH_REPERTOIRE_H_
#define TESSERA_GRAPH_REPERTOIRE_H_

#include <span>
#include <string_view>

#include "core/status.h"
#include "graph/graph.h"
#include "graph/import/op_context.h"
#include "onnx/proto.h"

namespace tessera {

/// Imports the nodes of one ONNX operator.
struct Importer {
  std::string_view op_type;
  Status (*import)(OpContext& op);
  bool moves = false;  // only moves elements: takes 8-bit codes as well
};

/// What a core understands of ONNX.
struct Repertoire {
  std::span<const Importer> importers;  // alphabetical
  /// Before the import: writes operators that stand for several as those.
  void (*rewrite)(onnx::Model& model);
  /// Before a node's importer: computes what depends on the image's size alone. See FoldKnown.
  Result<bool> (*fold)(OpContext& op);
  /// After the import, in this order. See graph/passes.h.
  std::span<Status (*const)(Graph& graph)> passes;
};

/// That of this core. A core has one of two, which the linker chooses: graph/repertoire.cc has all,
/// wasm/lean/repertoire.cc what the models that come with the library are made of. What no table
/// names is not in the module, and need not be downloaded.
const Repertoire& LinkedRepertoire();

}  // namespace tessera

#endif  // TESSERA_GRAPH_REPERTOIRE_H_
