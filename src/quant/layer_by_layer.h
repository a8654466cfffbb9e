#ifndef TESSERA_QUANT_LAYER_BY_LAYER_H_
#define TESSERA_QUANT_LAYER_BY_LAYER_H_

#include <pthreadpool.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "core/aligned_buffer.h"
#include "core/status.h"
#include "engine/step.h"
#include "graph/graph.h"
#include "quant/calibration_images.h"

namespace tessera {

/// Runs a graph over several images, each node on all of them before the next node, so that a node
/// can be changed by what all images bring to it. Of each image it keeps what later nodes read.
class LayerByLayer {
 public:
  /// The arguments must outlive it. Until a node has run, its constant inputs may be replaced in
  /// `graph`, by constants of the same shape.
  LayerByLayer(const Graph& graph, const CalibrationImages& images,
               std::span<const size_t> selection, pthreadpool_t threads);

  /// Loads the images. Errors: those of InferShapes, kOutOfMemory.
  Status Begin();

  size_t next() const { return next_; }
  size_t images() const { return selection_.size(); }
  /// Runs the next node on all images. Errors: those of MakeFloatStep, kOutOfMemory.
  Status RunNext();
  /// What the next node reads, and what the one before it has written, of the image at `index` of
  /// the selection.
  Tensor TensorOf(size_t index, ValueId id) const;

 private:
  // The graph for images of some extents.
  struct Shaped {
    int64_t width = 0;
    int64_t height = 0;
    Graph graph;
  };

  Status LoadImage(size_t index);
  Status RunImage(const Node& node, size_t index);
  Status Allocate(size_t index, ValueId id);
  void TakeConstants(Graph& shaped) const;
  void Release();

  const Graph& graph_;
  const CalibrationImages& images_;
  std::span<const size_t> selection_;
  pthreadpool_t threads_;
  size_t next_ = 0;
  std::vector<Shaped> shaped_;
  std::vector<size_t> shaped_of_;  // per image
  std::vector<size_t> last_use_;   // per value: the last node that reads it
  std::vector<std::vector<std::optional<AlignedBuffer>>> tensors_;  // [image][value]
};

/// The most bytes that LayerByLayer keeps at a time for an image of these extents.
Result<size_t> BytesPerImage(const Graph& graph, int64_t height, int64_t width);

}  // namespace tessera

#endif  // TESSERA_QUANT_LAYER_BY_LAYER_H_
