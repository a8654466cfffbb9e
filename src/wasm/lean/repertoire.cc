// Instead of graph/repertoire.cc: what quantized networks of plain convolutions are made of, as are
// all models that come with the library.
#include "graph/repertoire.h"

#include <array>

#include "graph/import/importers.h"
#include "graph/passes.h"

namespace tessera {
namespace {

constexpr std::array kImporters = {
    Importer{"Add", ImportAdd},
    Importer{"Clip", ImportClip},
    Importer{"Conv", ImportConv},
    Importer{"DepthToSpace", ImportDepthToSpace, true},
    Importer{"DequantizeLinear", ImportDequantizeLinear},
    Importer{"PRelu", ImportPRelu},
    Importer{"QuantizeLinear", ImportQuantizeLinear},
    Importer{"Relu", ImportRelu},
    Importer{"Resize", ImportResize},
};

// Nothing here has its axes in another order, and nothing is folded but activations.
constexpr std::array<Status (*)(Graph& graph), 4> kPasses = {
    RemoveDeadNodes,
    FreeImageSize,
    FuseActivations,
    RemoveRepeatedQuantization,
};

void RewriteNothing(onnx::Model& /*model*/) {}
Result<bool> FoldNothing(OpContext& /*op*/) { return false; }

constexpr Repertoire kLean = {kImporters, RewriteNothing, FoldNothing, kPasses};

}  // namespace

const Repertoire& LinkedRepertoire() { return kLean; }

}  // namespace tessera
