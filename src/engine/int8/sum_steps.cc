#include "engine/int8/sum_steps.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <limits>
#include <memory>
#include <utility>
#include <vector>

#include "engine/parallel_rows.h"
#include "engine/resize_axis.h"

namespace tessera::int8 {
namespace {

// Stores real numbers, counted in steps of the input's codes, as codes of the output.
class CodeWriter {
 public:
  CodeWriter(const CodeTensor& input, const CodeTensor& output, Storage storage)
      : factor_(static_cast<double>(input.quantization.scale) / output.quantization.scale),
        zero_(output.ZeroCode()),
        mask_(StorageMask(storage)) {}

  uint8_t operator()(double steps) const {
    const double code = std::clamp(std::nearbyint(steps * factor_) + zero_, 0.0, 255.0);
    return static_cast<uint8_t>(static_cast<int32_t>(code) ^ mask_);
  }

 private:
  double factor_;
  double zero_;
  int32_t mask_;
};

class PoolStep final : public RowStep {
 public:
  PoolStep(const Pool& pool, const CodeTensor& input, const CodeTensor& output, Storage storage,
           pthreadpool_t threads)
      : RowStep(output.height),
        pool_(pool),
        input_(input),
        output_(output),
        mask_(StorageMask(storage)),
        write_(input, output, storage),
        threads_(threads) {}

  void RunRows(int64_t first, int64_t last) override {
    ParallelRows(threads_, first, last, [&](int64_t begin, int64_t end, size_t) {
      std::vector<int32_t> line(static_cast<size_t>(output_.channels));
      for (int64_t y = begin; y < end; ++y) {
        for (int64_t x = 0; x < output_.width; ++x) {
          const Window window = {Taps(0, y, input_.height), Taps(1, x, input_.width)};
          if (pool_.kind == Pool::Kind::kMax) {
            Largest(window, line, output_.At(y, x));
          } else {
            Mean(window, line, output_.At(y, x));
          }
        }
      }
    });
  }
  size_t memory_bytes() const override { return 0; }

 private:
  // The positions of a window along an axis: those inside the input, and how many there are
  // together with the padding.
  struct Taps1D {
    int64_t first = 0;
    int64_t count = 0;
    int64_t padded = 0;
  };
  using Window = std::array<Taps1D, 2>;

  Taps1D Taps(size_t axis, int64_t output, int64_t extent) const {
    const int64_t dilation = pool_.dilation[axis];
    const int64_t start = output * pool_.stride[axis] - pool_.pads_begin[axis];
    Taps1D taps;
    for (int64_t k = 0; k < pool_.kernel[axis]; ++k) {
      const int64_t at = start + k * dilation;
      if (at >= 0 && at < extent && taps.count++ == 0) taps.first = at;
      if (at < extent + pool_.pads_end[axis]) ++taps.padded;
    }
    return taps;
  }

  template <typename Visit>
  void ForPixels(const Window& window, const Visit& visit) const {
    for (int64_t i = 0; i < window[0].count; ++i) {
      for (int64_t j = 0; j < window[1].count; ++j) {
        visit(input_.At(window[0].first + i * pool_.dilation[0],
                        window[1].first + j * pool_.dilation[1]));
      }
    }
  }

  void Largest(const Window& window, std::vector<int32_t>& line, uint8_t* out) const {
    std::fill(line.begin(), line.end(), 0);
    ForPixels(window, [&](const uint8_t* pixel) {
      for (size_t c = 0; c < line.size(); ++c) line[c] = std::max(line[c], pixel[c] ^ mask_);
    });
    const int32_t zero = input_.ZeroCode();
    for (size_t c = 0; c < line.size(); ++c) out[c] = write_(line[c] - zero);
  }

