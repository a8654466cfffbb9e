#ifndef TESSERA_ENGINE_WORKSPACE_H_
#define TESSERA_ENGINE_WORKSPACE_H_

#include <cstddef>
#include <optional>
#include <utility>

#include "core/aligned_buffer.h"

namespace tessera {

/// Memory that steps use only while they run: since one runs after the other, all share it.
class Workspace {
 public:
  /// Makes it at least so large, which moves it. False when there is no memory.
  bool Reserve(size_t bytes) {
    if (bytes <= buffer_.size()) return true;
    buffer_ = AlignedBuffer();  // first, so that the old and the new one never exist together
    std::optional<AlignedBuffer> larger = AlignedBuffer::Allocate(bytes);
    if (!larger) return false;
    buffer_ = std::move(*larger);
    return true;
  }

  std::byte* data() { return buffer_.data(); }
  size_t size() const { return buffer_.size(); }

 private:
  AlignedBuffer buffer_;
};

}  // namespace tessera

#endif  // TESSERA_ENGINE_WORKSPACE_H_
