#include "graph/arithmetic.h"

#include <algorithm>
#include <cmath>

namespace tessera {
namespace {

double Sigmoid(double x) { return 1.0 / (1.0 + std::exp(-x)); }

// log(1 + e^x) without overflow.
double Softplus(double x) { return std::max(x, 0.0) + std::log1p(std::exp(-std::abs(x))); }

double Elu(double x, double alpha) { return x < 0.0 ? alpha * std::expm1(x) : x; }

double Gelu(double x) { return 0.5 * x * (1.0 + std::erf(x * std::sqrt(0.5))); }

double GeluTanh(double x) {
  const double root = std::sqrt(2.0 / 3.14159265358979323846);
  return 0.5 * x * (1.0 + std::tanh(root * (x + 0.044715 * x * x * x)));
}

// With the sign of b, as ONNX's Mod of integers and numpy's.
float Remainder(float a, float b) {
  const float rest = std::fmod(a, b);
  return rest != 0.0f && (rest < 0.0f) != (b < 0.0f) ? rest + b : rest;
}

}  // namespace

float Apply(Binary::Kind kind, float a, float b) {
  switch (kind) {
    case Binary::Kind::kAdd:
      return a + b;
    case Binary::Kind::kSub:
      return a - b;
    case Binary::Kind::kMul:
      return a * b;
    case Binary::Kind::kDiv:
      return a / b;
    case Binary::Kind::kMin:
      return std::min(a, b);
    case Binary::Kind::kMax:
      return std::max(a, b);
    case Binary::Kind::kPow:
      return std::pow(a, b);
    case Binary::Kind::kMod:
      return Remainder(a, b);
  }
  return 0.0f;
}

double Apply(const Unary& unary, double x) {
  const auto alpha = static_cast<double>(unary.alpha);
  const auto beta = static_cast<double>(unary.beta);
  switch (unary.kind) {
    case Unary::Kind::kSigmoid:
      return Sigmoid(x);
    case Unary::Kind::kTanh:
      return std::tanh(x);
    case Unary::Kind::kGelu:
      return Gelu(x);
    case Unary::Kind::kGeluTanh:
      return GeluTanh(x);
    case Unary::Kind::kSilu:
      return x * Sigmoid(x);
    case Unary::Kind::kErf:
      return std::erf(x);
    case Unary::Kind::kSoftplus:
      return Softplus(x);
    case Unary::Kind::kElu:
      return Elu(x, alpha);
    case Unary::Kind::kSelu:
      return beta * Elu(x, alpha);
    case Unary::Kind::kCelu:
      return x < 0.0 ? alpha * std::expm1(x / alpha) : x;
    case Unary::Kind::kHardSigmoid:
      return std::clamp(alpha * x + beta, 0.0, 1.0);
    case Unary::Kind::kHardSwish:
      return x * std::clamp(x / 6.0 + 0.5, 0.0, 1.0);
    case Unary::Kind::kMish:
      return x * std::tanh(Softplus(x));
    case Unary::Kind::kSoftsign:
      return x / (1.0 + std::abs(x));
    case Unary::Kind::kThresholdedRelu:
      return x > alpha ? x : 0.0;
    case Unary::Kind::kAbs:
      return std::abs(x);
    case Unary::Kind::kNeg:
      return -x;
    case Unary::Kind::kExp:
      return std::exp(x);
    case Unary::Kind::kLog:
      return std::log(x);
    case Unary::Kind::kSqrt:
      return std::sqrt(x);
    case Unary::Kind::kReciprocal:
      return 1.0 / x;
    case Unary::Kind::kFloor:
      return std::floor(x);
    case Unary::Kind::kCeil:
      return std::ceil(x);
    case Unary::Kind::kRound:
      return std::nearbyint(x);
    case Unary::Kind::kSign:
      return x > 0.0 ? 1.0 : x < 0.0 ? -1.0 : 0.0;
    case Unary::Kind::kSin:
      return std::sin(x);
    case Unary::Kind::kCos:
      return std::cos(x);
  }
  return x;
}

}  // namespace tessera
