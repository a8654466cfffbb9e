#include "image/bicubic.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <string>
#include <utility>

#include "core/checked_math.h"

namespace tessera {
namespace {

double CubicKernel(double x) {
  constexpr double kA = -0.5;
  x = std::abs(x);
  if (x <= 1.0) return ((kA + 2.0) * x - (kA + 3.0)) * x * x + 1.0;
  if (x < 2.0) return ((kA * x - 5.0 * kA) * x + 8.0 * kA) * x - 4.0 * kA;
  return 0.0;
}

int64_t FloorDivide(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

// ... 2 1 0 | 0 1 2 ... n-1 | n-1 n-2 ...
int64_t Mirror(int64_t index, int64_t size) {
  const int64_t period = 2 * size;
  index %= period;
  if (index < 0) index += period;
  return index < size ? index : period - 1 - index;
}

// The centre of output sample i in input coordinates is ((2i+1) * in - out) / (2 * out). Splitting
// it into a whole part and a remainder before any floating point keeps the weights a function of
// the phase alone.
//
// Empty when the input's span lacks a sample that counts.
std::optional<ResamplingAxis> MakeAxis(int64_t input_size, AxisSpan input, int64_t output_size,
                                       AxisSpan output) {
  ResamplingAxis axis;
  axis.input_size = input.count;
  axis.output_size = output.count;
  const double scale = static_cast<double>(output_size) / static_cast<double>(input_size);
  const double shrink = std::min(scale, 1.0);
  const double half_width = 2.0 / shrink;
  const int64_t reach = static_cast<int64_t>(std::ceil(half_width));
  axis.taps = 2 * reach + 1;
  axis.indices.reserve(static_cast<size_t>(output.count * axis.taps));
  axis.weights.reserve(static_cast<size_t>(output.count * axis.taps));
  for (int64_t i = output.first; i < output.first + output.count; ++i) {
    const int64_t numerator = (2 * i + 1) * input_size - output_size;
    const int64_t whole = FloorDivide(numerator, 2 * output_size);
    const double fraction = static_cast<double>(numerator - whole * 2 * output_size) /
                            static_cast<double>(2 * output_size);
    double sum = 0.0;
    for (int64_t tap = -reach; tap <= reach; ++tap) {
      // When enlarging, the tap at -2 has weight zero for every phase and serves as padding.
      const double weight = CubicKernel((fraction - static_cast<double>(tap)) * shrink);
      const int64_t index = Mirror(whole + tap, input_size) - input.first;
      if (weight != 0.0 && (index < 0 || index >= input.count)) return std::nullopt;
      axis.indices.push_back(std::clamp<int64_t>(index, 0, input.count - 1));
      axis.weights.push_back(weight);
      sum += weight;
    }
    for (int64_t tap = 0; tap < axis.taps; ++tap) axis.weights.end()[-1 - tap] /= sum;
  }
  return axis;
}

PixelRectangle Whole(int64_t width, int64_t height) {
  return {.across = {.first = 0, .count = width}, .down = {.first = 0, .count = height}};
}

uint8_t ToByte(double value) {
  return static_cast<uint8_t>(std::clamp(std::floor(value + 0.5), 0.0, 255.0));
}

}  // namespace

Result<BicubicResizer> BicubicResizer::Create(int64_t width, int64_t height, int64_t output_width,
                                              int64_t output_height) {
  return CreatePart(width, height, Whole(width, height), output_width, output_height,
                    Whole(output_width, output_height));
}

Result<BicubicResizer> BicubicResizer::CreatePart(int64_t whole_width, int64_t whole_height,
                                                  const PixelRectangle& input,
                                                  int64_t whole_output_width,
                                                  int64_t whole_output_height,
                                                  const PixelRectangle& output) {
  const int64_t width = input.across.count;
  const int64_t height = input.down.count;
  const int64_t output_width = output.across.count;
  const int64_t output_height = output.down.count;
  if (std::min({width, height, output_width, output_height, whole_width, whole_height,
                whole_output_width, whole_output_height}) < 1) {
    return Status(StatusCode::kInvalidArgument, "bicubic resize needs extents of at least 1 pixel");
  }
  if (!CheckedProduct({output_width, output_height, 4}) || !CheckedProduct({width, height, 4}) ||
      !CheckedProduct({width, output_height, 4})) {
    return Status(StatusCode::kImageTooLarge, "bicubic resize: " + std::to_string(output_width) +
                                                  "x" + std::to_string(output_height) +
                                                  " pixels do not fit the address space");
  }
  auto horizontal = MakeAxis(whole_width, input.across, whole_output_width, output.across);
  auto vertical = MakeAxis(whole_height, input.down, whole_output_height, output.down);
  if (!horizontal || !vertical) {
    return Status(StatusCode::kInvalidArgument,
                  "bicubic resize: the part of the input lacks pixels that count");
  }
  BicubicResizer resizer;
  resizer.horizontal_ = *std::move(horizontal);
  resizer.vertical_ = *std::move(vertical);
  const size_t bytes = *CheckedProduct({width, output_height, sizeof(float)});
  auto rows = AlignedBuffer::Allocate(bytes);
  if (!rows) {
    return Status(StatusCode::kOutOfMemory,
                  "bicubic resize could not allocate " + std::to_string(bytes) + " bytes");
  }
  resizer.rows_ = std::move(*rows);
  return resizer;
}

void BicubicResizer::Run(const uint8_t* source, int64_t source_stride, uint8_t* destination,
                         int64_t destination_stride) {
  const int64_t width = horizontal_.input_size;
  float* rows = rows_.as<float>();
  for (int64_t y = 0; y < vertical_.output_size; ++y) {
    const int64_t* indices = &vertical_.indices[static_cast<size_t>(y * vertical_.taps)];
    const double* weights = &vertical_.weights[static_cast<size_t>(y * vertical_.taps)];
    for (int64_t x = 0; x < width; ++x) {
      double sum = 0.0;
      for (int64_t tap = 0; tap < vertical_.taps; ++tap) {
        sum += weights[tap] * source[(indices[tap] * width + x) * source_stride];
      }
      rows[y * width + x] = static_cast<float>(sum);
    }
  }
  for (int64_t y = 0; y < vertical_.output_size; ++y) {
    const float* row = rows + y * width;
    for (int64_t x = 0; x < horizontal_.output_size; ++x) {
      const int64_t* indices = &horizontal_.indices[static_cast<size_t>(x * horizontal_.taps)];
      const double* weights = &horizontal_.weights[static_cast<size_t>(x * horizontal_.taps)];
      double sum = 0.0;
      for (int64_t tap = 0; tap < horizontal_.taps; ++tap) sum += weights[tap] * row[indices[tap]];
      destination[(y * horizontal_.output_size + x) * destination_stride] = ToByte(sum);
    }
  }
}

BicubicRows::BicubicRows(int64_t width, int64_t height, int64_t scale)
    : width_(width), height_(height) {
  // An axis so long that its middle sample is far from the mirrored ends.
  constexpr int64_t kMiddle = BicubicResizer::kEnlargingRadius;
  const AxisSpan input = {.first = 0, .count = 2 * kMiddle + 1};
  const AxisSpan output = {.first = 0, .count = input.count * scale};
  // Of a whole axis nothing is missing.
  const ResamplingAxis axis = *MakeAxis(input.count, input, output.count, output);
  for (int64_t p = 0; p < scale; ++p) {
    const auto sample = static_cast<size_t>((kMiddle * scale + p) * axis.taps);
    Phase phase;
    phase.first = axis.indices[sample + 1] - kMiddle;  // the tap before has no weight
    for (size_t tap = 0; tap < phase.weights.size(); ++tap) {
      phase.weights[tap] = static_cast<float>(axis.weights[sample + 1 + tap]);
    }
    phases_.push_back(phase);
  }
}

int64_t BicubicRows::scratch_size() const { return width_ + 2 * BicubicResizer::kEnlargingRadius; }

void BicubicRows::Run(const float* plane, int64_t y, float* scratch, float* out) const {
  constexpr int64_t kMargin = BicubicResizer::kEnlargingRadius;
  const auto scale = static_cast<int64_t>(phases_.size());
  const Phase& down = phases_[static_cast<size_t>(y % scale)];
  const float* rows[4];
  for (int64_t tap = 0; tap < 4; ++tap) {
    rows[tap] = plane + Mirror(y / scale + down.first + tap, height_) * width_;
  }
  float* middle = scratch + kMargin;
  for (int64_t x = 0; x < width_; ++x) {
    middle[x] = rows[0][x] * down.weights[0] + rows[1][x] * down.weights[1] +
                rows[2][x] * down.weights[2] + rows[3][x] * down.weights[3];
  }
  for (int64_t x = 1; x <= kMargin; ++x) {
    middle[-x] = middle[Mirror(-x, width_)];
    middle[width_ - 1 + x] = middle[Mirror(width_ - 1 + x, width_)];
  }
  for (const Phase& phase : phases_) {
    const float* from = middle + phase.first;
    for (int64_t x = 0; x < width_; ++x) {
      out[x] = from[x] * phase.weights[0] + from[x + 1] * phase.weights[1] +
               from[x + 2] * phase.weights[2] + from[x + 3] * phase.weights[3];
    }
    out += width_;
  }
}

Status ResizeBicubic(const uint8_t* source, int64_t width, int64_t height, int64_t channels,
                     uint8_t* destination, int64_t output_width, int64_t output_height) {
  return ResizePartBicubic(source, width, height, Whole(width, height), channels, destination,
                           output_width, output_height, Whole(output_width, output_height));
}

Status ResizePartBicubic(const uint8_t* source, int64_t width, int64_t height,
                         const PixelRectangle& input, int64_t channels, uint8_t* destination,
                         int64_t output_width, int64_t output_height,
                         const PixelRectangle& output) {
  TESSERA_ASSIGN_OR_RETURN(
      BicubicResizer resizer,
      BicubicResizer::CreatePart(width, height, input, output_width, output_height, output));
  for (int64_t channel = 0; channel < channels; ++channel) {
    resizer.Run(source + channel, channels, destination + channel, channels);
  }
  return Status::Ok();
}

}  // namespace tessera
