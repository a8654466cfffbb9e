#include <utility>

#include "graph/analyze_tiling.h"
#include "graph/import_onnx.h"
#include "graph/model.h"
#include "graph/passes.h"
#include "onnx/reader.h"

namespace tessera {
namespace {

int64_t CountParameters(const Graph& graph) {
  int64_t count = 0;
  for (const Value& value : graph.values) {
    if (value.constant) count += static_cast<int64_t>(value.constant->floats.size());
  }
  return count;
}

}  // namespace

Result<Model> LoadModel(std::span<const uint8_t> bytes) {
  TESSERA_ASSIGN_OR_RETURN(onnx::Model file, onnx::ReadModel(bytes));
  Model model;
  model.file_bytes = bytes.size();
  TESSERA_ASSIGN_OR_RETURN(model.graph, ImportOnnx(std::move(file)));
  TESSERA_RETURN_IF_ERROR(Simplify(model.graph));
  TESSERA_ASSIGN_OR_RETURN(TilingAnalysis analysis, AnalyzeTiling(model.graph));
  model.tiling = std::move(analysis.facts);
  model.multiplications_per_pixel = analysis.multiplications_per_pixel;
  model.parameters = CountParameters(model.graph);
  return model;
}

}  // namespace tessera
