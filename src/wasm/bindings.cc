// The surface between C++ and JavaScript that every core has. Control goes through Embind; pixels
// through raw pointers into buffers that a session owns. JavaScript re-derives its heap views at
// every use.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "core/status.h"
#include "engine/int8/lower.h"
#include "engine/row_facts.h"
#include "engine/session.h"
#include "engine/tile_memory.h"
#include "graph/describe.h"
#include "graph/metadata.h"
#include "graph/model.h"
#include "graph/picture_format.h"
#include "image/alpha.h"
#include "image/bicubic.h"
#include "kernels/kernel_set.h"
#include "wasm/wasm_model.h"

namespace tessera {
namespace {

using emscripten::val;

uintptr_t Allocate(size_t bytes) {
  constexpr size_t kAlignment = 16;
  const std::optional<size_t> padded = CheckedSum(bytes, kAlignment);
  if (!padded) return 0;
  return reinterpret_cast<uintptr_t>(
      std::aligned_alloc(kAlignment, *padded / kAlignment * kAlignment));
}

void Release(uintptr_t pointer) { std::free(FromPointer<void>(pointer)); }

val ToArray(const Shape& shape) {
  val array = val::array();
  for (int64_t extent : shape) array.call<void>("push", static_cast<double>(extent));
  return array;
}

val DescribeNode(const Graph& graph, const Node& node) {
  val inputs = val::array();
  for (ValueId id : node.inputs) {
    if (id != kNoValue) inputs.call<void>("push", graph.value(id).name);
  }
  val description = val::object();
  description.set("name", node.name);
  description.set("op", std::string(OperationName(node.operation)));
  description.set("inputs", inputs);
  description.set("output", graph.value(node.output).name);
  description.set("shape", ToArray(graph.value(node.output).shape));
  description.set("detail", DescribeOperation(graph, node));
  return description;
}

std::string_view PlacementName(int8::Placement placement) {
  switch (placement) {
    case int8::Placement::kFused:
      return "fused";
    case int8::Placement::kInt8:
      return "int8";
    case int8::Placement::kFloat:
      return "float";
  }
  return "";
}

val DescribeTileMemory(const TileMemory& memory) {
  val description = val::object();
  description.set("fixed", memory.fixed);
  description.set("perPixel", memory.per_pixel);
  description.set("perSquaredPixel", memory.per_squared_pixel);
  return description;
}

val DescribeRowFlow(const RowFacts& facts) {
  if (!facts.not_because.empty()) return val::null();
  val description = val::object();
  description.set("rows", static_cast<double>(facts.rows));
  description.set("outputLag", static_cast<double>(facts.output_lag));
  description.set("fixedBytes", facts.fixed_bytes);
  description.set("columnBytes", facts.column_bytes);
  return description;
}

val InfoOf(const Model& model) {
  const Graph& graph = model.graph;
  const TilingFacts& tiling = model.tiling;
  val info = val::object();
  info.set("name", graph.info.name);
  val outputs = val::array();
  for (const std::string& output : model.outputs) outputs.call<void>("push", output);
  info.set("output", model.output);
  info.set("outputs", outputs);
  info.set("licence", graph.info.licence);
  info.set("data", graph.info.data);
  info.set("scores", graph.info.scores);
  info.set("scale", tiling.scale.ToDouble());
  info.set("sizeMultiple", static_cast<double>(tiling.size_multiple));
  info.set("wholeMultiple", static_cast<double>(tiling.whole_multiple));
  info.set("overlap", static_cast<double>(RequiredOverlap(model, false)));
  info.set("overlapWithAlpha", static_cast<double>(RequiredOverlap(model, true)));
  info.set("smallest", static_cast<double>(tiling.smallest));
  info.set("fixedWidth", static_cast<double>(tiling.fixed_width));
  info.set("fixedHeight", static_cast<double>(tiling.fixed_height));
  info.set("margin", static_cast<double>(tiling.margin));
  info.set("border", static_cast<double>(tiling.border));
  info.set("exact", tiling.exact);
  info.set("notExactBecause", tiling.not_exact_because);
  info.set("tileMemory", DescribeTileMemory(EstimateTileMemory(model)));
  const RowFacts rows = FindRowFacts(model);
  info.set("rowFlow", DescribeRowFlow(rows));
  info.set("noRowFlowBecause", rows.not_because);
  info.set("channels", static_cast<double>(graph.value(graph.input).shape[1]));
  const Result<PictureFormat> format = PictureFormatOf(graph);
  info.set("color", std::string(ColorText(format.ok() ? format->color : graph.info.color)));
  info.set("notRunnableBecause", format.status().message());
  info.set("parameters", static_cast<double>(model.parameters));
  info.set("fileBytes", static_cast<double>(model.file_bytes));
  info.set("multiplicationsPerPixel", model.multiplications_per_pixel);
  val nodes = val::array();
  const std::vector<int8::Placement> placements = int8::FindPlacements(model);
  for (size_t i = 0; i < graph.nodes.size(); ++i) {
    val node = DescribeNode(graph, graph.nodes[i]);
    node.set("runs", std::string(PlacementName(placements[i])));
    nodes.call<void>("push", node);
  }
  info.set("nodes", nodes);
  return info;
}

/// One tile shape, RGBA8 in and out.
class WasmSession {
 public:
  WasmStatus Prepare(const WasmModel& model, int width, int height, bool alpha, int threads,
                     int rows) {
    session_.reset();  // first, so that the old and the new buffers never exist together
    if (!model.model()) return ToWasm(NoModel());
    Result<Session> session =
        Session::Create(*model.model(), {width, height, alpha, threads, rows, kernels_});
    if (!session.ok()) return ToWasm(session.status());
    session_.emplace(std::move(session).value());
    return ToWasm(Status::Ok());
  }

