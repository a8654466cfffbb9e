#ifndef TESSERA_ONNX_READER_H_
#define TESSERA_ONNX_READER_H_

#include <cstdint>
#include <span>

#include "core/status.h"
#include "onnx/proto.h"

namespace tessera::onnx {

/// The oldest operator set whose broadcasting rules the importer implements.
inline constexpr int64_t kOldestOpset = 7;

/// Decodes an ONNX file. Never throws, and never allocates more than a small multiple of the file's
/// size, whatever lengths the file claims. `bytes` need not outlive the call. Errors: kModelFormat
/// for bytes that are not a well-formed model, kUnsupported for well-formed parts that this version
/// does not read (external data, element types, foreign operator domains, old operator sets),
/// kOutOfMemory.
Result<Model> ReadModel(std::span<const uint8_t> bytes);

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_READER_H_
