// Bytes as a network's file: reader, import, passes, planners; nothing is run. What loads must load
// again from what the exporter writes of it.
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "checks.h"
#include "engine/int8/lower.h"
#include "engine/session.h"
#include "engine/tile_memory.h"
#include "graph/describe.h"
#include "graph/export_onnx.h"
#include "graph/model.h"
#include "graph/picture_format.h"

namespace tessera::fuzz {
namespace {

void LookAt(const Model& model) {
  const TilingFacts& tiling = model.tiling;
  Check(tiling.smallest >= 1, "no smallest extent");
  Check(tiling.smallest % tiling.size_multiple == 0, "the smallest extent is no multiple");
  Check(RequiredOverlap(model, true) >= tiling.margin, "the overlap is less than the margin");
  Check(EstimateTileMemory(model).At(1) >= 0.0, "a tile of negative memory");
  Check(int8::FindPlacements(model).size() == model.graph.nodes.size(), "nodes without a place");
  if (!PictureFormatOf(model.graph).ok()) return;
  for (const Node& node : model.graph.nodes) DescribeOperation(model.graph, node);
}

void WriteAndReadAgain(const Model& model) {
  const Result<std::string> file = ExportOnnx(model.graph);
  if (!file.ok()) return CheckFailure(file.status());
  const auto* bytes = reinterpret_cast<const uint8_t*>(file->data());
  const Result<Model> again = LoadModel(std::span(bytes, file->size()));
  Check(again.ok(), again.status().message());
  Check(again->tiling.scale == model.tiling.scale, "the exported network has another scale");
}

}  // namespace
}  // namespace tessera::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const tessera::Result<tessera::Model> model = tessera::LoadModel({data, size});
  if (model.ok()) {
    tessera::fuzz::LookAt(*model);
    tessera::fuzz::WriteAndReadAgain(*model);
  } else {
    tessera::fuzz::CheckFailure(model.status());
  }
  return 0;
}
