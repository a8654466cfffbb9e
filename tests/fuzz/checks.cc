#include "checks.h"

#include <cstdio>
#include <cstdlib>

#include "engine/tile_memory.h"

namespace tessera::fuzz {

void Check(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

void CheckFailure(const Status& status) {
  Check(!status.message().empty(), "a failure without a message");
  Check(status.code() != StatusCode::kInternal, status.message());
}

int64_t SmallTile(const Model& model) {
  constexpr double kMostMultiplications = 2e7;
  constexpr double kMostBytes = 64e6;
  const TilingFacts& tiling = model.tiling;
  const int64_t extent = tiling.fixed_width > 0 ? tiling.fixed_width : tiling.smallest;
  const double pixels = static_cast<double>(extent) * static_cast<double>(extent);
  if (tiling.fixed_width != tiling.fixed_height) return 0;
  if (model.multiplications_per_pixel * pixels > kMostMultiplications) return 0;
  return EstimateTileMemory(model).At(pixels) > kMostBytes ? 0 : extent;
}

}  // namespace tessera::fuzz
