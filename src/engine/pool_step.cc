#include "engine/pool_step.h"

#include <algorithm>
#include <cstring>
#include <memory>

#include "engine/parallel_rows.h"
#include "kernels/float_loops.h"

namespace tessera {
namespace {

// The part of a window that lies on the axis, and how many of its taps a mean divides by.
struct Window {
  int64_t first = 0;
  int64_t step = 1;
  int64_t count = 0;
  int64_t divisor = 1;
};

Window WindowAt(const Pool& pool, size_t axis, int64_t index, int64_t extent) {
  Window window;
  window.step = pool.dilation[axis];
  const int64_t start = index * pool.stride[axis] - pool.pads_begin[axis];
  const int64_t skipped = start < 0 ? (-start + window.step - 1) / window.step : 0;
  window.first = start + skipped * window.step;
  const auto taps_before = [&](int64_t end) {
    const int64_t taps = start < end ? (end - start + window.step - 1) / window.step : 0;
    return std::min(taps, pool.kernel[axis]);
  };
  window.count = std::max<int64_t>(0, taps_before(extent) - skipped);
  // What hangs over the end padding (ceil_mode) never counts.
  window.divisor =
      pool.count_include_pad ? taps_before(extent + pool.pads_end[axis]) : window.count;
  return window;
}

class PoolStep final : public Step {
 public:
  PoolStep(const Pool& pool, Tensor input, Tensor output, pthreadpool_t threads)
      : pool_(pool), input_(input), output_(output), threads_(threads) {}

  Status Run() override {
    ParallelRows(threads_, output_.height, [&](int64_t begin, int64_t end, size_t) {
      for (int64_t y = begin; y < end; ++y) RunRow(y);
    });
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  void RunRow(int64_t y) const {
    const Window rows = WindowAt(pool_, 0, y, input_.height);
    float* out = output_.data + y * output_.width * output_.channels;
    for (int64_t x = 0; x < output_.width; ++x, out += output_.channels) {
      RunPixel(rows, WindowAt(pool_, 1, x, input_.width), out);
    }
  }

  void RunPixel(const Window& rows, const Window& columns, float* out) const {
    const int64_t channels = input_.channels;
    const bool is_max = pool_.kind == Pool::Kind::kMax;
    std::fill_n(out, channels, is_max ? -std::numeric_limits<float>::infinity() : 0.0f);
    for (int64_t i = 0; i < rows.count; ++i) {
      const int64_t row = (rows.first + i * rows.step) * input_.width;
      for (int64_t j = 0; j < columns.count; ++j) {
        const float* in = input_.data + (row + columns.first + j * columns.step) * channels;
        if (is_max) {
          MaxTo(out, in, channels);
        } else {
          AddTo(out, in, channels);
        }
      }
    }
    if (!is_max) {
      const auto divisor = static_cast<float>(std::max<int64_t>(1, rows.divisor * columns.divisor));
      for (int64_t c = 0; c < channels; ++c) out[c] /= divisor;
    }
  }

  Pool pool_;
  Tensor input_;
  Tensor output_;
  pthreadpool_t threads_;
};

}  // namespace

StepPtr MakePoolStep(const Pool& pool, Tensor input, Tensor output, pthreadpool_t threads) {
  return std::make_unique<PoolStep>(pool, input, output, threads);
}

}  // namespace tessera
