#include "graph/axis_facts.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <numeric>

#include "graph/resize_phases.h"

namespace tessera {
namespace {

// Periods beyond these belong to no network; they bound the work on hostile files.
constexpr int64_t kMaxPeriod = 1024;

int64_t FloorDivide(int64_t a, int64_t b) { return a / b - (a % b < 0 ? 1 : 0); }
int64_t CeilDivide(int64_t a, int64_t b) { return -FloorDivide(-a, b); }

// The window that slides over an axis: a convolution's or a pool's.
struct Window {
  int64_t length = 1;  // dilation included
  int64_t stride = 1;
  int64_t pad_begin = 0;
  int64_t pad_end = 0;
  bool ceil_mode = false;
};

Window WindowOf(const Conv& conv, size_t axis, int64_t extra) {
  Window window;
  window.length = (conv.kernel[axis] - 1) * conv.dilation[axis] + 1;
  window.stride = conv.stride[axis];
  if (conv.auto_pad == Conv::AutoPad::kValid) return window;
  if (conv.auto_pad == Conv::AutoPad::kExplicit) {
    window.pad_begin = conv.pads_begin[axis];
    window.pad_end = conv.pads_end[axis];
    return window;
  }
  const int64_t outputs = CeilDivide(extra, window.stride);
  const int64_t total = std::max<int64_t>(0, (outputs - 1) * window.stride + window.length - extra);
  const bool upper = conv.auto_pad == Conv::AutoPad::kSameUpper;
  window.pad_begin = upper ? total / 2 : total - total / 2;
  window.pad_end = total - window.pad_begin;
  return window;
}

Window WindowOf(const Pool& pool, size_t axis) {
  return {(pool.kernel[axis] - 1) * pool.dilation[axis] + 1, pool.stride[axis],
          pool.pads_begin[axis], pool.pads_end[axis], pool.ceil_mode};
}

// Where one output element reads: all inputs from `low` to `high`.
struct Reads {
  int64_t low = 0;
  int64_t high = 0;
};

// The facts of an operator that makes `up` elements out of every `down`; reads(i) says which
// elements output i reads and repeats itself with that period.
template <typename ReadsOf>
Result<AxisFacts> Resampled(const AxisFacts& x, int64_t up, int64_t down, ReadsOf reads) {
  const int64_t inputs = std::lcm(x.elements_per_period(), down);
  AxisFacts y;
  y.pixels_per_period = x.pixels_per_period * (inputs / x.elements_per_period());
  const int64_t outputs = inputs / down * up;
  TESSERA_RETURN_IF_ERROR(CheckPeriod(std::max(y.pixels_per_period, outputs)));
  y.phases.clear();
  for (int64_t i = 0; i < outputs; ++i) {
    const Reads read = reads(i);
    Pixels pixels = x.Of(read.low);
    for (int64_t j = read.low + 1; j <= read.high; ++j) pixels.Include(x.Of(j));
    y.phases.push_back(pixels);
  }
  return y;
}

// The part of the input's extent that is not `extra` is a multiple of the stride, so that only
// `extra` decides how many windows there are.
Result<AxisFacts> AfterWindow(const Window& window, const AxisFacts& x) {
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, 1, window.stride, [&](int64_t i) {
                             const int64_t low = i * window.stride - window.pad_begin;
                             return Reads{low, low + window.length - 1};
                           }));
  const int64_t room = x.extra + window.pad_begin + window.pad_end - window.length;
  y.extra = FloorDivide(room, window.stride) + 1;
  if (window.ceil_mode) {
    y.extra = CeilDivide(room, window.stride) + 1;
    // The last one must begin before the end padding.
    if ((y.extra - 1) * window.stride >= x.extra + window.pad_begin) --y.extra;
  }
  return y;
}

}  // namespace

Status CheckPeriod(int64_t period) {
  if (period <= kMaxPeriod) return Status::Ok();
  return Status(StatusCode::kUnsupported,
                "the network's strides and scale factors up to here combine into a period of more "
                "than " +
                    std::to_string(kMaxPeriod) + " pixels");
}

void Pixels::Include(Pixels other) {
  first = std::min(first, other.first);
  last = std::max(last, other.last);
}

Pixels AxisFacts::Of(int64_t index) const {
  const int64_t period = FloorDivide(index, elements_per_period());
  const auto phase = static_cast<size_t>(index - period * elements_per_period());
  const int64_t shift = period * pixels_per_period;
  return {phases[phase].first + shift, phases[phase].last + shift};
}

int64_t AxisFacts::Reach() const {
  if (whole_image) return 0;
  int64_t reach = 0;
  for (int64_t k = 0; k < elements_per_period(); ++k) {
    const Pixels& pixels = phases[static_cast<size_t>(k)];
    // The first and the last pixel that the element covers.
    const int64_t first = k * pixels_per_period / elements_per_period();
    const int64_t last = CeilDivide((k + 1) * pixels_per_period, elements_per_period()) - 1;
    reach = std::max({reach, first - pixels.first, pixels.last - last});
  }
  return reach;
}

