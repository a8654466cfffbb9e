#include "engine/int8/pixel_steps.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "engine/int8/conv_layer.h"
#include "engine/int8/luma_steps.h"
#include "engine/parallel_rows.h"
#include "graph/track_quantization.h"
#include "kernels/picture.h"

namespace tessera::int8 {
namespace {

using ByteTable = std::array<uint8_t, 256>;

// RGBA bytes whose codes are the picture's bytes, or come from tables.
class ReadColorCodesStep final : public RowStep {
 public:
  ReadColorCodesStep(const ByteValues& values, const PictureFormat& format,
                     const PixelBuffers& pixels, const CodeTensor& output, Storage storage)
      : RowStep(output.height), format_(format), pixels_(pixels), output_(output) {
    copies_ = format.color != Color::kBgr;
    for (size_t c = 0; c < tables_.size(); ++c) {
      for (size_t byte = 0; byte < 256; ++byte) {
        const uint8_t code = ByteOf(output.quantization, values[c][byte]) ^ StorageMask(storage);
        tables_[c][byte] = code;
        copies_ = copies_ && (code == byte || c >= static_cast<size_t>(format.channels));
      }
    }
    // The byte of a channel that the network has not may be anything.
    if (format.has_alpha() && !pixels.alpha) copies_ = false;
  }

  void RunRows(int64_t begin, int64_t end) override {
    const int64_t row_bytes = output_.width * kBytesPerPixel;
    for (int64_t y = begin; y < end; ++y) {
      const uint8_t* pixel = pixels_.InputRow(y, output_.width);
      uint8_t* out = output_.At(y, 0);
      // The usual network: its codes are the picture's bytes. Alpha falls where no channel is.
      if (copies_ && output_.pixel == kBytesPerPixel) {
        std::memcpy(out, pixel, static_cast<size_t>(row_bytes));
        continue;
      }
      for (int64_t x = 0; x < output_.width; ++x, pixel += kBytesPerPixel, out += output_.pixel) {
        for (int64_t c = 0; c < kColors; ++c) {
          const int64_t channel = format_.NetworkChannel(c);
          out[channel] = tables_[static_cast<size_t>(channel)][pixel[c]];
        }
        if (format_.has_alpha()) {
          out[kColors] = tables_[kColors][pixels_.alpha ? pixel[kColors] : 255];
        }
      }
    }
  }
  size_t memory_bytes() const override { return sizeof(tables_); }

 private:
  PictureFormat format_;
  const PixelBuffers& pixels_;
  CodeTensor output_;
  std::array<ByteTable, kBytesPerPixel> tables_;  // byte -> stored code, per network channel
  bool copies_ = true;
};

class ReadLumaCodesStep final : public RowStep {
 public:
  ReadLumaCodesStep(PixelReader reader, const PixelBuffers& pixels, const CodeTensor& output,
                    Storage storage)
      : RowStep(output.height),
        reader_(reader),
        pixels_(pixels),
        output_(output),
        mask_(StorageMask(storage)),
        row_(static_cast<size_t>(output.width)) {}

  void RunRows(int64_t begin, int64_t end) override {
    for (int64_t y = begin; y < end; ++y) {
      const uint8_t* pixels = pixels_.InputRow(y, output_.width);
      reader_.Read(pixels, output_.width, false, row_.data());
      uint8_t* out = output_.At(y, 0);
      for (int64_t x = 0; x < output_.width; ++x, out += output_.pixel) {
        *out = ByteOf(output_.quantization, row_[static_cast<size_t>(x)]) ^ mask_;
      }
    }
  }
  size_t memory_bytes() const override { return row_.size() * sizeof(float); }

 private:
  PixelReader reader_;
  const PixelBuffers& pixels_;
  CodeTensor output_;
  uint8_t mask_;
  std::vector<float> row_;
};

class WriteColorCodesStep final : public RowStep {
 public:
  WriteColorCodesStep(const OutputRange& range, const PictureFormat& format,
                      const PixelBuffers& pixels, const CodeTensor& input, Storage storage)
      : RowStep(input.height), format_(format), pixels_(pixels), input_(input) {
    for (size_t byte = 0; byte < 256; ++byte) {
      table_[byte] = OutputByte(range, input.Real(static_cast<uint8_t>(byte), storage));
    }
  }

