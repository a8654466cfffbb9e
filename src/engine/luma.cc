#include "engine/luma.h"

#include <utility>

#include "core/checked_math.h"
#include "kernels/picture.h"

namespace tessera {
Result<LumaWriter> LumaWriter::Create(const ModelInfo& info, const PictureFormat& format,
                                      const PixelBuffers& pixels, int64_t width, int64_t height,
                                      int64_t scale, size_t parts) {
  LumaWriter writer(OutputRangeOf(info, format), pixels, width, height, scale);
  if (!format.needs_colors()) return writer;
  const auto bytes = CheckedProduct({2, width, height, sizeof(float)});
  auto buffer = bytes ? AlignedBuffer::Allocate(*bytes) : std::nullopt;
  if (!buffer) {
    return Status(StatusCode::kOutOfMemory,
                  "no memory for the colours of a tile: choose a smaller tile");
  }
  writer.differences_ = std::move(*buffer);
  for (size_t part = 0; part < parts; ++part) {
    Scratch scratch;
    scratch.row.resize(static_cast<size_t>(writer.enlarger_.scratch_size()));
    scratch.red.resize(static_cast<size_t>(width * scale));
    scratch.blue.resize(static_cast<size_t>(width * scale));
    writer.scratch_.push_back(std::move(scratch));
  }
  return writer;
}

void LumaWriter::Begin() {
  if (scratch_.empty()) return;
  const int64_t count = width_ * height_;
  float* red = differences_.as<float>();
  float* blue = red + count;
  constexpr double kUnit = 1.0 / static_cast<double>(kLumaUnit);
  const int64_t margin = pixels_.margin;
  for (int64_t y = 0; y < height_; ++y) {
    const uint8_t* pixel =
        pixels_.input + ((y + margin) * (width_ + 2 * margin) + margin) * kBytesPerPixel;
    for (int64_t i = y * width_; i < (y + 1) * width_; ++i, pixel += kBytesPerPixel) {
      const int64_t luma = LumaOf(pixel);
      red[i] = static_cast<float>(static_cast<double>(kLumaUnit * pixel[0] - luma) * kUnit);
      blue[i] = static_cast<float>(static_cast<double>(kLumaUnit * pixel[2] - luma) * kUnit);
    }
  }
}

void LumaWriter::WriteRow(int64_t y, const float* values, size_t part) {
  uint8_t* pixel = pixels_.output + y * width_ * scale_ * kBytesPerPixel;
  if (scratch_.empty()) return WriteGray(values, pixel);
  Scratch& scratch = scratch_[part];
  const float* red = differences_.as<float>();
  enlarger_.Run(red, y, scratch.row.data(), scratch.red.data());
  enlarger_.Run(red + width_ * height_, y, scratch.row.data(), scratch.blue.data());
  WriteLumaRow({width_, scale_, range_.low, range_.to_byte}, values, scratch.red.data(),
               scratch.blue.data(), pixel);
}

void LumaWriter::WriteGray(const float* values, uint8_t* pixel) const {
  for (int64_t x = 0; x < width_ * scale_; ++x, pixel += kBytesPerPixel) {
    pixel[0] = pixel[1] = pixel[2] = OutputByte(range_, values[x]);
    pixel[3] = 255;
  }
}

size_t LumaWriter::memory_bytes() const {
  size_t bytes = differences_.size();
  for (const Scratch& scratch : scratch_) {
    bytes += (scratch.row.size() + scratch.red.size() + scratch.blue.size()) * sizeof(float);
  }
  return bytes;
}

}  // namespace tessera
