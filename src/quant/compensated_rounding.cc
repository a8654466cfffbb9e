#include "quant/compensated_rounding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

#include "engine/parallel_rows.h"

namespace tessera {
namespace {

// Of the mean product of an input with itself: what the images hardly show is not relied on.
constexpr double kDamping = 0.01;
// Codes settle after a few; what is left to gain then is small.
constexpr int kRounds = 8;

// A square matrix, row by row.
class Matrix {
 public:
  explicit Matrix(size_t size) : size_(size), elements_(size * size) {}
  double* row(size_t i) { return &elements_[i * size_]; }
  const double* row(size_t i) const { return &elements_[i * size_]; }
  size_t size() const { return size_; }

 private:
  size_t size_;
  std::vector<double> elements_;
};

// The indices of the inputs, the strongest first.
std::vector<size_t> Order(const std::vector<double>& products, size_t size) {
  std::vector<size_t> order(size);
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    return products[a * size + a] > products[b * size + b];
  });
  return order;
}

// Columns of the factor that are finished together before the rest of the matrix is updated: it
// then passes through the cache once for all of them.
constexpr size_t kPanel = 16;

// Subtracts from row[first .. end) what the finished columns `from` .. `to` account for; column j
// is at `columns` + (j - from) * size.
void Subtract(double* row, const double* factors, const std::vector<double>& columns, size_t size,
              size_t from, size_t to, size_t first, size_t end) {
  for (size_t j = from; j < to; ++j) {
    const double factor = factors[j];
    const double* column = &columns[(j - from) * size];
    for (size_t k = first; k < end; ++k) row[k] -= factor * column[k];
  }
}

// Replaces a symmetric positive definite H by the upper triangular M with H = M M^T. Elements below
// the diagonal are left as they were.
void Factor(Matrix& m, pthreadpool_t threads) {
  const size_t size = m.size();
  std::vector<double> columns(kPanel * size);
  for (size_t end = size; end > 0;) {
    const size_t begin = end > kPanel ? end - kPanel : 0;
    // The panel's own columns, the last one first.
    for (size_t j = end; j-- > begin;) {
      const double pivot = std::sqrt(m.row(j)[j]);
      double* column = &columns[(j - begin) * size];
      for (size_t i = 0; i <= j; ++i) column[i] = m.row(i)[j] /= pivot;
      for (size_t i = 0; i < j; ++i) {
        double* row = m.row(i);
        for (size_t k = std::max(begin, i); k < j; ++k) row[k] -= row[j] * column[k];
      }
    }
    const auto rows = static_cast<int64_t>(begin);
    ParallelRows(threads, rows, [&](int64_t first, int64_t last, size_t) {
      // The rows at the top are the long ones: every thread takes some from both ends.
      for (int64_t r = first; r < last; ++r) {
        const auto i = static_cast<size_t>(r % 2 == 0 ? r / 2 : rows - 1 - r / 2);
        Subtract(m.row(i), m.row(i), columns, size, begin, end, i, begin);
      }
    });
    end = begin;
  }
}

double Damping(const std::vector<double>& products, size_t size) {
  double mean = 0.0;
  for (size_t i = 0; i < size; ++i) mean += products[i * size + i] / static_cast<double>(size);
  // Inputs that are always zero carry no information, and must not divide by zero either.
  return mean > 0.0 ? kDamping * mean : 1.0;
}

// U, upper triangular with ones on its diagonal (which are not stored), such that U D U^T, D being
// diagonal, are the damped products. What is left to do for input k is the sum over the inputs i
// before it (in `order`) of i's error times U[i][k].
Matrix Compensation(const std::vector<double>& products, double damping,
                    const std::vector<size_t>& order, pthreadpool_t threads) {
  const size_t size = order.size();
  Matrix m(size);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < size; ++j) m.row(i)[j] = products[order[i] * size + order[j]];
    m.row(i)[i] += damping;
  }
  Factor(m, threads);
  for (size_t i = 0; i < size; ++i) {
    for (size_t k = i + 1; k < size; ++k) m.row(i)[k] /= m.row(k)[k];
  }
  return m;
}

// One output's weights while they are rounded. Its error is (w - s c)^T P (w - s c), w being the
// weights, s their scale, c the codes and P the damped products.
class Rounding {
 public:
  Rounding(std::span<const float> weights, const std::vector<double>& products, double damping,
           int32_t limit)
      : weights_(weights),
        products_(products),
        damping_(damping),
        limit_(limit),
        size_(weights.size()),
        codes_(size_) {}

