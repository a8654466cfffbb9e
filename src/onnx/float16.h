#ifndef TESSERA_ONNX_FLOAT16_H_
#define TESSERA_ONNX_FLOAT16_H_

#include <bit>
#include <cstdint>

namespace tessera::onnx {

/// The value of an IEEE 754 binary16 number given as its bits. Exact: every half is a float.
inline float HalfToFloat(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 0x1fu;
  const uint32_t mantissa = half & 0x3ffu;
  if (exponent == 0) {  // zero and subnormals: mantissa * 2^-24
    const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    return sign != 0 ? -magnitude : magnitude;
  }
  const uint32_t wide_exponent = exponent == 0x1fu ? 0xffu : exponent + (127 - 15);
  return std::bit_cast<float>(sign | (wide_exponent << 23) | (mantissa << 13));
}

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_FLOAT16_H_