  void RunRows(int64_t begin, int64_t end) override {
    const bool alpha = format_.has_alpha() && pixels_.alpha;
    for (int64_t y = begin; y < end; ++y) {
      const uint8_t* in = input_.At(y, 0);
      uint8_t* pixel = pixels_.OutputRow(y, input_.width);
      for (int64_t x = 0; x < input_.width; ++x, in += input_.pixel, pixel += kBytesPerPixel) {
        for (int64_t c = 0; c < kColors; ++c) pixel[c] = table_[in[format_.NetworkChannel(c)]];
        pixel[kColors] = alpha ? table_[in[kColors]] : 255;
      }
    }
  }
  size_t memory_bytes() const override { return sizeof(table_); }

 private:
  PictureFormat format_;
  const PixelBuffers& pixels_;
  CodeTensor input_;
  ByteTable table_;  // stored code -> byte
};

// Computes a row of the convolution into a line of bytes, phase after phase and R, G, B in each,
// and spreads the line over `block` rows of RGBA.
class ConvToPixelsStep final : public RowStep {
 public:
  ConvToPixelsStep(ConvLayer layer, const PictureFormat& format, const ConvToPixels& to_pixels,
                   int64_t height, int64_t width, const CodeTensor& input,
                   std::optional<Tensor> anchor, const PixelBuffers& pixels, pthreadpool_t threads)
      : RowStep(height),
        layer_(std::move(layer)),
        to_pixels_(to_pixels),
        format_(format),
        input_(input),
        anchor_(anchor),
        pixels_(pixels),
        threads_(threads) {
    line_.width = width;
    line_.block = to_pixels.conv.shuffle ? to_pixels.conv.shuffle->block : 1;
    line_.pixel = RoundUpToGroup(line_.block * line_.block * kColors);
    const size_t parts = threads ? pthreadpool_get_threads_count(threads) : 1;
    for (size_t part = 0; part < parts; ++part) {
      // Spreading reads four bytes where three are wanted.
      lines_.emplace_back(static_cast<size_t>(width * line_.pixel + kBytesPerPixel));
      anchors_.emplace_back(to_pixels.anchor == ConvToPixels::Anchor::kNone ? 0
                                                                            : lines_.back().size());
    }
  }

  // In units of the output's bytes: what a pixel's byte is as anchor, and how a tensor becomes one.
  void SetAnchorUnits(const ByteValues& values, const OutputRange& range) {
    anchor_values_ = values;
    range_ = range;
  }

  // Rows before the shuffle.
  void RunRows(int64_t first, int64_t last) override {
    ColorTables tables;
    for (int64_t c = 0; c < kColors; ++c) {
      const auto channel = static_cast<size_t>(format_.NetworkChannel(c));
      tables[static_cast<size_t>(c)] = anchor_values_[channel].data();
    }
    const int64_t width = line_.width * line_.block;
    const ptrdiff_t row_bytes = static_cast<ptrdiff_t>(width * kBytesPerPixel);
    ParallelRows(threads_, first, last, [&](int64_t begin, int64_t end, size_t part) {
      std::vector<uint8_t>& line = lines_[part];
      float* anchors = anchors_[part].empty() ? nullptr : anchors_[part].data();
      for (int64_t y = begin; y < end; ++y) {
        if (to_pixels_.anchor == ConvToPixels::Anchor::kNearest) {
          RepeatPicture(line_, pixels_.InputRow(y, line_.width), tables, anchors);
        }
        if (to_pixels_.anchor == ConvToPixels::Anchor::kTensor) GatherTensor(y, anchors);
        layer_.RunRow(input_, y, line_.width, line.data(), anchors);
        SpreadPicture(line_, line.data(), pixels_.OutputRow(y * line_.block, width), row_bytes);
      }
    });
  }

  size_t memory_bytes() const override {
    size_t bytes = layer_.memory_bytes();
    for (const auto& line : lines_) bytes += line.size();
    for (const auto& anchors : anchors_) bytes += anchors.size() * sizeof(float);
    return bytes;
  }

 private:
  void GatherTensor(int64_t y, float* anchors) const {
    const bool crd =
        to_pixels_.conv.shuffle && to_pixels_.conv.shuffle->order == DepthToSpace::Order::kCrd;
    const int64_t block = line_.block;
    const int64_t phases = block * block;
    for (int64_t x = 0; x < line_.width; ++x, anchors += line_.pixel) {
      for (int64_t i = 0; i < phases * kColors; ++i) {
        const int64_t phase = i / kColors;
        const int64_t channel = format_.NetworkChannel(i % kColors);
        const float* from = anchor_->data;
        if (to_pixels_.anchor_is_shuffled) {
          const int64_t row = y * block + phase / block;
          const int64_t column = x * block + phase % block;
          from += (row * anchor_->width + column) * kColors + channel;
        } else {
          from += (y * line_.width + x) * anchor_->channels;
          from += crd ? channel * phases + phase : phase * kColors + channel;
        }
        anchors[i] = (*from - range_.low) * range_.to_byte;
      }
    }
  }

