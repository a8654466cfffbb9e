// What the full cores have beside bindings.cc: for networks and pictures of one's own.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/status.h"
#include "engine/float_executor.h"
#include "engine/range_doubts.h"
#include "graph/model.h"
#include "image/metrics.h"
#include "wasm/wasm_model.h"

namespace tessera {
namespace {

using emscripten::val;

/// The network alone, NHWC float32 in and out, any number of channels: for parity tests.
class WasmFloatSession {
 public:
  WasmStatus Prepare(const WasmModel& model, int width, int height, int threads) {
    executor_.reset();
    if (!model.model()) return ToWasm(NoModel());
    const Result<Graph> graph = GraphFor(*model.model(), height, width);
    if (!graph.ok()) return ToWasm(graph.status());
    Result<FloatExecutor> executor = FloatExecutor::Create(*graph, height, width, threads);
    if (!executor.ok()) return ToWasm(executor.status());
    executor_.emplace(std::move(executor).value());
    return ToWasm(Status::Ok());
  }

  WasmStatus Run() { return ToWasm(executor_ ? executor_->Run(nullptr) : NotPrepared()); }

  val Input() const { return Describe(executor_ ? executor_->input() : Tensor{}); }
  val Output() const { return Describe(executor_ ? executor_->output() : Tensor{}); }

 private:
  static val Describe(const Tensor& tensor) {
    val description = val::object();
    description.set("pointer", reinterpret_cast<uintptr_t>(tensor.data));
    description.set("height", static_cast<double>(tensor.height));
    description.set("width", static_cast<double>(tensor.width));
    description.set("channels", static_cast<double>(tensor.channels));
    return description;
  }

  std::optional<FloatExecutor> executor_;
};

val WasmCompareImages(uintptr_t a, uintptr_t b, int width, int height, int border) {
  const Result<ImageComparison> comparison = CompareImages(
      FromPointer<const uint8_t>(a), FromPointer<const uint8_t>(b), width, height, border);
  val result = val::object();
  result.set("status", ToWasm(comparison.status()));
  if (!comparison.ok()) return result;
  result.set("psnrY", comparison->psnr_y);
  result.set("ssimY", comparison->ssim_y);
  result.set("psnrRgb", comparison->psnr_rgb);
  return result;
}

/// FindRangeDoubts as an array of strings.
val Warnings(const WasmModel& model, double most_multiplications) {
  val warnings = val::array();
  if (!model.model()) return warnings;
  for (const std::string& doubt : FindRangeDoubts(*model.model(), most_multiplications)) {
    warnings.call<void>("push", doubt);
  }
  return warnings;
}

}  // namespace

EMSCRIPTEN_BINDINGS(tessera_full) {
  emscripten::function("compareImages", &WasmCompareImages);
  emscripten::function("rangeDoubts", &Warnings);

  emscripten::class_<WasmFloatSession>("FloatSession")
      .constructor<>()
      .function("prepare", &WasmFloatSession::Prepare)
      .function("run", &WasmFloatSession::Run)
      .function("input", &WasmFloatSession::Input)
      .function("output", &WasmFloatSession::Output);
}

}  // namespace tessera
