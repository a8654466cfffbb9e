#ifndef TESSERA_ONNX_FIELDS_H_
#define TESSERA_ONNX_FIELDS_H_

#include <cstdint>
#include <protozero/pbf_reader.hpp>
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

/// Appends a packed repeated field: `range` is one of protozero's get_packed_*().
template <typename T, typename Range>
void AppendPacked(const Range& range, std::vector<T>& out) {
  for (const auto element : range) out.push_back(static_cast<T>(element));
}

}  // namespace tessera::onnx

#endif  // TESSERA_ONNX_FIELDS_H_
