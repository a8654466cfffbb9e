#include "engine/tile_memory.h"

#include <algorithm>
#include <array>
#include <optional>

#include "engine/float_executor.h"
#include "engine/int8/executor.h"
#include "engine/int8/lower.h"
#include "engine/pixels.h"

namespace tessera {
namespace {

std::optional<double> Plan(const Model& model, int64_t extent) {
  const Result<Graph> graph = GraphFor(model, extent, extent);
  if (!graph.ok()) return std::nullopt;
  const Result<size_t> tensors = int8::HasQuantization(*graph)
                                     ? int8::Executor::PlanBytes(*graph, extent, extent)
                                     : FloatExecutor::PlanBytes(*graph, extent, extent);
  if (!tensors.ok()) return std::nullopt;
  const double scale = model.tiling.scale.ToDouble();
  const auto pixels = static_cast<double>(extent * extent);
  return static_cast<double>(*tensors) + pixels * kBytesPerPixel * (1.0 + scale * scale);
}

}  // namespace

TileMemory EstimateTileMemory(const Model& model) {
  if (model.tiling.fixed_height > 0) return {};  // there is nothing to choose
  const int64_t multiple = model.tiling.size_multiple;
  constexpr int64_t kExtent = 48;
  const int64_t extent =
      (std::max(kExtent, model.tiling.smallest) + multiple - 1) / multiple * multiple;
  std::array<double, 3> pixels;
  std::array<double, 3> bytes;
  size_t planned = 0;
  for (; planned < 3; ++planned) {
    const int64_t own = extent * (static_cast<int64_t>(planned) + 1);
    const std::optional<double> plan = Plan(model, own);
    if (!plan) break;
    pixels[planned] = static_cast<double>(own * own);
    bytes[planned] = *plan;
  }
  if (planned == 0) return {};
  if (planned == 1) return {0.0, bytes[0] / pixels[0], 0.0};
  const double slope = (bytes[1] - bytes[0]) / (pixels[1] - pixels[0]);
  // Through two sizes and the origin, or through three: a parabola, unless rounding bends it.
  const double bend = planned == 2 ? (slope - bytes[0] / pixels[0]) / pixels[1]
                                   : ((bytes[2] - bytes[1]) / (pixels[2] - pixels[1]) - slope) /
                                         (pixels[2] - pixels[0]);
  TileMemory memory;
  memory.per_squared_pixel = std::max(0.0, bend);
  if (memory.per_squared_pixel * pixels[2 - (planned == 2 ? 1 : 0)] < 0.01 * slope) {
    memory.per_squared_pixel = 0.0;
  }
  memory.per_pixel = std::max(0.0, slope - memory.per_squared_pixel * (pixels[0] + pixels[1]));
  memory.fixed = std::max(0.0, bytes[0] - memory.per_pixel * pixels[0] -
                                   memory.per_squared_pixel * pixels[0] * pixels[0]);
  return memory;
}

}  // namespace tessera
