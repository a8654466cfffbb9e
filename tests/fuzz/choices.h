#ifndef TESSERA_TESTS_FUZZ_CHOICES_H_
#define TESSERA_TESTS_FUZZ_CHOICES_H_

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace tessera::fuzz {

/// A fuzzer's bytes as choices: each takes some bytes from the front. Zeros follow the last byte,
/// so that a shorter input makes the smaller thing.
class Choices {
 public:
  explicit Choices(std::span<const uint8_t> bytes) : bytes_(bytes) {}

  bool empty() const { return next_ == bytes_.size(); }

  uint8_t Byte() { return empty() ? uint8_t{0} : bytes_[next_++]; }
  bool Bool() { return (Byte() & 1) != 0; }

  /// From `low` to `high`, both included; high - low < 256.
  int64_t Int(int64_t low, int64_t high) { return low + Byte() % (high - low + 1); }

  template <typename T>
  const T& Of(const std::vector<T>& items) {
    return items[Byte() % items.size()];
  }

  /// Multiples of 1/64 from -2 to 2, so that sums are exact and no result is near a tie of others.
  std::vector<float> Floats(size_t count) {
    std::vector<float> floats(count);
    for (float& number : floats) number = static_cast<float>(static_cast<int8_t>(Byte())) / 64.0f;
    return floats;
  }

 private:
  std::span<const uint8_t> bytes_;
  size_t next_ = 0;
};

}  // namespace tessera::fuzz

#endif  // TESSERA_TESTS_FUZZ_CHOICES_H_
