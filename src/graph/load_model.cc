#include <optional>
#include <string>
#include <utility>
#include <vector>

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

// The network behind one output.
Result<Model> LoadOutput(onnx::Model file, const LoadOptions& options,
                         std::vector<Status>* obstacles) {
  Model model;
  model.output =
      options.output.empty() && !file.outputs.empty() ? file.outputs[0].name : options.output;
  for (const onnx::ValueInfo& output : file.outputs) model.outputs.push_back(output.name);
  TESSERA_ASSIGN_OR_RETURN(model.graph, ImportOnnx(std::move(file), options, obstacles));
  model.channel_means = ChannelMeansOf(model.graph);  // passes fold them into convolutions
  TESSERA_RETURN_IF_ERROR(Simplify(model.graph));
  TESSERA_ASSIGN_OR_RETURN(TilingAnalysis analysis, AnalyzeTiling(model.graph));
  if (analysis.crop) CropOutput(model.graph, *analysis.crop);
  model.tiling = std::move(analysis.facts);
  model.multiplications_per_pixel = analysis.multiplications_per_pixel;
  model.parameters = CountParameters(model.graph);
  return model;
}

bool IsPicture(const Model& model) {
  const int64_t channels = model.graph.value(model.graph.output).shape[1];
  return channels == 1 || channels == 3 || channels == 4;
}

// Each output is looked at as a network of its own.
constexpr size_t kMaxOutputs = 32;

// The network behind that of several outputs which is the largest picture, or the first error.
Result<Model> LoadLargest(const onnx::Model& file, LoadOptions options,
                          std::vector<Status>* obstacles) {
  if (file.outputs.size() > kMaxOutputs) {
    return Status(StatusCode::kUnsupported, "the model has " + std::to_string(file.outputs.size()) +
                                                " outputs; name the one that is wanted");
  }
  std::optional<Model> largest;
  Status first_error;
  for (const onnx::ValueInfo& output : file.outputs) {
    options.output = output.name;
    Result<Model> model =
        LoadOutput(onnx::Model(file), options, first_error.ok() ? obstacles : nullptr);
    if (!model.ok()) {
      if (first_error.ok()) first_error = model.status();
    } else if (IsPicture(*model) &&
               (!largest || model->tiling.scale.ToDouble() > largest->tiling.scale.ToDouble())) {
      largest.emplace(std::move(model).value());
    }
  }
  if (largest) return std::move(*largest);
  if (!first_error.ok()) return first_error;
  return Status(StatusCode::kUnsupported,
                "none of the model's outputs is a picture, with 1, 3 or 4 channels");
}

Result<Model> LoadFile(onnx::Model file, const LoadOptions& options,
                       std::vector<Status>* obstacles) {
  if (options.output.empty() && file.outputs.size() > 1) {
    return LoadLargest(file, options, obstacles);
  }
  return LoadOutput(std::move(file), options, obstacles);
}

Result<Model> Load(std::span<const uint8_t> bytes, LoadOptions options,
                   std::vector<Status>* obstacles) {
  TESSERA_ASSIGN_OR_RETURN(onnx::Model file, onnx::ReadModel(bytes, options.files));
  ReplaceMetadata(file.metadata, options.metadata);
  const bool declares_size = DeclaresSize(file);
  Result<Model> model = LoadFile(std::move(file), options, obstacles);
  if (model.ok() || !declares_size) return model;
  // What has no meaning for other sizes may run in tiles of its own size.
  TESSERA_ASSIGN_OR_RETURN(onnx::Model again, onnx::ReadModel(bytes, options.files));
  ReplaceMetadata(again.metadata, options.metadata);
  options.keep_size = true;
  Result<Model> fixed = LoadFile(std::move(again), options, nullptr);
  return fixed.ok() ? std::move(fixed) : std::move(model);
}

}  // namespace

Result<Model> LoadModel(std::span<const uint8_t> bytes, const LoadOptions& options,
                        std::vector<Status>* obstacles) {
  if (obstacles) obstacles->clear();
  Result<Model> model = Load(bytes, options, obstacles);
  if (!model.ok()) {
    if (obstacles && obstacles->empty()) obstacles->push_back(model.status());
    return model;
  }
  model->file_bytes = bytes.size();
  for (const onnx::ExternalFile& file : options.files) model->file_bytes += file.bytes.size();
  return model;
}

}  // namespace tessera