int64_t AxisFacts::Shift() const {
  if (whole_image) return 0;
  double sum = 0.0;
  for (int64_t k = 0; k < elements_per_period(); ++k) {
    const Pixels& pixels = phases[static_cast<size_t>(k)];
    const double middle = static_cast<double>(pixels.first + pixels.last) / 2.0;
    sum += middle - ((static_cast<double>(k) + 0.5) / scale().ToDouble() - 0.5);
  }
  return static_cast<int64_t>(std::floor(sum / static_cast<double>(elements_per_period()) + 0.5));
}

AxisFacts AxisFacts::Repeated(int64_t times) const {
  AxisFacts longer;
  longer.pixels_per_period = pixels_per_period * times;
  longer.extra = extra;
  longer.phases.clear();
  for (int64_t i = 0; i < elements_per_period() * times; ++i) longer.phases.push_back(Of(i));
  return longer;
}

void AxisFacts::KeepEdgesOutside() {
  if (whole_image) return;
  for (int64_t k = 0; k < elements_per_period(); ++k) {
    Pixels& pixels = phases[static_cast<size_t>(k)];
    pixels.first = std::min(pixels.first, pixels_per_period - 1);
    const int64_t period = CeilDivide(extra - k, elements_per_period());
    pixels.last = std::max(pixels.last, -period * pixels_per_period);
  }
}

std::string AxisFacts::ToString() const {
  if (whole_image) return "one number for the whole image";
  const Rational own = scale();
  std::string text = std::to_string(own.numerator());
  if (!own.IsWhole()) text += "/" + std::to_string(own.denominator());
  text += " times the image";
  if (extra != 0) text += (extra > 0 ? " plus " : " minus ") + std::to_string(std::abs(extra));
  return text;
}

AxisFacts WithReach(Rational scale, int64_t reach, int64_t shift) {
  AxisFacts facts;
  facts.pixels_per_period = scale.denominator();
  facts.phases.clear();
  for (int64_t k = 0; k < scale.numerator(); ++k) {
    const int64_t first = k * scale.denominator() / scale.numerator();
    const int64_t last = CeilDivide((k + 1) * scale.denominator(), scale.numerator()) - 1;
    facts.phases.push_back({first + shift - reach, last + shift + reach});
  }
  return facts;
}

Result<AxisFacts> AfterConv(const Conv& conv, size_t axis, const AxisFacts& x) {
  return AfterWindow(WindowOf(conv, axis, x.extra), x);
}

Result<AxisFacts> AfterPool(const Pool& pool, size_t axis, const AxisFacts& x) {
  return AfterWindow(WindowOf(pool, axis), x);
}

Result<AxisFacts> AfterPad(const Pad& pad, size_t axis, const AxisFacts& x) {
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, 1, 1, [&](int64_t i) {
                             return Reads{i - pad.begin[axis], i - pad.begin[axis]};
                           }));
  y.extra = x.extra + pad.begin[axis] + pad.end[axis];
  return y;
}

Result<AxisFacts> AfterDepthToSpace(int64_t block, const AxisFacts& x) {
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, block, 1, [&](int64_t i) {
                             return Reads{i / block, i / block};
                           }));
  y.extra = x.extra * block;
  return y;
}

Result<AxisFacts> AfterSpaceToDepth(int64_t block, const AxisFacts& x) {
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, 1, block, [&](int64_t i) {
                             return Reads{i * block, i * block + block - 1};
                           }));
  y.extra = FloorDivide(x.extra, block);
  return y;
}

Result<AxisFacts> AfterResize(const Resize& resize, Rational factor, const AxisFacts& x) {
  const int64_t up = factor.numerator();
  const int64_t down = factor.denominator();
  const std::vector<ResizePhase> phases = ResizePhases(resize, factor);
  TESSERA_ASSIGN_OR_RETURN(AxisFacts y, Resampled(x, up, down, [&](int64_t i) {
                             const ResizePhase& phase = phases[static_cast<size_t>(i % up)];
                             const int64_t shift = i / up * down;
                             return Reads{shift + phase.first, shift + phase.last()};
                           }));
  y.extra = (Rational(x.extra) * factor).Floor();
  return y;
}

Result<AxisFacts> Join(const AxisFacts& a, const AxisFacts& b) {
  if (a.whole_image) return b;
  if (b.whole_image) return a;
  if (!(a.scale() == b.scale()) || a.extra != b.extra) {
    return Status(StatusCode::kModelFormat,
                  "its inputs have different sizes: " + a.ToString() + " and " + b.ToString());
  }
  const int64_t period = std::lcm(a.pixels_per_period, b.pixels_per_period);
  TESSERA_RETURN_IF_ERROR(CheckPeriod(period));
  AxisFacts joined = a.Repeated(period / a.pixels_per_period);
  for (size_t k = 0; k < joined.phases.size(); ++k) {
    joined.phases[k].Include(b.Of(static_cast<int64_t>(k)));
  }
  return joined;
}

}  // namespace tessera