  void Mean(const Window& window, std::vector<int32_t>& line, uint8_t* out) const {
    const int64_t inside = window[0].count * window[1].count;
    const int64_t count = pool_.count_include_pad ? window[0].padded * window[1].padded : inside;
    std::fill(line.begin(), line.end(), static_cast<int32_t>(-inside * input_.ZeroCode()));
    ForPixels(window, [&](const uint8_t* pixel) {
      for (size_t c = 0; c < line.size(); ++c) line[c] += pixel[c] ^ mask_;
    });
    const double divisor = static_cast<double>(std::max<int64_t>(count, 1));
    for (size_t c = 0; c < line.size(); ++c) out[c] = write_(line[c] / divisor);
  }

  Pool pool_;
  CodeTensor input_;
  CodeTensor output_;
  int32_t mask_;
  CodeWriter write_;
  pthreadpool_t threads_;
};

bool Reduces(const Reduce& reduce, int64_t axis) {
  return std::find(reduce.axes.begin(), reduce.axes.end(), axis) != reduce.axes.end();
}

class ReduceStep final : public Step {
 public:
  ReduceStep(const Reduce& reduce, const CodeTensor& input, const CodeTensor& output,
             Storage storage)
      : reduce_(reduce),
        input_(input),
        output_(output),
        mask_(StorageMask(storage)),
        write_(input, output, storage),
        results_(static_cast<size_t>(output.height * output.width * output.channels)) {}

  Status Run() override {
    std::fill(results_.begin(), results_.end(), Start());
    const int64_t channel_step = Reduces(reduce_, 1) ? 0 : 1;
    const int64_t column_step = Reduces(reduce_, 3) ? 0 : output_.channels;
    const int64_t row_step = Reduces(reduce_, 2) ? 0 : output_.width * output_.channels;
    const int32_t zero = input_.ZeroCode();
    for (int64_t y = 0; y < input_.height; ++y) {
      for (int64_t x = 0; x < input_.width; ++x) {
        const uint8_t* in = input_.At(y, x);
        int64_t* result = &results_[static_cast<size_t>(y * row_step + x * column_step)];
        for (int64_t c = 0; c < input_.channels; ++c, result += channel_step) {
          *result = Join(*result, (in[c] ^ mask_) - zero);
        }
      }
    }
    Store();
    return Status::Ok();
  }
  size_t memory_bytes() const override { return results_.size() * sizeof(int64_t); }

 private:
  int64_t Start() const {
    if (reduce_.kind == Reduce::Kind::kMax) return std::numeric_limits<int64_t>::min();
    if (reduce_.kind == Reduce::Kind::kMin) return std::numeric_limits<int64_t>::max();
    return 0;
  }

  int64_t Join(int64_t result, int64_t code) const {
    if (reduce_.kind == Reduce::Kind::kMax) return std::max(result, code);
    if (reduce_.kind == Reduce::Kind::kMin) return std::min(result, code);
    return result + code;
  }

  void Store() {
    const int64_t elements = input_.height * input_.width * input_.channels;
    const auto results = static_cast<int64_t>(results_.size());
    const bool mean = reduce_.kind == Reduce::Kind::kMean;
    const auto divisor = static_cast<double>(mean ? elements / results : 1);
    const int64_t* result = results_.data();
    for (int64_t y = 0; y < output_.height; ++y) {
      for (int64_t x = 0; x < output_.width; ++x) {
        uint8_t* out = output_.At(y, x);
        for (int64_t c = 0; c < output_.channels; ++c) {
          out[c] = write_(static_cast<double>(*result++) / divisor);
        }
      }
    }
  }

  Reduce reduce_;
  CodeTensor input_;
  CodeTensor output_;
  int32_t mask_;
  CodeWriter write_;
  std::vector<int64_t> results_;
};

class ResizeStep final : public RowStep {
 public:
  ResizeStep(std::vector<ResizePhase> rows, std::vector<ResizePhase> columns,
             const CodeTensor& input, const CodeTensor& output, Storage storage,
             pthreadpool_t threads)
      : RowStep(output.height),
        rows_(std::move(rows)),
        columns_(std::move(columns)),
        input_(input),
        output_(output),
        mask_(StorageMask(storage)),
        write_(input, output, storage),
        threads_(threads) {}

