#ifndef TESSERA_GRAPH_MODEL_H_
#define TESSERA_GRAPH_MODEL_H_

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/status.h"
#include "graph/graph.h"
#include "graph/load_options.h"
#include "graph/rational.h"
#include "onnx/proto.h"

namespace tessera {

/// What a tiler must know about a network. All lengths are input pixels.
struct TilingFacts {
  // Output pixels per input pixel along an edge: a tile of `extent` gives
  // scale * (extent - 2 * margin).
  Rational scale = 1;
  int64_t size_multiple = 1;  // tile extents and origins must be multiples of this
  // The same of an image in one piece, where the network is run by the size it has: a divisor.
  int64_t whole_multiple = 1;
  int64_t smallest = 1;  // extent that the network takes; a multiple of size_multiple
  // Pixels on each side that the output does not cover (unpadded convolutions). An image is
  // extended by them, so that its result is whole.
  int64_t margin = 0;
  // Pixels on each side by which an image is extended beyond that, as the file asks: rounded up to
  // whole output pixels, which are cut away. Never so many that margin and border exceed overlap:
  // what lies further out changes nothing.
  int64_t border = 0;
  // Input pixels on each side that an output pixel may depend on (the receptive field is
  // 2 * overlap + 1), rounded up to a multiple of size_multiple; never less than margin.
  int64_t overlap = 0;
  // Not 0: the file fixes the size of its image, and all tiles are of this size.
  int64_t fixed_height = 0;
  int64_t fixed_width = 0;
  // False: some operator looks at the whole image or depends on its size, so that tiles are not
  // exactly what the whole image would be. `overlap` is then that of the local paths.
  bool exact = true;
  std::string not_exact_because;
};

/// A file whose arithmetic on shapes says what it means only once the image's size is known: masks,
/// positions, padding up to a multiple.
struct SizedFile {
  onnx::Model file;
  LoadOptions options;
};

/// A network ready to be compiled for a tile: read, checked, simplified, analysed. Shapes are not
/// inferred yet: InferShapes does that on a copy, per tile shape.
struct Model {
  Graph graph;
  TilingFacts tiling;
  std::string output;                      // the name of the output that is computed
  std::vector<std::string> outputs;        // the names of all that the file has
  size_t file_bytes = 0;                   // weights in other files included
  int64_t parameters = 0;                  // elements of all weights
  double multiplications_per_pixel = 0.0;  // convolution MACs per input pixel
  // Set: the graph is for images of one size, or of the size multiple, and GraphFor makes those of
  // others.
  std::shared_ptr<const SizedFile> sized;
  // What the network subtracts from its channels first, if anything.
  std::optional<std::array<float, 3>> channel_means;
};

/// Reads an ONNX file: onnx::ReadModel -> ImportOnnx -> Simplify -> AnalyzeTiling. No bytes need
/// outlive the call. Errors: kModelFormat, kModelOp, kUnsupported, kOutOfMemory; each names the
/// node it is about. Where several things stand in the way the message tells of all, and
/// `obstacles`, if given, has them one by one.
Result<Model> LoadModel(std::span<const uint8_t> bytes, const LoadOptions& options = {},
                        std::vector<Status>* obstacles = nullptr);

/// The graph that runs images of `height` x `width` pixels: the model's own, or one that is
/// imported for them. Errors: those of LoadModel.
Result<Graph> GraphFor(const Model& model, int64_t height, int64_t width);

/// Fills in every value's shape for an input of `height` x `width` pixels, and turns every
/// convolution's auto_pad into explicit pads. Errors: kModelFormat (extents that do not fit
/// together), kInvalidArgument (an extent the network cannot take), kImageTooLarge.
Status InferShapes(Graph& graph, int64_t height, int64_t width);

}  // namespace tessera

#endif  // TESSERA_GRAPH_MODEL_H_
