// Our int8 kernels on the layers of catalog.h, called as the engine calls them: row by row, on
// codes with a border of zero points around them.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "catalog.h"
#include "kernel_parts.h"
#include "kernels/kernel_set.h"
#include "kernels/picture.h"
#include "noise.h"

namespace tessera::bench {
namespace {

constexpr int64_t kRgba = 4;

/// Buffers of a layer: a tile of input codes with its border, and room for the output.
struct Buffers {
  Buffers(const Layer& layer, int64_t output_bytes)
      : pixel(layer.rgba_input ? kRgba : RoundUpToGroup(layer.inputs)),
        row(pixel * (kTileEdge + layer.kernel - 1)),
        input(Noise<uint8_t>(SizeOf(row * (kTileEdge + layer.kernel - 1) + kSlack), ToCode)),
        output(SizeOf(output_bytes + kSlack)) {}

  int64_t pixel;  // bytes from one pixel to the next
  int64_t row;    // bytes from one row to the next
  std::vector<uint8_t> input;
  std::vector<uint8_t> output;
};

/// A layer whose output channels all mix all input channels.
class DenseRunner {
 public:
  DenseRunner(const Layer& layer, const KernelSet& kernels)
      : kernels_(kernels),
        outputs_(layer.outputs),
        vectors_((outputs_ + kChannelGroup - 1) / kChannelGroup),
        output_row_(kTileEdge * vectors_ * kChannelGroup),
        buffers_(layer, output_row_ * kTileEdge),
        scaling_(vectors_, kernels.storage, layer.after),
        residual_(Noise<uint8_t>(SizeOf(output_row_ + kSlack), ToCode)) {
    const int64_t steps = layer.kernel * buffers_.pixel / kChannelGroup;
    ConvWindow window{.run_offsets = {}, .steps_per_run = static_cast<int32_t>(steps)};
    for (int64_t row = 0; row < layer.kernel; ++row) {
      window.run_offsets.push_back(static_cast<int32_t>(row * buffers_.row));
    }
    for (int64_t v = 0; v < vectors_; ++v) {
      vector_offsets_.push_back(static_cast<int32_t>(v * kChannelGroup));
    }
    const std::vector<int8_t> weights =
        NoiseWeights(SizeOf(outputs_ * layer.kernel * steps * kChannelGroup));
    packed_ = PackConv(window, weights, outputs_, kernels.layout);
    kernel_ = KernelReading(packed_);
    kernel_.input_pixel = static_cast<int32_t>(buffers_.pixel);
    kernel_.bias = scaling_.bias.data();
    kernel_.vectors = static_cast<int32_t>(vectors_);
    kernel_.epilogue = scaling_.epilogue;
    kernel_.vector_offsets = vector_offsets_.data();
    kernel_.output_pixel = static_cast<int32_t>(vectors_ * kChannelGroup);
    kernel_.residual_pixel = static_cast<int32_t>(vectors_ * kChannelGroup);
  }

  void Run() {
    for (int64_t y = 0; y < kTileEdge; ++y) {
      RunRow(y, buffers_.output.data() + y * output_row_, residual_.data());
    }
  }

 protected:
  void RunRow(int64_t y, uint8_t* output, const void* residual) {
    kernels_.conv_row(kernel_, buffers_.input.data() + y * buffers_.row, output, residual,
                      kTileEdge);
  }
  ConvEpilogue& epilogue() { return kernel_.epilogue; }
  int64_t output_pixel() const { return vectors_ * kChannelGroup; }

