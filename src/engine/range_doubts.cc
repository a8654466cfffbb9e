#include "engine/range_doubts.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <utility>

#include "engine/float_executor.h"
#include "engine/pixels.h"
#include "graph/channel_means.h"
#include "graph/metadata.h"
#include "graph/picture_format.h"

namespace tessera {
namespace {

using Limits = std::array<float, 2>;

// Grey levels off from which a network is suspect, and how much nearer another range must be.
constexpr double kSuspect = 3.0;
constexpr double kClearly = 0.25;
constexpr std::array<int, 3> kGreys = {64, 128, 192};
// The picture's edge: a smaller one is mostly padding, a larger one tells no more.
constexpr int64_t kShortest = 16;
constexpr int64_t kLongest = 64;

struct Ranges {
  Limits input;
  Limits output;
};
constexpr Limits kUnit = {0.0f, 1.0f};
constexpr Limits kBytes = {0.0f, 255.0f};
constexpr Limits kSigned = {-1.0f, 1.0f};
constexpr Limits kHalf = {-0.5f, 0.5f};
constexpr std::array<Ranges, 8> kUsual = {{{kUnit, kUnit},
                                           {kBytes, kBytes},
                                           {kSigned, kSigned},
                                           {kHalf, kHalf},
                                           {kUnit, kBytes},
                                           {kUnit, kSigned},
                                           {kSigned, kUnit},
                                           {kBytes, kUnit}}};

struct Extents {
  int64_t height = 0;
  int64_t width = 0;
};

// Of a picture that takes no more than so many multiplications, or nothing.
std::optional<Extents> ProbeExtents(const Model& model, double most_multiplications) {
  const TilingFacts& tiling = model.tiling;
  const double pixels = most_multiplications / std::max(1.0, model.multiplications_per_pixel);
  if (tiling.fixed_height > 0 && tiling.fixed_width > 0) {
    const double fixed = static_cast<double>(tiling.fixed_height * tiling.fixed_width);
    if (fixed > pixels) return std::nullopt;
    return Extents{tiling.fixed_height, tiling.fixed_width};
  }
  const int64_t wanted = std::clamp(2 * tiling.overlap + 8, kShortest, kLongest);
  const auto edge = static_cast<int64_t>(std::min(std::sqrt(pixels), static_cast<double>(wanted)));
  const int64_t extent = edge / tiling.size_multiple * tiling.size_multiple;
  if (extent < kShortest) return std::nullopt;
  return Extents{extent, extent};
}

// Runs the network on flat pictures. In float, whatever its weights hold.
class Prober {
 public:
  static std::optional<Prober> Make(const Model& model, const PictureFormat& format,
                                    double most_multiplications) {
    const std::optional<Extents> extents = ProbeExtents(model, most_multiplications);
    if (!extents) return std::nullopt;
    Result<Graph> sized = GraphFor(model, extents->height, extents->width);
    if (!sized.ok()) return std::nullopt;
    Graph graph = std::move(sized).value();
    for (Value& value : graph.values) {
      if (value.constant && value.constant->quantized) {
        value.constant = MakeConstant(value.constant->floats);
      }
    }
    Result<FloatExecutor> executor =
        FloatExecutor::Create(graph, extents->height, extents->width, 1);
    if (!executor.ok()) return std::nullopt;
    return Prober(graph.info, format, std::move(executor).value());
  }

  const ModelInfo& info() const { return info_; }

  // The most grey levels by which flat pictures come back lighter or darker; infinite where the
  // network fails.
  double Off(const ModelInfo& info) {
    double most = 0.0;
    for (const int grey : kGreys) {
      const double off = std::abs(Returned(info, static_cast<uint8_t>(grey)) - grey);
      most = std::isnan(off) ? INFINITY : std::max(most, off);
    }
    return most;
  }