  void RunRows(int64_t first, int64_t last) override {
    ParallelRows(threads_, first, last, [&](int64_t begin, int64_t end, size_t) {
      // A row of the output before it is resized in the other direction: one line for all.
      std::vector<double> line(static_cast<size_t>(input_.width * input_.channels));
      std::vector<double> pixel(static_cast<size_t>(input_.channels));
      for (int64_t y = begin; y < end; ++y) {
        MixRows(rows_[static_cast<size_t>(y)], line);
        for (int64_t x = 0; x < output_.width; ++x) {
          MixPixels(columns_[static_cast<size_t>(x)], line, pixel);
          uint8_t* out = output_.At(y, x);
          for (size_t c = 0; c < pixel.size(); ++c) out[c] = write_(pixel[c]);
        }
      }
    });
  }
  size_t memory_bytes() const override {
    return (rows_.size() + columns_.size()) * sizeof(ResizePhase);
  }

 private:
  void MixRows(const ResizePhase& phase, std::vector<double>& line) const {
    std::fill(line.begin(), line.end(), 0.0);
    const int32_t zero = input_.ZeroCode();
    for (int64_t i = 0; i < phase.count; ++i) {
      const double weight = static_cast<double>(phase.weights[static_cast<size_t>(i)]);
      const int64_t y = phase.At(i, input_.height);
      double* sum = line.data();
      for (int64_t x = 0; x < input_.width; ++x, sum += input_.channels) {
        const uint8_t* in = input_.At(y, x);
        for (int64_t c = 0; c < input_.channels; ++c) sum[c] += weight * ((in[c] ^ mask_) - zero);
      }
    }
  }

  void MixPixels(const ResizePhase& phase, const std::vector<double>& line,
                 std::vector<double>& pixel) const {
    std::fill(pixel.begin(), pixel.end(), 0.0);
    for (int64_t i = 0; i < phase.count; ++i) {
      const double weight = static_cast<double>(phase.weights[static_cast<size_t>(i)]);
      const double* in = line.data() + phase.At(i, input_.width) * input_.channels;
      for (size_t c = 0; c < pixel.size(); ++c) pixel[c] += weight * in[c];
    }
  }

  std::vector<ResizePhase> rows_;
  std::vector<ResizePhase> columns_;
  CodeTensor input_;
  CodeTensor output_;
  int32_t mask_;
  CodeWriter write_;
  pthreadpool_t threads_;
};

}  // namespace

bool SumsCodes(const tessera::Operation& operation) {
  if (const auto* reduce = std::get_if<Reduce>(&operation)) {
    return reduce->kind == Reduce::Kind::kMean || reduce->kind == Reduce::Kind::kSum ||
           reduce->kind == Reduce::Kind::kMax || reduce->kind == Reduce::Kind::kMin;
  }
  return std::holds_alternative<Pool>(operation) || std::holds_alternative<Resize>(operation);
}

Result<StepPtr> MakeSumStep(const Node& node, const CodeTensor& input, const CodeTensor& output,
                            Storage storage, pthreadpool_t threads) {
  if (const auto* pool = std::get_if<Pool>(&node.operation)) {
    return StepPtr(std::make_unique<PoolStep>(*pool, input, output, storage, threads));
  }
  if (const auto* reduce = std::get_if<Reduce>(&node.operation)) {
    return StepPtr(std::make_unique<ReduceStep>(*reduce, input, output, storage));
  }
  if (const auto* resize = std::get_if<Resize>(&node.operation)) {
    TESSERA_ASSIGN_OR_RETURN(auto rows, ResizeAxis(*resize, 0, input.height, output.height));
    TESSERA_ASSIGN_OR_RETURN(auto columns, ResizeAxis(*resize, 1, input.width, output.width));
    return StepPtr(std::make_unique<ResizeStep>(std::move(rows), std::move(columns), input, output,
                                                storage, threads));
  }
  return Status(StatusCode::kUnsupported, "cannot add codes up");
}

}  // namespace tessera::int8
