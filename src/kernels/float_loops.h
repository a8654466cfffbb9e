#ifndef TESSERA_KERNELS_FLOAT_LOOPS_H_
#define TESSERA_KERNELS_FLOAT_LOOPS_H_

#include <cstdint>

namespace tessera {

// Loops over floats, four at a time. Each element is computed the same way wherever it lies in the
// row, so that a tile equals the whole.

/// sums[i] += x[i]
void AddTo(float* sums, const float* x, int64_t count);
/// sums[i] += weight * x[i]
void AddScaledTo(float* sums, float weight, const float* x, int64_t count);
/// highest[i] = max(highest[i], x[i])
void MaxTo(float* highest, const float* x, int64_t count);
/// x[i] *= factor
void MultiplyBy(float* x, float factor, int64_t count);

// y[i] = f(x[i]), to within 1e-6 of the larger of |f(x)| and 1; y may be x.

/// exp(x), to within 1e-6 of itself
void Exp(const float* x, float* y, int64_t count);
/// x / (1 + exp(-x))
void Silu(const float* x, float* y, int64_t count);
/// x * sigmoid(sqrt(8 / pi) * (x + 0.044715 x^3)), the tanh approximation of GELU.
void GeluTanh(const float* x, float* y, int64_t count);
/// log(1 + exp(x))
void Softplus(const float* x, float* y, int64_t count);
/// x * tanh(log(1 + exp(x)))
void Mish(const float* x, float* y, int64_t count);
/// Elu, Selu and Celu in one: x < 0 ? negative * (exp(x / width) - 1) : positive * x.
struct EluShape {
  float negative = 1.0f;
  float width = 1.0f;
  float positive = 1.0f;
};
void Elu(const EluShape& shape, const float* x, float* y, int64_t count);
/// min(max(alpha * x + beta, 0), 1)
void HardSigmoid(float alpha, float beta, const float* x, float* y, int64_t count);
/// x / (1 + |x|)
void Softsign(const float* x, float* y, int64_t count);
/// x > alpha ? x : 0
void ThresholdedRelu(float alpha, const float* x, float* y, int64_t count);
/// 1 / x
void Reciprocal(const float* x, float* y, int64_t count);

}  // namespace tessera

#endif  // TESSERA_KERNELS_FLOAT_LOOPS_H_
