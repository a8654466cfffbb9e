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

// Replaces a symmetric positive definite H by the upper triangular M with H = M M^T. Elements below
// the diagonal are left as they were.
void Factor(Matrix& m) {
  for (size_t j = m.size(); j-- > 0;) {
    double* pivot = m.row(j);
    for (size_t k = j + 1; k < m.size(); ++k) pivot[j] -= pivot[k] * pivot[k];
    pivot[j] = std::sqrt(pivot[j]);
    for (size_t i = 0; i < j; ++i) {
      double* row = m.row(i);
      for (size_t k = j + 1; k < m.size(); ++k) row[j] -= row[k] * pivot[k];
      row[j] /= pivot[j];
    }
  }
}

// The inverse of an upper triangular matrix.
Matrix Invert(const Matrix& m) {
  Matrix inverse(m.size());
  for (size_t i = m.size(); i-- > 0;) {
    double* row = inverse.row(i);
    row[i] = 1.0;
    for (size_t k = i + 1; k < m.size(); ++k) {
      const double factor = m.row(i)[k];
      const double* other = inverse.row(k);
      for (size_t j = k; j < m.size(); ++j) row[j] -= factor * other[j];
    }
    for (size_t j = i; j < m.size(); ++j) row[j] /= m.row(i)[i];
  }
  return inverse;
}

// U, upper triangular, with U^T U the inverse of the damped products. Row i says how the inputs
// after i (in `order`) make up for a change at i.
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
  return Invert(m);
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
      const double error = (left[i] - code * scale) / row[i];
      for (size_t j = i + 1; j < size; ++j) left[j] -= error * row[j];
    }
  }
  return codes;
}

}  // namespace tessera
