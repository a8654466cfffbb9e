#ifndef TESSERA_ONNX_FIELDS_H_
#define TESSERA_ONNX_FIELDS_H_

#include <cstdint>
#include <protozero/exception.hpp>
#include <protozero/pbf_reader.hpp>
#include <protozero/varint.hpp>
#include <string>
#include <vector>

namespace tessera::onnx {

// Each field is matched on its tag and its wire type together: protozero only asserts the wire
// type, so a file with a wrong one would otherwise be undefined behaviour in a release build.
// Fields that match nothing are skipped, as protobuf asks.

constexpr uint32_t VarintField(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::varint);
}

constexpr uint32_t BytesField(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::length_delimited);
}

constexpr uint32_t Fixed32Field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed32);
}

constexpr uint32_t Fixed64Field(protozero::pbf_tag_type tag) {
  return protozero::tag_and_type(tag, protozero::pbf_wire_type::fixed64);
}

/// Moves to the next field, as pbf_reader::next, and throws when a field is longer than what is
/// left of the message. protozero checks that too, but with a signed difference of pointers: where
/// those have 32 bits, as in WebAssembly, a length of 2 GiB or more passes and the reader runs
/// backwards.
inline bool NextField(protozero::pbf_reader& reader) {
  if (!reader.next()) return false;
  if (reader.wire_type() != protozero::pbf_wire_type::length_delimited) return true;
  const protozero::data_view rest = reader.data();
  const char* position = rest.data();
  const char* const end = position + rest.size();
  const uint64_t length = protozero::decode_varint(&position, end);
  if (length > static_cast<uint64_t>(end - position)) throw protozero::end_of_buffer_exception{};
  return true;
}

/// Appends a packed repeated field: `range` is one of protozero's get_packed_*().
template <typename T, typename Range>
void AppendPacked(const Range& range, std::vector<T>& out) {
  for (const auto element : range) out.push_back(static_cast<T>(element));
}

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_FIELDS_H_
