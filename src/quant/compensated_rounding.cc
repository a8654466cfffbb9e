#include "quant/compensated_rounding.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <numeric>

namespace tessera {
namespace {

// Added to every input's own product, as a share of the mean: what the images hardly show is not
// relied on.
constexpr double kDamping = 0.01;

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
void Factor(Matrix& m) {
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
    for (size_t i = 0; i < begin; ++i) {
      Subtract(m.row(i), m.row(i), columns, size, begin, end, i, begin);
    }
    end = begin;
  }
}

// U, upper triangular with ones on its diagonal (which are not stored), such that U D U^T, D being
// diagonal, are the damped products. What is left to do for input k is the sum over the inputs i
// before it (in `order`) of i's error times U[i][k].
Matrix Compensation(const std::vector<double>& products, const std::vector<size_t>& order) {
  const size_t size = order.size();
  double mean = 0.0;
  for (size_t i = 0; i < size; ++i) mean += products[i * size + i] / static_cast<double>(size);
  Matrix m(size);
  for (size_t i = 0; i < size; ++i) {
    for (size_t j = 0; j < size; ++j) m.row(i)[j] = products[order[i] * size + order[j]];
    // Inputs that are always zero carry no information, and must not divide by zero either.
    m.row(i)[i] += mean > 0.0 ? kDamping * mean : 1.0;
  }
  Factor(m);
  for (size_t i = 0; i < size; ++i) {
    for (size_t k = i + 1; k < size; ++k) m.row(i)[k] /= m.row(k)[k];
  }
  return m;
}

}  // namespace

std::vector<int8_t> RoundWithCompensation(std::span<const float> weights,
                                          std::span<const float> scales,
                                          const std::vector<double>& products, int32_t limit) {
  const size_t size = weights.size() / scales.size();
  const std::vector<size_t> order = Order(products, size);
  const Matrix compensation = Compensation(products, order);
  std::vector<int8_t> codes(weights.size());
  std::vector<double> left(size);
  for (size_t o = 0; o < scales.size(); ++o) {
    const double scale = scales[o];
    for (size_t i = 0; i < size; ++i) left[i] = weights[o * size + order[i]];
    for (size_t i = 0; i < size; ++i) {
      const double code = std::clamp(std::nearbyint(left[i] / scale), -1.0 * limit, 1.0 * limit);
      codes[o * size + order[i]] = static_cast<int8_t>(code);
      const double* row = compensation.row(i);
      const double error = weights[o * size + order[i]] - code * scale;
      for (size_t j = i + 1; j < size; ++j) left[j] += error * row[j];
    }
  }
  return codes;
}

}  // namespace tessera