  ConvLayer layer_;
  ConvToPixels to_pixels_;
  PictureFormat format_;
  CodeTensor input_;
  std::optional<Tensor> anchor_;
  const PixelBuffers& pixels_;
  pthreadpool_t threads_;
  PictureLine line_;
  ByteValues anchor_values_ = {};
  OutputRange range_;
  std::vector<std::vector<uint8_t>> lines_;  // one per thread
  std::vector<std::vector<float>> anchors_;  // one per thread
};

ConvOutput PixelOutput(const OutputRange& range, const PictureFormat& format, const FusedConv& conv,
                       bool anchored) {
  const int64_t block = conv.shuffle ? conv.shuffle->block : 1;
  const int64_t phases = block * block;
  const bool crd = conv.shuffle && conv.shuffle->order == DepthToSpace::Order::kCrd;
  ConvOutput output;
  output.kind = ConvEpilogue::Output::kBytes;
  output.scale = 1.0f / range.to_byte;
  output.range = {conv.final_range.min - range.low, conv.final_range.max - range.low};
  // An anchor brings the offset with it, so that sums need not carry it exactly.
  output.offset = anchored ? 0.0f : -range.low;
  for (int64_t i = 0; i < phases * kColors; ++i) {
    const int64_t phase = i / kColors;
    const int64_t channel = format.NetworkChannel(i % kColors);
    output.order.push_back(crd ? channel * phases + phase : phase * kColors + channel);
  }
  output.run_channels = phases * kColors;
  output.run_offsets = {0};
  output.pixel = RoundUpToGroup(phases * kColors);
  return output;
}

}  // namespace

StepPtr MakeReadCodesStep(const ModelInfo& info, const PictureFormat& format,
                          const PixelBuffers& pixels, const CodeTensor& output, Storage storage) {
  if (format.is_luma()) {
    return std::make_unique<ReadLumaCodesStep>(PixelReader(info, format), pixels, output, storage);
  }
  return std::make_unique<ReadColorCodesStep>(InputValues(info), format, pixels, output, storage);
}

Result<StepPtr> MakeWriteCodesStep(const ModelInfo& info, const PictureFormat& format,
                                   const PixelBuffers& pixels, const CodeTensor& input,
                                   Storage storage, int64_t scale) {
  if (format.is_luma()) {
    return MakeCodesToLumaStep(info, format, pixels, input, storage, scale);
  }
  return StepPtr(std::make_unique<WriteColorCodesStep>(OutputRangeOf(info, format), format, pixels,
                                                       input, storage));
}

Result<StepPtr> MakeConvToPixelsStep(const Graph& graph, const PictureFormat& format,
                                     const ConvToPixels& to_pixels, const CodeTensor& input,
                                     std::optional<Tensor> anchor,
                                     std::optional<Quantization> anchor_quantization,
                                     const PixelBuffers& pixels, const KernelSet& kernels,
                                     pthreadpool_t threads) {
  const bool anchored = to_pixels.anchor != ConvToPixels::Anchor::kNone;
  const OutputRange range = OutputRangeOf(graph.info, format);
  const ConvOutput output = PixelOutput(range, format, to_pixels.conv, anchored);
  ConvResidual residual;
  if (anchored) {
    residual.kind = ConvEpilogue::Residual::kFloats;
    residual.pixel = output.pixel;
  }
  TESSERA_ASSIGN_OR_RETURN(
      ConvLayer layer, ConvLayer::Create(graph, to_pixels.conv, input, output, residual, kernels));
  const Shape& shape = graph.value(graph.nodes[to_pixels.conv.node].output).shape;
  auto step = std::make_unique<ConvToPixelsStep>(std::move(layer), format, to_pixels, shape[2],
                                                 shape[3], input, anchor, pixels, threads);
  ByteValues values = InputValues(graph.info);
  for (auto& channel : values) {
    for (float& value : channel) {
      if (anchor_quantization) value = FakeQuantized(*anchor_quantization, value);
      value = (value - range.low) * range.to_byte;
    }
  }
  step->SetAnchorUnits(values, range);
  return StepPtr(std::move(step));
}

}  // namespace tessera::int8
