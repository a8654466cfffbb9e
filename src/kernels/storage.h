#ifndef TESSERA_KERNELS_STORAGE_H_
#define TESSERA_KERNELS_STORAGE_H_

#include <cstdint>

namespace tessera {

/// How 8-bit codes lie in memory. Codes mean 0..255 everywhere; machines whose dot product reads
/// both sides as signed keep them as code - 128. A difference of memory only: results are the same.
enum class Storage : uint8_t { kUnsigned, kSigned };

/// What a stored byte must be flipped by to become its code, and the other way round.
constexpr uint8_t StorageMask(Storage storage) { return storage == Storage::kSigned ? 0x80 : 0; }

/// The value that kernels read for `code`: 0..255 or -128..127.
constexpr int32_t StoredValue(Storage storage, int32_t code) {
  return storage == Storage::kSigned ? code - 128 : code;
}

}  // namespace tessera

#endif  // TESSERA_KERNELS_STORAGE_H_
