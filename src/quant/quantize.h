#ifndef TESSERA_QUANT_QUANTIZE_H_
#define TESSERA_QUANT_QUANTIZE_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "core/run_context.h"
#include "core/status.h"
#include "graph/graph.h"
#include "graph/model.h"
#include "quant/calibration_images.h"
#include "quant/graph_runner.h"

namespace tessera {

struct QuantizeOptions {
  int64_t weight_bits = 7;   // 7: codes -63..63, for kernels that multiply by 7 bits; 8: -127..127
  bool equalize = true;      // try cross-layer equalization
  bool compensate = true;    // try rounding weights so that their errors cancel
  bool correct_bias = true;  // try bias correction
  bool clip_ranges = true;   // false: every range is that of the calibration images, uncut
  int64_t threads = 1;       // changes nothing but the time
};

/// What rounding did to one tensor.
struct SiteReport {
  std::string node;  // whose output it is
  Quantization quantization;
  double sqnr = 0.0;  // dB: energy of the float network's tensor over that of the difference
};

/// What was done, and how far the result is from the float network on images that were not used to
/// find ranges or biases (on all, when there are fewer than four).
struct QuantizeReport {
  int64_t images = 0;  // found ranges and biases
  int64_t held_out = 0;
  int64_t convolutions = 0;
  std::string equalization;  // "none", "weights" or "activations": the best of those tried
  bool compensated = false;  // weights were rounded with compensation
  bool bias_corrected = false;
  double psnr = 0.0;  // dB, of the output against the float network's; peak: the output's range
  std::vector<SiteReport> sites;  // in the network's order
};

struct QuantizedModel {
  // With FakeQuantize nodes, 8-bit weights, and ModelInfo::quantization.
  Graph graph;
  QuantizeReport report;
};

/// Turns a float network into one with 8-bit weights and tensors, by what it computes for a few
/// images ("post-training quantization"). The same images give the same result, bit by bit.
class Quantizer {
 public:
  /// Errors: kInvalidArgument for options out of range or a network that has 8-bit codes already;
  /// kModelFormat for weights that are not finite; kUnsupported when it is no network of pictures
  /// (PictureFormatOf) or holds no convolution. Those about a node name it.
  static Result<Quantizer> Create(const Model& model, const QuantizeOptions& options);

  /// Copies height x width RGBA bytes, an image as the network would get it; alpha is ignored.
  /// Errors: kInvalidArgument when the extents do not fit the span or the network, kOutOfMemory.
  Status AddImage(std::span<const uint8_t> rgba, int64_t width, int64_t height);

  /// Quantizes. `context` may be null; `listener` is called on this thread between images. Errors:
  /// kInvalidArgument without images, kModelFormat when the network computes what is not finite,
  /// kCancelled, and those of FloatExecutor.
  Result<QuantizedModel> Finish(RunContext* context, const ProgressListener& listener = {}) const;

 private:
  Quantizer(Graph graph, int64_t size_multiple, const QuantizeOptions& options);

  Graph graph_;  // activations are nodes of their own
  int64_t size_multiple_;
  QuantizeOptions options_;
  CalibrationImages images_;
};

}  // namespace tessera

#endif  // TESSERA_QUANT_QUANTIZE_H_
