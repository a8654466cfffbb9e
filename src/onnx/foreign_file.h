#ifndef TESSERA_ONNX_FOREIGN_FILE_H_
#define TESSERA_ONNX_FOREIGN_FILE_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>

namespace tessera::onnx {

/// What a file is that is known to be no ONNX model, and what to do instead, as half a sentence:
/// "this is a gzip archive; unpack it first". Nothing for a file that may be one.
std::optional<std::string> NameForeignFile(std::span<const uint8_t> bytes);

/// The same for a well-formed protobuf message that turned out to hold no ONNX graph: the formats
/// of other frameworks, or nothing.
std::optional<std::string> NameForeignMessage(std::span<const uint8_t> bytes);

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_FOREIGN_FILE_H_
