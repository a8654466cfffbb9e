#ifndef TESSERA_ENGINE_INT8_CONV_LAYER_H_
#define TESSERA_ENGINE_INT8_CONV_LAYER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "core/status.h"
#include "engine/int8/code_tensor.h"
#include "engine/int8/program.h"
#include "graph/graph.h"
#include "kernels/kernel_set.h"

namespace tessera::int8 {

/// Where and how a layer's results are stored. Sums are real numbers / (input scale * weight
/// scale).
struct ConvOutput {
  ConvEpilogue::Output kind = ConvEpilogue::Output::kCodes;
  float scale = 1.0f;          // real numbers are divided by it
  int32_t zero_code = 0;       // kCodes, kBytes: added after rounding, 0..255
  float offset = 0.0f;         // real, added to every result
  Range range;                 // real
  std::vector<int64_t> order;  // the Conv's output channel that is stored as channel i
  // The stored channels come in runs of `run_channels` consecutive ones; run r begins at
  // run_offsets[r] elements from the pixel.
  int64_t run_channels = 0;
  std::vector<int32_t> run_offsets;
  int64_t pixel = 0;  // elements from a pixel to the next
};

/// What is added to a layer's results before they are rounded.
struct ConvResidual {
  ConvEpilogue::Residual kind = ConvEpilogue::Residual::kNone;
  Quantization quantization;  // of codes; floats are in the output's units
  int64_t pixel = 0;          // elements from a pixel to the next
};

/// A convolution of codes with packed weights, ready to run row by row. Dense, grouped and
/// depthwise layers look the same from outside.
class ConvLayer {
 public:
  /// `input` gives the strides and quantization; its data may be anywhere. Errors: kOutOfMemory.
  static Result<ConvLayer> Create(const Graph& graph, const FusedConv& conv,
                                  const CodeTensor& input, const ConvOutput& output,
                                  const ConvResidual& residual, const KernelSet& kernels);

  /// Output row `y` of `width` pixels. `output` and `residual` point at the row's first pixel.
  void RunRow(const CodeTensor& input, int64_t y, int64_t width, void* output,
              const void* residual) const;

  size_t memory_bytes() const { return memory_bytes_; }

 private:
  struct Arrays;

  ConvLayer() = default;

  std::shared_ptr<Arrays> arrays_;  // shared so that a layer can be moved: kernels point into it
  const KernelSet* kernels_ = nullptr;
  std::vector<ConvKernel> groups_;
  std::vector<DepthwiseKernel> depthwise_;  // one, or none
  std::array<int64_t, 2> stride_ = {1, 1};
  std::array<int64_t, 2> pads_ = {0, 0};
  size_t memory_bytes_ = 0;

  friend class ConvLayerBuilder;
};

}  // namespace tessera::int8

#endif  // TESSERA_ENGINE_INT8_CONV_LAYER_H_
