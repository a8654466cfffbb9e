#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
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

// Whether the network's shapes fit together for some sizes that are multiples of what it takes.
bool RunsAtMultiples(const Graph& graph, int64_t multiple, int64_t smallest) {
  constexpr int64_t kTried = 4;
  constexpr int64_t kLeast = 64;
  const int64_t first = (std::max(smallest, kLeast) + multiple - 1) / multiple;
  for (int64_t i = first; i < first + kTried; ++i) {
    Graph tried = graph;
    if (!InferShapes(tried, i * multiple, i * multiple).ok()) return false;
  }
  return true;
}

// How the network may be tiled. Where halves are rounded and doubled again, shapes fit together for
// multiples only, which no operator alone tells.
Result<TilingAnalysis> AnalyzeWorkingTiling(Graph& graph) {
  constexpr int64_t kMost = 64;
  TESSERA_ASSIGN_OR_RETURN(TilingAnalysis analysis, AnalyzeTiling(graph));
  const int64_t own = analysis.facts.size_multiple;
  if (graph.IsFixed() || RunsAtMultiples(graph, own, analysis.facts.smallest)) return analysis;
  for (int64_t times = 2; own * times <= kMost; times *= 2) {
    if (!RunsAtMultiples(graph, own * times, analysis.facts.smallest)) continue;
    graph.size_multiple = own * times;
    return AnalyzeTiling(graph);
  }
  return analysis;
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
  TESSERA_ASSIGN_OR_RETURN(TilingAnalysis analysis, AnalyzeWorkingTiling(model.graph));
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

// The network for images of one size, to the output that the model has.
Result<Graph> ImportSized(const SizedFile& sized, const Model& model, ImageSize size) {
  LoadOptions options = sized.options;
  options.size = size;
  options.output = model.output;
  TESSERA_ASSIGN_OR_RETURN(Graph graph, ImportOnnx(onnx::Model(sized.file), options));
  TESSERA_RETURN_IF_ERROR(Simplify(graph));
  if (const Pad* crop = CropOf(model.graph)) CropOutput(graph, *crop);
  return graph;
}

// The extents of what the network makes of an image, when it can be imported for its size.
std::optional<ImageSize> ResultSize(const SizedFile& sized, const Model& model, ImageSize size) {
  Result<Graph> graph = ImportSized(sized, model, size);
  if (!graph.ok() || !InferShapes(*graph, size.height, size.width).ok()) return std::nullopt;
  const Shape& shape = graph->value(graph->output).shape;
  return ImageSize{shape[2], shape[3]};
}

// Whether the network makes of images of this size what the facts say.
bool Fits(const SizedFile& sized, const Model& model, const TilingFacts& facts, ImageSize size) {
  const std::optional<ImageSize> result = ResultSize(sized, model, size);
  const auto enlarged = [&](int64_t extent) {
    return (Rational(extent - 2 * facts.margin) * facts.scale).Floor();
  };
  return result && result->height == enlarged(size.height) && result->width == enlarged(size.width);
}

// A divisor of `multiple` that extents around `base` must be multiples of, or nothing.
std::optional<int64_t> FindMultiple(const SizedFile& sized, const Model& model,
                                    const TilingFacts& facts, int64_t base, int64_t multiple) {
  for (int64_t own = 1; own <= multiple; ++own) {
    if (multiple % own != 0) continue;
    const ImageSize size = {base + own, base + (own < multiple ? multiple - own : 2 * multiple)};
    if (Fits(sized, model, facts, size)) return own;
  }
  return std::nullopt;
}

// Lets images of one piece have sizes that were rounded away. Tiles that are exact stay as they
// are, so that they equal the whole.
void FreeWholeSizes(Model& model, std::shared_ptr<const SizedFile> sized) {
  TilingFacts& facts = model.tiling;
  if (facts.exact) return;
  constexpr int64_t kLeast = 64;
  const int64_t multiple = facts.size_multiple;
  const int64_t base = (std::max(facts.smallest, kLeast) + multiple - 1) / multiple * multiple;
  const auto own = FindMultiple(*sized, model, facts, base, multiple);
  if (!own || *own == multiple) return;
  facts.whole_multiple = *own;
  model.sized = std::move(sized);
}

// Scale and margin by the results for two sizes: one size alone does not tell them apart. False
// when the network takes that one only.
bool FindScale(const SizedFile& sized, const Model& model, int64_t extent, TilingFacts& facts) {
  const auto small = ResultSize(sized, model, {extent, extent});
  const auto large = ResultSize(sized, model, {2 * extent, 2 * extent});
  if (!small || !large || large->height <= small->height) return false;
  facts.scale = Rational(large->height - small->height, extent);
  const Rational missing = Rational(extent) - Rational(small->height) / facts.scale;
  facts.margin = (missing / Rational(2)).Ceil();
  facts.overlap += facts.margin;
  return facts.margin >= 0;
}

// The least extent, of some that are tried, that the network takes.
int64_t FindSmallest(const SizedFile& sized, const Model& model, const TilingFacts& facts,
                     int64_t known) {
  constexpr std::array<int64_t, 4> kTried = {8, 16, 32, 48};
  for (const int64_t wanted : kTried) {
    const int64_t multiple = facts.size_multiple;
    const int64_t extent = (wanted + multiple - 1) / multiple * multiple;
    if (extent < known && Fits(sized, model, facts, {extent, extent})) return extent;
  }
  return known;
}

// A network of which no graph stands for all sizes. `obstacles` are those of the first size.
Result<Model> LoadBySizes(std::shared_ptr<const SizedFile> sized, std::vector<Status>* obstacles) {
  // Multiples of many windows and strides; then what files are traced with, whose numbers may stand
  // for nothing else.
  constexpr std::array<int64_t, 10> kSizes = {64, 192, 128, 256, 48, 96, 32, 224, 320, 512};
  constexpr int64_t kMostMultiple = 64;
  constexpr int64_t kTile = 256;
  constexpr int64_t kOverlap = 16;
  Status first;
  for (const int64_t extent : kSizes) {
    LoadOptions options = sized->options;
    options.size = ImageSize{extent, extent};
    Result<Model> model =
        LoadFile(onnx::Model(sized->file), options, first.ok() ? obstacles : nullptr);
    if (!model.ok()) {
      if (first.ok()) first = model.status();
      continue;
    }
    TilingFacts& facts = model->tiling;
    TilingFacts free = facts;
    if (!FindScale(*sized, *model, extent, free)) return model;
    const int64_t most = std::gcd(extent, 3 * kMostMultiple);
    const auto multiple = FindMultiple(*sized, *model, free, extent, most);
    // A tile may be too large for its positions to be folded. That its tensors are large is for the
    // choice of tiles to see.
    const int64_t large = (kTile + extent - 1) / extent * extent;
    if (!multiple || !ImportSized(*sized, *model, {large, large}).ok()) return model;
    facts = free;
    facts.fixed_height = 0;
    facts.fixed_width = 0;
    facts.size_multiple = *multiple;
    facts.whole_multiple = *multiple;
    facts.smallest = FindSmallest(*sized, *model, facts, extent);
    // Windows reach further than what their own multiple tells.
    facts.overlap = std::max(facts.overlap, kOverlap);
    facts.overlap = (facts.overlap + *multiple - 1) / *multiple * *multiple;
    if (facts.exact) {
      facts.exact = false;
      facts.not_exact_because = "the network computes with the size of the whole image";
    }
    model->sized = std::move(sized);
    return model;
  }
  return first;
}

Result<onnx::Model> Read(std::span<const uint8_t> bytes, const LoadOptions& options) {
  TESSERA_ASSIGN_OR_RETURN(onnx::Model file, onnx::ReadModel(bytes, options.files));
  ReplaceMetadata(file.metadata, options.metadata);
  return file;
}

Result<Model> Load(std::span<const uint8_t> bytes, LoadOptions options,
                   std::vector<Status>* obstacles) {
  TESSERA_ASSIGN_OR_RETURN(onnx::Model file, Read(bytes, options));
  options.size = std::nullopt;
  const std::optional<ImageSize> declared = DeclaredSize(file);
  Result<Model> model = LoadFile(std::move(file), options, obstacles);
  if (model.ok() && (declared || model->graph.size_multiple == 1)) return model;
  TESSERA_ASSIGN_OR_RETURN(onnx::Model again, Read(bytes, options));
  if (declared) {
    // What has no meaning for other sizes may run in tiles of its own size.
    options.size = declared;
    std::vector<Status> own;
    Result<Model> fixed = LoadFile(std::move(again), options, &own);
    if (fixed.ok() || model.ok()) return fixed.ok() ? std::move(fixed) : std::move(model);
    // What stands in the way at that size too is what really does.
    if (obstacles) *obstacles = std::move(own);
    return fixed;
  }
  options.files = {};
  auto sized = std::make_shared<const SizedFile>(SizedFile{std::move(again), std::move(options)});
  if (model.ok()) {
    FreeWholeSizes(*model, std::move(sized));
    return model;
  }
  std::vector<Status> own;
  Result<Model> any = LoadBySizes(std::move(sized), &own);
  if (obstacles) *obstacles = any.ok() ? std::vector<Status>() : std::move(own);
  return any;
}

}  // namespace

Result<Graph> GraphFor(const Model& model, int64_t height, int64_t width) {
  const std::array<int64_t, 2> size = {height, width};
  const int64_t multiple = model.tiling.size_multiple;
  const bool fits = model.graph.IsFixed() ? model.graph.fixed_size == size
                                          : height % multiple == 0 && width % multiple == 0;
  if (fits || !model.sized) return Graph(model.graph);
  return ImportSized(*model.sized, model, {height, width});
}

Result<Model> LoadModel(std::span<const uint8_t> bytes, const LoadOptions& options,
                        std::vector<Status>* obstacles) {
  if (obstacles) obstacles->clear();
  Result<Model> model = Load(bytes, options, obstacles);
  if (!model.ok()) {
    if (obstacles && obstacles->empty()) obstacles->push_back(model.status());
    return model;
  }
  TilingFacts& facts = model->tiling;
  const int64_t whole = facts.scale.denominator();
  const int64_t wanted = (model->graph.info.border + whole - 1) / whole * whole;
  facts.border = std::min(wanted, facts.overlap - facts.margin);
  model->file_bytes = bytes.size();
  for (const onnx::ExternalFile& file : options.files) model->file_bytes += file.bytes.size();
  return model;
}

}  // namespace tessera
