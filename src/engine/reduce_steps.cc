#include "engine/reduce_steps.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "engine/parallel_rows.h"
#include "kernels/float_loops.h"

namespace tessera {
namespace {

class ReduceStep final : public Step {
 public:
  ReduceStep(Reduce::Kind kind, const std::vector<int64_t>& axes, const PlainTensor& input,
             float* output)
      : kind_(kind), input_(input.data), output_(output) {
    std::vector<bool> reduced(input.shape.size(), false);
    for (const int64_t axis : axes) reduced[static_cast<size_t>(axis)] = true;
    for (size_t i = 0; i < input.shape.size(); ++i) AddAxis(input.shape[i], reduced[i]);
    int64_t outputs = 1;
    for (size_t i = axes_.size(); i-- > 0;) {
      Axis& axis = axes_[i];
      axis.stride = axis.reduced ? 0 : outputs;
      (axis.reduced ? count_ : outputs) *= axis.extent;
    }
    sums_.resize(static_cast<size_t>(outputs));
  }

  Status Run() override {
    std::fill(sums_.begin(), sums_.end(), Start());
    const float* next = input_;
    Walk(next, 0, 0);
    for (size_t i = 0; i < sums_.size(); ++i) output_[i] = static_cast<float>(Finish(sums_[i]));
    return Status::Ok();
  }
  size_t memory_bytes() const override { return sums_.size() * sizeof(double); }

 private:
  struct Axis {
    int64_t extent;
    bool reduced;
    int64_t stride = 0;  // in sums_
  };

  // Neighbours of one kind are one axis.
  void AddAxis(int64_t extent, bool reduced) {
    if (!axes_.empty() && axes_.back().reduced == reduced) {
      axes_.back().extent *= extent;
    } else {
      axes_.push_back({extent, reduced});
    }
  }

  double Start() const {
    switch (kind_) {
      case Reduce::Kind::kMax:
        return -std::numeric_limits<double>::infinity();
      case Reduce::Kind::kMin:
        return std::numeric_limits<double>::infinity();
      case Reduce::Kind::kProduct:
        return 1.0;
      default:
        return 0.0;
    }
  }

  double Finish(double sum) const {
    if (kind_ == Reduce::Kind::kMean) return sum / static_cast<double>(count_);
    return kind_ == Reduce::Kind::kL2 ? std::sqrt(sum) : sum;
  }

  // Goes through the input in its order.
  void Walk(const float*& next, size_t level, int64_t offset) {
    const Axis& axis = axes_[level];
    if (level + 1 == axes_.size()) {
      Row(next, axis, &sums_[static_cast<size_t>(offset)]);
      next += axis.extent;
      return;
    }
    for (int64_t i = 0; i < axis.extent; ++i) Walk(next, level + 1, offset + i * axis.stride);
  }

  void Row(const float* x, const Axis& axis, double* sums) const {
    switch (kind_) {
      case Reduce::Kind::kMean:
      case Reduce::Kind::kSum:
        return Fold(x, axis, sums, [](double sum, double in) { return sum + in; });
      case Reduce::Kind::kMax:
        return Fold(x, axis, sums, [](double high, double in) { return std::max(high, in); });
      case Reduce::Kind::kMin:
        return Fold(x, axis, sums, [](double low, double in) { return std::min(low, in); });
      case Reduce::Kind::kL1:
        return Fold(x, axis, sums, [](double sum, double in) { return sum + std::abs(in); });
      case Reduce::Kind::kL2:
      case Reduce::Kind::kSumSquare:
        return Fold(x, axis, sums, [](double sum, double in) { return sum + in * in; });
      case Reduce::Kind::kProduct:
        return Fold(x, axis, sums, [](double product, double in) { return product * in; });
    }
  }

  template <typename Function>
  static void Fold(const float* x, const Axis& axis, double* sums, const Function& function) {
    for (int64_t i = 0; i < axis.extent; ++i) {
      double& sum = sums[i * axis.stride];
      sum = function(sum, static_cast<double>(x[i]));
    }
  }

  Reduce::Kind kind_;
  const float* input_;
  float* output_;
  std::vector<Axis> axes_;
  int64_t count_ = 1;  // elements per output
  std::vector<double> sums_;
};

// Per block of `length` rows of `inner` elements: less the largest of each column, to the power of
// e, divided by the column's sum.
class SoftmaxStep final : public Step {
 public:
  SoftmaxStep(bool log, size_t axis, const PlainTensor& input, float* output, pthreadpool_t threads)
      : log_(log),
        length_(input.shape[axis]),
        input_(input.data),
        output_(output),
        threads_(threads) {
    for (size_t i = 0; i < axis; ++i) outer_ *= input.shape[i];
    for (size_t i = axis + 1; i < input.shape.size(); ++i) inner_ *= input.shape[i];
  }

  Status Run() override {
    ParallelRows(threads_, outer_, [&](int64_t begin, int64_t end, size_t) {
      for (int64_t block = begin; block < end; ++block) RunBlock(block * length_ * inner_);
    });
    return Status::Ok();
  }
  size_t memory_bytes() const override { return 0; }

 private:
  void RunBlock(int64_t first) const {
    const float* x = input_ + first;
    float* y = output_ + first;
    for (int64_t column = 0; column < inner_; ++column) SubtractMaximum(x + column, y + column);
    if (log_) {
      for (int64_t column = 0; column < inner_; ++column) SubtractLogOfSum(y + column);
      return;
    }
    Exp(y, y, length_ * inner_);
    for (int64_t column = 0; column < inner_; ++column) DivideBySum(y + column);
  }

  void SubtractMaximum(const float* x, float* y) const {
    float highest = x[0];
    for (int64_t i = 1; i < length_; ++i) highest = std::max(highest, x[i * inner_]);
    for (int64_t i = 0; i < length_; ++i) y[i * inner_] = x[i * inner_] - highest;
  }

  void DivideBySum(float* y) const {
    float sum = 0.0f;
    for (int64_t i = 0; i < length_; ++i) sum += y[i * inner_];
    const float factor = 1.0f / sum;
    for (int64_t i = 0; i < length_; ++i) y[i * inner_] *= factor;
  }

  void SubtractLogOfSum(float* y) const {
    double sum = 0.0;
    for (int64_t i = 0; i < length_; ++i) sum += std::exp(static_cast<double>(y[i * inner_]));
    const auto log_of_sum = static_cast<float>(std::log(sum));
    for (int64_t i = 0; i < length_; ++i) y[i * inner_] -= log_of_sum;
  }

  bool log_;
  int64_t outer_ = 1;
  int64_t length_;
  int64_t inner_ = 1;
  const float* input_;
  float* output_;
  pthreadpool_t threads_;
};

}  // namespace

StepPtr MakeReduceStep(Reduce::Kind kind, const std::vector<int64_t>& axes,
                       const PlainTensor& input, float* output) {
  return std::make_unique<ReduceStep>(kind, axes, input, output);
}

StepPtr MakeSoftmaxStep(bool log, size_t axis, const PlainTensor& input, float* output,
                        pthreadpool_t threads) {
  return std::make_unique<SoftmaxStep>(log, axis, input, output, threads);
}

}  // namespace tessera
