#ifndef TESSERA_GRAPH_ANALYZE_TILING_H_
#define TESSERA_GRAPH_ANALYZE_TILING_H_

#include "core/status.h"
#include "graph/graph.h"
#include "graph/model.h"

namespace tessera {

struct TilingAnalysis {
  TilingFacts facts;
  double multiplications_per_pixel = 0.0;  // of convolutions, per input pixel
};

/// Works out how a simplified graph may be cut into tiles: its scale, the receptive field and the
/// multiple that tile extents and origins must keep. Errors: kUnsupported when the output is not
/// the input enlarged by one whole number, kModelFormat when tensors of different sizes meet or
/// `info.declared_scale` is wrong.
Result<TilingAnalysis> AnalyzeTiling(const Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_ANALYZE_TILING_H_
