// Bytes as a float network's file that is quantized by two small pictures; the result must load and
// run.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "checks.h"
#include "engine/session.h"
#include "graph/export_onnx.h"
#include "graph/model.h"
#include "quant/quantize.h"

namespace tessera::fuzz {
namespace {

std::vector<uint8_t> Picture(int64_t extent, uint8_t step) {
  std::vector<uint8_t> bytes(static_cast<size_t>(extent * extent * 4));
  uint8_t next = 0;
  for (uint8_t& byte : bytes) byte = next += step;
  return bytes;
}

void RunQuantized(const Graph& graph) {
  const Result<std::string> file = ExportOnnx(graph);
  Check(file.ok(), file.status().message());
  const auto* bytes = reinterpret_cast<const uint8_t*>(file->data());
  const Result<Model> model = LoadModel(std::span(bytes, file->size()));
  Check(model.ok(), model.status().message());
  SessionOptions options;
  options.width = options.height = SmallTile(*model);
  if (options.width == 0) return;
  Result<Session> session = Session::Create(*model, options);
  if (!session.ok()) return CheckFailure(session.status());
  const Status status = session->Run(nullptr);
  Check(status.ok(), status.message());
}

void Quantize(const Model& model) {
  const int64_t extent = SmallTile(model);
  if (extent == 0) return;
  Result<Quantizer> quantizer = Quantizer::Create(model, {});
  if (!quantizer.ok()) return CheckFailure(quantizer.status());
  for (const uint8_t step : {uint8_t{37}, uint8_t{11}}) {
    const Status status = quantizer->AddImage(Picture(extent, step), extent, extent);
    if (!status.ok()) return CheckFailure(status);
  }
  const Result<QuantizedModel> quantized = quantizer->Finish(nullptr);
  if (!quantized.ok()) return CheckFailure(quantized.status());
  RunQuantized(quantized->graph);
}

}  // namespace
}  // namespace tessera::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const tessera::Result<tessera::Model> model = tessera::LoadModel({data, size});
  if (model.ok()) tessera::fuzz::Quantize(*model);
  return 0;
}
