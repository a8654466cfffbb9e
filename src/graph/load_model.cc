#include <utility>

#include "graph/analyze_tiling.h"
#include "graph/channel_means.h"
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

Result<Model> Compile(onnx::Model file, bool keep_size) {
  Model model;
  TESSERA_ASSIGN_OR_RETURN(model.graph, ImportOnnx(std::move(file), keep_size));
  model.channel_means = ChannelMeansOf(model.graph);  // passes fold them into convolutions
  TESSERA_RETURN_IF_ERROR(Simplify(model.graph));
  TESSERA_ASSIGN_OR_RETURN(TilingAnalysis analysis, AnalyzeTiling(model.graph));
  if (analysis.crop) CropOutput(model.graph, *analysis.crop);
  model.tiling = std::move(analysis.facts);
  model.multiplications_per_pixel = analysis.multiplications_per_pixel;
  model.parameters = CountParameters(model.graph);
  return model;
}

}  // namespace

Result<Model> LoadModel(std::span<const uint8_t> bytes, const MetadataEntries& metadata) {
  TESSERA_ASSIGN_OR_RETURN(onnx::Model file, onnx::ReadModel(bytes));
  ReplaceMetadata(file.metadata, metadata);
  const bool declares_size = DeclaresSize(file);
  Result<Model> model = Compile(std::move(file), false);
  if (!model.ok() && declares_size) {
    // What has no meaning for other sizes may run in tiles of its own size.
    TESSERA_ASSIGN_OR_RETURN(onnx::Model again, onnx::ReadModel(bytes));
    ReplaceMetadata(again.metadata, metadata);
    Result<Model> fixed = Compile(std::move(again), true);
    if (fixed.ok()) model = std::move(fixed);
  }
  if (model.ok()) model->file_bytes = bytes.size();
  return model;
}

}  // namespace tessera