  WasmStatus Run() { return ToWasm(session_ ? session_->Run(nullptr) : NotPrepared()); }

  /// {status, done}: the share that is done, 1 at the end.
  val RunFor(double milliseconds) {
    const Result<double> done =
        session_ ? session_->RunFor(milliseconds) : Result<double>(NotPrepared());
    val result = val::object();
    result.set("status", ToWasm(done.status()));
    result.set("done", done.ok() ? *done : 0.0);
    return result;
  }
  /// Forgets a tile that RunFor has not finished.
  void Restart() {
    if (session_) session_->Restart();
  }

  /// For tests: "scalar", "simd" or "relaxed" instead of the fastest kernels, from the next
  /// prepare() on.
  WasmStatus ForceKernels(const std::string& name) {
    kernels_ = FindKernels(name);
    if (kernels_) return ToWasm(Status::Ok());
    return ToWasm(Status(StatusCode::kInvalidArgument, "this build has no kernels '" + name + "'"));
  }

  uintptr_t InputPointer() {
    return session_ ? reinterpret_cast<uintptr_t>(session_->input().data()) : 0;
  }
  size_t InputBytes() { return session_ ? session_->input().size() : 0; }
  uintptr_t OutputPointer() const {
    return session_ ? reinterpret_cast<uintptr_t>(session_->output().data()) : 0;
  }
  size_t OutputBytes() const { return session_ ? session_->output().size() : 0; }
  size_t MemoryBytes() const { return session_ ? session_->memory_bytes() : 0; }

