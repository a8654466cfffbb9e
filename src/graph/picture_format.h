#ifndef TESSERA_GRAPH_PICTURE_FORMAT_H_
#define TESSERA_GRAPH_PICTURE_FORMAT_H_

#include <cstdint>

#include "core/status.h"
#include "graph/graph.h"

namespace tessera {

/// What a network's channels are: its color as stated, made definite by their number.
struct PictureFormat {
  int64_t channels = 3;       // 1, 3 or 4, of input and output
  Color color = Color::kRgb;  // never kByChannels

  bool has_alpha() const { return channels == 4; }
  /// One channel: how light a pixel is.
  bool is_luma() const { return channels == 1; }
  /// The picture's colours are enlarged beside the network.
  bool needs_colors() const { return color == Color::kY || color == Color::kYFull; }

  /// The network's channel that byte `c` (R, G, B, A) of a pixel is, and the other way round.
  int64_t NetworkChannel(int64_t c) const { return color == Color::kBgr && c < 3 ? 2 - c : c; }
};

/// Errors: kUnsupported unless the network maps one, three or four channels to as many and its
/// color fits them.
Result<PictureFormat> PictureFormatOf(const Graph& graph);

}  // namespace tessera

#endif  // TESSERA_GRAPH_PICTURE_FORMAT_H_
