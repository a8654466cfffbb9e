#ifndef TESSERA_ONNX_READER_H_
#define TESSERA_ONNX_READER_H_

#include <cstdint>
#include <span>

#include "core/status.h"
#include "onnx/external_data.h"
#include "onnx/proto.h"

namespace tessera::onnx {

/// The oldest operator set whose broadcasting rules the importer implements.
inline constexpr int64_t kOldestOpset = 6;

/// Decodes an ONNX file and the files beside it that hold its tensors' elements. Never throws, and
/// never allocates more than a small multiple of the files' size, whatever lengths they claim. No
/// bytes need outlive the call. Errors: kModelFormat for bytes that are not a well-formed model
/// (what they are instead, where it is known), and for missing files; kUnsupported for well-formed
/// parts that this version does not read (element types, old operator sets); kOutOfMemory.
Result<Model> ReadModel(std::span<const uint8_t> bytes, std::span<const ExternalFile> files = {});

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_READER_H_