 private:
  std::optional<Session> session_;
  const KernelSet* kernels_ = nullptr;
};

constexpr int64_t kRgba = 4;

WasmStatus WasmResizeBicubic(uintptr_t source, int width, int height, uintptr_t destination,
                             int output_width, int output_height) {
  return ToWasm(ResizeBicubic(FromPointer<const uint8_t>(source), width, height, kRgba,
                              FromPointer<uint8_t>(destination), output_width, output_height));
}

int64_t NumberOf(const val& object, const char* name) {
  return static_cast<int64_t>(object[name].as<double>());
}

PixelRectangle RectangleOf(const val& rectangle) {
  return {.across = {.first = NumberOf(rectangle, "x"), .count = NumberOf(rectangle, "width")},
          .down = {.first = NumberOf(rectangle, "y"), .count = NumberOf(rectangle, "height")}};
}

// `part` says which pixels `source` has: {x, y, width, height} of a whole of {wholeWidth,
// wholeHeight}; `target_part` the same of `destination`.
WasmStatus WasmResizePart(uintptr_t source, const val& part, uintptr_t destination,
                          const val& target_part) {
  return ToWasm(ResizePartBicubic(FromPointer<const uint8_t>(source), NumberOf(part, "wholeWidth"),
                                  NumberOf(part, "wholeHeight"), RectangleOf(part), kRgba,
                                  FromPointer<uint8_t>(destination),
                                  NumberOf(target_part, "wholeWidth"),
                                  NumberOf(target_part, "wholeHeight"), RectangleOf(target_part)));
}

// The same of alpha alone: `source` has RGBA, `destination` a byte for each pixel.
WasmStatus WasmResizeAlphaPart(uintptr_t source, const val& part, uintptr_t destination,
                               const val& target_part) {
  Result<BicubicResizer> resizer =
      BicubicResizer::CreatePart(NumberOf(part, "wholeWidth"), NumberOf(part, "wholeHeight"),
                                 RectangleOf(part), NumberOf(target_part, "wholeWidth"),
                                 NumberOf(target_part, "wholeHeight"), RectangleOf(target_part));
  if (!resizer.ok()) return ToWasm(resizer.status());
  resizer->Run(FromPointer<const uint8_t>(source) + kRgba - 1, kRgba,
               FromPointer<uint8_t>(destination), 1);
  return ToWasm(Status::Ok());
}

void WasmBleedColor(uintptr_t pixels, int width, int height) {
  BleedScratch scratch;
  BleedColor(FromPointer<uint8_t>(pixels), width, height, scratch);
}

}  // namespace

val WasmModel::Info() const { return model() ? InfoOf(*model()) : val::undefined(); }

EMSCRIPTEN_BINDINGS(tessera) {
  emscripten::value_object<WasmStatus>("WasmStatus")
      .field("code", &WasmStatus::code)
      .field("message", &WasmStatus::message);

  emscripten::function("allocate", &Allocate);
  emscripten::function("release", &Release);
  emscripten::function("resizeBicubic", &WasmResizeBicubic);
  emscripten::function("resizePart", &WasmResizePart);
  emscripten::function("resizeAlphaPart", &WasmResizeAlphaPart);
  emscripten::function("bleedColor", &WasmBleedColor);

  emscripten::class_<WasmModel>("Model")
      .constructor<>()
      .function("setMetadata", &WasmModel::SetMetadata)
      .function("setOutput", &WasmModel::SetOutput)
      .function("setInput", &WasmModel::SetInput)
      .function("addFile", &WasmModel::AddFile)
      .function("load", &WasmModel::Load)
      .function("obstacles", &WasmModel::Obstacles)
      .function("info", &WasmModel::Info);

  emscripten::class_<WasmSession>("Session")
      .constructor<>()
      .function("prepare", &WasmSession::Prepare)
      .function("run", &WasmSession::Run)
      .function("runFor", &WasmSession::RunFor)
      .function("restart", &WasmSession::Restart)
      .function("forceKernels", &WasmSession::ForceKernels)
      .function("inputPointer", &WasmSession::InputPointer)
      .function("inputBytes", &WasmSession::InputBytes)
      .function("outputPointer", &WasmSession::OutputPointer)
      .function("outputBytes", &WasmSession::OutputBytes)
      .function("memoryBytes", &WasmSession::MemoryBytes);
}

}  // namespace tessera
