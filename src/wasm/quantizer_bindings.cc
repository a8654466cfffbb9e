// What the tools' module has beyond the pages' one: the quantizer.
#include <emscripten/bind.h>
#include <emscripten/val.h>

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/checked_math.h"
#include "core/status.h"
#include "graph/export_onnx.h"
#include "quant/quantize.h"
#include "wasm/wasm_model.h"

namespace tessera {
namespace {

using emscripten::val;

constexpr int64_t kRgba = 4;

Status NotCreated() {
  return Status(StatusCode::kInvalidArgument, "a quantizer's create() must succeed first");
}

/// A float model and images in, a quantized ONNX file out.
class WasmQuantizer {
 public:
  WasmStatus Create(const WasmModel& model, val settings) {
    quantizer_.reset();
    if (!model.model()) return ToWasm(NoModel());
    QuantizeOptions options;
    options.weight_bits = settings["weightBits"].as<int>();
    options.equalize = settings["equalize"].as<bool>();
    options.compensate = settings["compensate"].as<bool>();
    options.correct_bias = settings["correctBias"].as<bool>();
    options.clip_ranges = settings["clipRanges"].as<bool>();
    options.threads = settings["threads"].as<int>();
    Result<Quantizer> quantizer = Quantizer::Create(*model.model(), options);
    if (!quantizer.ok()) return ToWasm(quantizer.status());
    quantizer_.emplace(std::move(quantizer).value());
    return ToWasm(Status::Ok());
  }

  WasmStatus AddImage(uintptr_t pointer, int width, int height) {
    if (!quantizer_) return ToWasm(NotCreated());
    const size_t bytes = CheckedProduct({width, height, kRgba}).value_or(0);
    return ToWasm(
        quantizer_->AddImage({FromPointer<const uint8_t>(pointer), bytes}, width, height));
  }

  WasmStatus Finish(val on_progress) {
    if (!quantizer_) return ToWasm(NotCreated());
    Result<QuantizedModel> model =
        quantizer_->Finish(nullptr, [&](double fraction) { on_progress(fraction); });
    if (!model.ok()) return ToWasm(model.status());
    Result<std::string> file = ExportOnnx(model->graph);
    if (!file.ok()) return ToWasm(file.status());
    file_ = std::move(file).value();
    report_ = std::move(model->report);
    return ToWasm(Status::Ok());
  }

  val Report() const {
    val tensors = val::array();
    for (const SiteReport& site : report_.sites) tensors.call<void>("push", Describe(site));
    val report = val::object();
    report.set("images", static_cast<double>(report_.images));
    report.set("heldOut", static_cast<double>(report_.held_out));
    report.set("convolutions", static_cast<double>(report_.convolutions));
    report.set("equalization", report_.equalization);
    report.set("compensated", report_.compensated);
    report.set("biasCorrected", report_.bias_corrected);
    report.set("psnr", report_.psnr);
    report.set("tensors", tensors);
    return report;
  }

  uintptr_t FilePointer() const { return reinterpret_cast<uintptr_t>(file_.data()); }
  size_t FileBytes() const { return file_.size(); }

 private:
  static val Describe(const SiteReport& site) {
    val tensor = val::object();
    tensor.set("node", site.node);
    tensor.set("scale", site.quantization.scale);
    tensor.set("zeroPoint", site.quantization.zero_point);
    tensor.set("sqnr", site.sqnr);
    return tensor;
  }

  std::optional<Quantizer> quantizer_;
  std::string file_;
  QuantizeReport report_;
};

}  // namespace

EMSCRIPTEN_BINDINGS(tessera_quantizer) {
  emscripten::class_<WasmQuantizer>("Quantizer")
      .constructor<>()
      .function("create", &WasmQuantizer::Create)
      .function("addImage", &WasmQuantizer::AddImage)
      .function("finish", &WasmQuantizer::Finish)
      .function("report", &WasmQuantizer::Report)
      .function("filePointer", &WasmQuantizer::FilePointer)
      .function("fileBytes", &WasmQuantizer::FileBytes);
}

}  // namespace tessera