  // Rounds the inputs in `order`; what each one's error does to the output is taken back by the
  // weights after it.
  void Round(double scale, const std::vector<size_t>& order, const Matrix& compensation) {
    scale_ = scale;
    std::vector<double> left(size_);
    for (size_t i = 0; i < size_; ++i) left[i] = weights_[order[i]];
    for (size_t i = 0; i < size_; ++i) {
      const double code = std::clamp(std::nearbyint(left[i] / scale_), -limit_, limit_);
      codes_[order[i]] = code;
      const double* row = compensation.row(i);
      const double error = weights_[order[i]] - code * scale_;
      for (size_t j = i + 1; j < size_; ++j) left[j] += error * row[j];
    }
  }

  // Fits the scale to the codes, and each code to all others, in turns. The error never grows.
  void Improve(const std::vector<size_t>& order) {
    std::vector<double> exact(weights_.begin(), weights_.end());
    exact = Product(exact);
    std::vector<double> coded = Product(codes_);
    for (int round = 0; round < kRounds; ++round) {
      FitScale(exact, coded);
      if (!FitCodes(order, exact, coded)) break;
    }
  }

  float scale() const { return static_cast<float>(scale_); }
  int8_t code(size_t i) const { return static_cast<int8_t>(codes_[i]); }

 private:
  std::vector<double> Product(const std::vector<double>& x) const {
    std::vector<double> product(size_);
    for (size_t i = 0; i < size_; ++i) {
      const double* row = &products_[i * size_];
      double sum = damping_ * x[i];
      for (size_t j = 0; j < size_; ++j) sum += row[j] * x[j];
      product[i] = sum;
    }
    return product;
  }

  // With P w and P c: the least error is where c^T P (w - s c) is zero.
  void FitScale(const std::vector<double>& exact, const std::vector<double>& coded) {
    double wanted = 0.0;
    double have = 0.0;
    for (size_t i = 0; i < size_; ++i) {
      wanted += codes_[i] * exact[i];
      have += codes_[i] * coded[i];
    }
    const auto fitted = static_cast<float>(wanted / have);
    // Codes that are all zero fit any scale.
    if (std::isnormal(fitted) && fitted > 0.0f) scale_ = fitted;
  }

  // One pass; returns whether a code has changed.
  bool FitCodes(const std::vector<size_t>& order, const std::vector<double>& exact,
                std::vector<double>& coded) {
    bool changed = false;
    for (const size_t i : order) {
      const double own = products_[i * size_ + i] + damping_;
      const double better = std::nearbyint(codes_[i] + (exact[i] / scale_ - coded[i]) / own);
      const double step = std::clamp(better, -limit_, limit_) - codes_[i];
      if (step == 0.0) continue;
      changed = true;
      codes_[i] += step;
      const double* column = &products_[i * size_];
      for (size_t j = 0; j < size_; ++j) coded[j] += step * column[j];
      coded[i] += step * damping_;
    }
    return changed;
  }

  std::span<const float> weights_;
  const std::vector<double>& products_;
  double damping_;
  double limit_;
  size_t size_;
  double scale_ = 1.0;
  std::vector<double> codes_;  // whole numbers
};

}  // namespace

QuantizedWeights RoundWithCompensation(std::span<const float> weights,
                                       std::span<const float> scales,
                                       const std::vector<double>& products, int32_t limit,
                                       pthreadpool_t threads) {
  const size_t size = weights.size() / scales.size();
  const std::vector<size_t> order = Order(products, size);
  const double damping = Damping(products, size);
  const Matrix compensation = Compensation(products, damping, order, threads);
  QuantizedWeights rounded;
  rounded.scales.resize(scales.size());
  rounded.codes.resize(weights.size());
  ParallelRows(threads, static_cast<int64_t>(scales.size()), [&](int64_t o, int64_t end, size_t) {
    for (; o < end; ++o) {
      const auto output = static_cast<size_t>(o);
      Rounding rounding(weights.subspan(output * size, size), products, damping, limit);
      rounding.Round(scales[output], order, compensation);
      rounding.Improve(order);
      rounded.scales[output] = rounding.scale();
      for (size_t i = 0; i < size; ++i) rounded.codes[output * size + i] = rounding.code(i);
    }
  });
  return rounded;
}

}  // namespace tessera
