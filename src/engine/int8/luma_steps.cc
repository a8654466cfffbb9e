#include "engine/int8/luma_steps.h"

#include <array>
#include <memory>
#include <utility>
#include <vector>

#include "engine/int8/conv_layer.h"
#include "engine/luma.h"
#include "engine/parallel_rows.h"

namespace tessera::int8 {
namespace {

class CodesToLumaStep final : public Step {
 public:
  CodesToLumaStep(LumaWriter writer, const CodeTensor& input, Storage storage)
      : writer_(std::move(writer)), input_(input), row_(static_cast<size_t>(input.width)) {
    for (size_t byte = 0; byte < reals_.size(); ++byte) {
      reals_[byte] = input.Real(static_cast<uint8_t>(byte), storage);
    }
  }

  Status Run() override {
    writer_.Begin();
    for (int64_t y = 0; y < input_.height; ++y) {
      const uint8_t* in = input_.At(y, 0);
      for (float& value : row_) {
        value = reals_[*in];
        in += input_.pixel;
      }
      writer_.WriteRow(y, row_.data(), 0);
    }
    return Status::Ok();
  }
  size_t memory_bytes() const override {
    return writer_.memory_bytes() + row_.size() * sizeof(float);
  }

 private:
  LumaWriter writer_;
  CodeTensor input_;
  std::array<float, 256> reals_;  // of a stored code
  std::vector<float> row_;
};

// Computes a row of the convolution into a line of floats, phase after phase, and writes the line
// as `block` rows of the picture.
class ConvToLumaStep final : public Step {
 public:
  ConvToLumaStep(ConvLayer layer, LumaWriter writer, const ConvToPixels& to_pixels, int64_t height,
                 int64_t width, const CodeTensor& input, std::optional<Tensor> anchor,
                 pthreadpool_t threads)
      : layer_(std::move(layer)),
        writer_(std::move(writer)),
        height_(height),
        width_(width),
        block_(to_pixels.conv.shuffle ? to_pixels.conv.shuffle->block : 1),
        pixel_(RoundUpToGroup(block_ * block_)),
        input_(input),
        anchor_(anchor),
        anchor_is_shuffled_(to_pixels.anchor_is_shuffled),
        threads_(threads) {
    const size_t count = threads ? pthreadpool_get_threads_count(threads) : 1;
    parts_.resize(count);
    for (Part& part : parts_) {
      part.line.resize(static_cast<size_t>(width * pixel_));
      part.row.resize(static_cast<size_t>(width * block_));
      if (anchor) part.anchors.resize(part.line.size());
    }
  }

  Status Run() override {
    writer_.Begin();
    ParallelRows(threads_, height_, [&](int64_t begin, int64_t end, size_t index) {
      Part& part = parts_[index];
      for (int64_t y = begin; y < end; ++y) {
        if (anchor_) GatherAnchors(y, part.anchors.data());
        layer_.RunRow(input_, y, width_, part.line.data(), anchor_ ? part.anchors.data() : nullptr);
        for (int64_t dy = 0; dy < block_; ++dy) {
          Spread(part.line.data() + dy * block_, part.row.data());
          writer_.WriteRow(y * block_ + dy, part.row.data(), index);
        }
      }
    });
    return Status::Ok();
  }

  size_t memory_bytes() const override {
    size_t bytes = layer_.memory_bytes() + writer_.memory_bytes();
    for (const Part& part : parts_) {
      bytes += (part.line.size() + part.row.size() + part.anchors.size()) * sizeof(float);
    }
    return bytes;
  }

 private:
  struct Part {
    std::vector<float> line;     // [width][pixel_]
    std::vector<float> row;      // [width * block]
    std::vector<float> anchors;  // as line
  };

  void Spread(const float* line, float* row) const {
    for (int64_t x = 0; x < width_; ++x, line += pixel_, row += block_) {
      for (int64_t dx = 0; dx < block_; ++dx) row[dx] = line[dx];
    }
  }

  // One channel, so that a pixel's phases are the shuffle's input channels in either order.
  void GatherAnchors(int64_t y, float* anchors) const {
    for (int64_t x = 0; x < width_; ++x, anchors += pixel_) {
      for (int64_t phase = 0; phase < block_ * block_; ++phase) {
        const int64_t row = y * block_ + phase / block_;
        const int64_t column = x * block_ + phase % block_;
        const int64_t index = anchor_is_shuffled_ ? row * anchor_->width + column
                                                  : (y * width_ + x) * anchor_->channels + phase;
        anchors[phase] = anchor_->data[index];
      }
    }
  }

  ConvLayer layer_;
  LumaWriter writer_;
  int64_t height_;  // of the convolution
  int64_t width_;
  int64_t block_;
  int64_t pixel_;  // elements of a line from a pixel to the next
  CodeTensor input_;
  std::optional<Tensor> anchor_;
  bool anchor_is_shuffled_;
  std::vector<Part> parts_;  // one per thread
  pthreadpool_t threads_;
};

}  // namespace

Result<StepPtr> MakeCodesToLumaStep(const ModelInfo& info, const PictureFormat& format,
                                    const PixelBuffers& pixels, const CodeTensor& input,
                                    Storage storage, int64_t scale) {
  TESSERA_ASSIGN_OR_RETURN(LumaWriter writer,
                           LumaWriter::Create(info, format, pixels, input.width / scale,
                                              input.height / scale, scale, 1));
  return StepPtr(std::make_unique<CodesToLumaStep>(std::move(writer), input, storage));
}

Result<StepPtr> MakeConvToLumaStep(const Graph& graph, const PictureFormat& format,
                                   const ConvToPixels& to_pixels, const CodeTensor& input,
                                   std::optional<Tensor> anchor, const PixelBuffers& pixels,
                                   int64_t scale, const KernelSet& kernels, pthreadpool_t threads) {
  const int64_t block = to_pixels.conv.shuffle ? to_pixels.conv.shuffle->block : 1;
  ConvOutput output;
  output.kind = ConvEpilogue::Output::kFloats;
  output.range = to_pixels.conv.final_range;
  for (int64_t phase = 0; phase < block * block; ++phase) output.order.push_back(phase);
  output.run_channels = block * block;
  output.run_offsets = {0};
  output.pixel = RoundUpToGroup(block * block);
  ConvResidual residual;
  if (anchor) {
    residual.kind = ConvEpilogue::Residual::kFloats;
    residual.pixel = output.pixel;
  }
  TESSERA_ASSIGN_OR_RETURN(
      ConvLayer layer, ConvLayer::Create(graph, to_pixels.conv, input, output, residual, kernels));
  const Shape& shape = graph.value(graph.nodes[to_pixels.conv.node].output).shape;
  const size_t parts = threads ? pthreadpool_get_threads_count(threads) : 1;
  TESSERA_ASSIGN_OR_RETURN(LumaWriter writer,
                           LumaWriter::Create(graph.info, format, pixels, shape[3] * block / scale,
                                              shape[2] * block / scale, scale, parts));
  return StepPtr(std::make_unique<ConvToLumaStep>(std::move(layer), std::move(writer), to_pixels,
                                                  shape[2], shape[3], input, anchor, threads));
}

}  // namespace tessera::int8
