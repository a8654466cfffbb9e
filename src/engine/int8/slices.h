#ifndef TESSERA_ENGINE_INT8_SLICES_H_
#define TESSERA_ENGINE_INT8_SLICES_H_

#include <cstdint>
#include <vector>

#include "engine/int8/program.h"
#include "graph/graph.h"

namespace tessera::int8 {

/// Where a tensor of codes lies: at `first_channel` of the pixels of `root`, which may be itself.
struct Slice {
  ValueId root = kNoValue;
  int64_t first_channel = 0;
};

/// Per value. Inputs of a Concat are written right into its output where that is possible, and
/// a Concat of what already lies side by side needs no memory of its own: dense blocks, which join
/// ever more of the same tensors, then copy nothing. Nor does a split into runs of channels.
std::vector<Slice> FindSlices(const Graph& graph, const Program& program);

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_SLICES_H_