 private:
  const KernelSet& kernels_;
  int64_t outputs_;
  int64_t vectors_;
  int64_t output_row_;  // bytes
  Buffers buffers_;
  Scaling scaling_;
  std::vector<uint8_t> residual_;  // one row, for every row
  std::vector<int32_t> vector_offsets_;
  PackedConv packed_;
  ConvKernel kernel_;
};

/// A last layer: adds the nearest-upsampled picture and writes RGBA.
class TailRunner : public DenseRunner {
 public:
  TailRunner(const Layer& layer, const KernelSet& kernels)
      : DenseRunner(layer, kernels),
        line_{.width = kTileEdge, .block = layer.rgba_upscale, .pixel = output_pixel()},
        row_bytes_(kTileEdge * line_.block * kRgba),
        values_(256, 0.5F),
        picture_(Noise<uint8_t>(SizeOf(kTileEdge * kTileEdge * kRgba), ToCode)),
        anchors_(SizeOf(kTileEdge * line_.pixel)),
        codes_(SizeOf(kTileEdge * line_.pixel + kSlack)),
        upscaled_(SizeOf(row_bytes_ * line_.block * kTileEdge)) {
    epilogue().output = ConvEpilogue::Output::kBytes;
    epilogue().residual = ConvEpilogue::Residual::kFloats;
    epilogue().zero_point = 0;
  }

  void Run() {
    const ColorTables tables = {values_.data(), values_.data(), values_.data()};
    for (int64_t y = 0; y < kTileEdge; ++y) {
      RepeatPicture(line_, picture_.data() + y * kTileEdge * kRgba, tables, anchors_.data());
      RunRow(y, codes_.data(), anchors_.data());
      SpreadPicture(line_, codes_.data(), upscaled_.data() + y * line_.block * row_bytes_,
                    static_cast<ptrdiff_t>(row_bytes_));
    }
  }

 private:
  PictureLine line_;
  int64_t row_bytes_;
  std::vector<float> values_;
  std::vector<uint8_t> picture_;
  std::vector<float> anchors_;
  std::vector<uint8_t> codes_;
  std::vector<uint8_t> upscaled_;
};

class DepthwiseRunner {
 public:
  DepthwiseRunner(const Layer& layer, const KernelSet& kernels)
      : kernels_(kernels),
        output_row_(kTileEdge * layer.outputs),
        buffers_(layer, output_row_ * kTileEdge),
        scaling_(layer.outputs / kChannelGroup, kernels.storage, layer.after) {
    const int64_t taps = layer.kernel * layer.kernel;
    for (int64_t tap = 0; tap < RoundUpToGroup(taps); ++tap) {
      // The taps that fill the last group have weights of zero and may read anything.
      const int64_t at = tap < taps ? tap : 0;
      tap_offsets_.push_back(static_cast<int32_t>(at / layer.kernel * buffers_.row +
                                                  at % layer.kernel * buffers_.pixel));
    }
    weights_ = NoiseWeights(SizeOf(RoundUpToGroup(taps) * layer.outputs));
    kernel_ = {.tap_offsets = tap_offsets_.data(),
               .tap_groups = static_cast<int32_t>(RoundUpToGroup(taps) / kChannelGroup),
               .input_pixel = static_cast<int32_t>(buffers_.pixel),
               .weights = weights_.data(),
               .bias = scaling_.bias.data(),
               .vectors = static_cast<int32_t>(layer.outputs / kChannelGroup),
               .epilogue = scaling_.epilogue,
               .output_pixel = static_cast<int32_t>(layer.outputs),
               .residual_pixel = 0};
  }

  void Run() {
    for (int64_t y = 0; y < kTileEdge; ++y) {
      kernels_.depthwise_row(kernel_, buffers_.input.data() + y * buffers_.row,
                             buffers_.output.data() + y * output_row_, nullptr, kTileEdge);
    }
  }

 private:
  const KernelSet& kernels_;
  int64_t output_row_;  // bytes
  Buffers buffers_;
  Scaling scaling_;
  std::vector<int32_t> tap_offsets_;
  std::vector<int8_t> weights_;
  DepthwiseKernel kernel_;
};

template <class Runner>
void Register(const Layer& layer) {
  RegisterLayer("tessera", "int8", layer, [layer](benchmark::State& state) {
    Runner runner(layer, BestKernels());
    for (auto _ : state) {
      runner.Run();
      benchmark::ClobberMemory();
    }
  });
}

}  // namespace

void RegisterTessera() {
  for (const Layer& layer : Layers()) {
    if (layer.depthwise) {
      Register<DepthwiseRunner>(layer);
    } else if (layer.rgba_upscale != 0) {
      Register<TailRunner>(layer);
    } else {
      Register<DenseRunner>(layer);
    }
  }
}

}  // namespace tessera::bench