 private:
  Prober(const ModelInfo& info, const PictureFormat& format, FloatExecutor executor)
      : info_(info), format_(format), executor_(std::move(executor)) {}

  // The mean of the colours in the middle of the result, in grey levels.
  double Returned(const ModelInfo& info, uint8_t grey) {
    const PixelReader reader(info, format_);
    const std::array<uint8_t, kBytesPerPixel> pixel = {grey, grey, grey, 255};
    const Tensor input = executor_.input();
    for (int64_t i = 0; i < input.pixels(); ++i) {
      reader.Read(pixel.data(), 1, true, input.data + i * input.channels);
    }
    if (!executor_.Run(nullptr).ok()) return NAN;
    const OutputRange range = OutputRangeOf(info, format_);
    const Tensor output = executor_.output();
    const int64_t colors = std::min(kColors, output.channels);
    double sum = 0.0;
    double count = 0.0;
    for (int64_t y = output.height * 3 / 8; y < output.height * 5 / 8; ++y) {
      for (int64_t x = output.width * 3 / 8; x < output.width * 5 / 8; ++x) {
        const float* at = output.data + (y * output.width + x) * output.channels;
        for (int64_t c = 0; c < colors; ++c) sum += (at[c] - range.low) * range.to_byte;
        count += static_cast<double>(colors);
      }
    }
    return sum / count;
  }

  ModelInfo info_;
  PictureFormat format_;
  FloatExecutor executor_;
};

std::string Text(double number) {
  char digits[32];
  std::snprintf(digits, sizeof(digits), "%.5g", number);
  return digits;
}

std::string Text(const Limits& limits) { return Text(limits[0]) + "," + Text(limits[1]); }

void DoubtRange(Prober& prober, std::vector<std::string>& doubts) {
  const double off = prober.Off(prober.info());
  if (off <= kSuspect) return;
  const Ranges* best = nullptr;
  double least = off * kClearly;
  for (const Ranges& ranges : kUsual) {
    ModelInfo info;
    info.color = prober.info().color;
    info.input_range = ranges.input;
    info.output_range = ranges.output;
    const double other = prober.Off(info);
    if (other >= least) continue;
    least = other;
    best = &ranges;
  }
  if (!best) return;
  doubts.push_back("flat grey comes back " +
                   (std::isfinite(off) ? Text(std::min(off, 255.0)) : "255") +
                   " levels off, but only " + Text(least) + " with an input range of " +
                   Text(best->input) + " and an output range of " + Text(best->output) +
                   ": set inputRange and outputRange (--input-range " + Text(best->input) +
                   " --output-range " + Text(best->output) +
                   ") if the result looks washed out, "
                   "white or black");
}

void DoubtOrder(const Model& model, const PictureFormat& format, std::vector<std::string>& doubts) {
  if (!model.channel_means || format.channels != kColors) return;
  const std::array<float, 3>& means = *model.channel_means;
  const std::optional<Color> order = OrderOfMeans(means);
  if (!order || *order == format.color) return;
  const bool bgr = *order == Color::kBgr;
  doubts.push_back("the network subtracts " + Text(means[0]) + ", " + Text(means[1]) + ", " +
                   Text(means[2]) + ", which are the usual means of " +
                   (bgr ? "blue, green and red" : "red, green and blue") + ": set color to '" +
                   std::string(ColorText(*order)) + "' (--color " + std::string(ColorText(*order)) +
                   ") if reds and blues are exchanged");
}

}  // namespace

std::vector<std::string> FindRangeDoubts(const Model& model, double most_multiplications) {
  std::vector<std::string> doubts;
  const Result<PictureFormat> format = PictureFormatOf(model.graph);
  if (!format.ok()) return doubts;
  DoubtOrder(model, *format, doubts);
  std::optional<Prober> prober = Prober::Make(model, *format, most_multiplications);
  if (prober) DoubtRange(*prober, doubts);
  return doubts;
}

}  // namespace tessera
