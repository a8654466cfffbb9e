#ifndef TESSERA_GRAPH_ANALYZE_TILING_H_
#define TESSERA_GRAPH_ANALYZE_TILING_H_

#include <optional>

#include "core/status.h"
#include "graph/graph.h"
#include "graph/model.h"

namespace tessera {

struct TilingAnalysis {
  TilingFacts facts;
  // What must be cut off the output before the facts hold: pixels beyond the input's enlargement,
  // or that one edge has and the opposite one lacks. See CropOutput.
  std::optional<Pad> crop;
  double multiplications_per_pixel = 0.0;  // of convolutions, per input pixel
};

/// Works out how a simplified graph may be cut into tiles: its scale, the receptive field, the
/// multiple that tile extents and origins must keep, and the margin that its output lacks. Errors:
/// kUnsupported when the output is not the input enlarged, kModelFormat when tensors of different
/// sizes meet or `info.declared_scale` is wrong; those of InferShapes when there is no image that
/// the network takes.
Result<TilingAnalysis> AnalyzeTiling(const Graph& graph);

/// Appends the crop that an analysis asks for.
void CropOutput(Graph& graph, const Pad& crop);
/// What CropOutput has appended, or null.
const Pad* CropOf(const Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_ANALYZE_TILING_H_
