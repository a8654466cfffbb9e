#ifndef TESSERA_CORE_ALIGNED_BUFFER_H_
#define TESSERA_CORE_ALIGNED_BUFFER_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <optional>

namespace tessera {

/// A block of uninitialised bytes aligned for SIMD. Unlike std::vector it reports a failed
/// allocation instead of aborting, so everything whose size follows from the image or the model
/// lives in one of these.
class AlignedBuffer {
 public:
  static constexpr size_t kAlignment = 64;

  AlignedBuffer() = default;

  /// `bytes` of storage, or nothing when it cannot be had.
  static std::optional<AlignedBuffer> Allocate(size_t bytes) {
    if (bytes > SIZE_MAX - kAlignment) return std::nullopt;
    // aligned_alloc wants a multiple of the alignment; at least one unit keeps data() non-null.
    const size_t rounded = (bytes / kAlignment + 1) * kAlignment;
    AlignedBuffer buffer;
    buffer.data_.reset(static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)));
    if (!buffer.data_) return std::nullopt;
    buffer.size_ = bytes;
    return buffer;
  }

  size_t size() const { return size_; }
  std::byte* data() { return data_.get(); }
  const std::byte* data() const { return data_.get(); }

  template <typename T>
  T* as() {
    return reinterpret_cast<T*>(data_.get());
  }
  template <typename T>
  const T* as() const {
    return reinterpret_cast<const T*>(data_.get());
  }

 private:
  struct Free {
    void operator()(std::byte* p) const { std::free(p); }
  };
  std::unique_ptr<std::byte, Free> data_;
  size_t size_ = 0;
};

}  // namespace tessera

#endif  // TESSERA_CORE_ALIGNED_BUFFER_H_
