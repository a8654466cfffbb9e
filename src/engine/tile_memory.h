#ifndef TESSERA_ENGINE_TILE_MEMORY_H_
#define TESSERA_ENGINE_TILE_MEMORY_H_

#include "graph/model.h"

namespace tessera {

/// Bytes that a tile of some input pixels needs beside the weights, about: tensors, pixels, and the
/// engine's tables. Linear but for networks whose tokens all look at one another.
struct TileMemory {
  double fixed = 0.0;
  double per_pixel = 0.0;
  double per_squared_pixel = 0.0;

  double At(double pixels) const {
    return fixed + pixels * (per_pixel + pixels * per_squared_pixel);
  }
};

/// By planning tiles of three sizes, which allocates none of what is planned.
TileMemory EstimateTileMemory(const Model& model);

}  // namespace tessera

#endif  // TESSERA_ENGINE_TILE_MEMORY_H_
