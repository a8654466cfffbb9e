#ifndef TESSERA_TESTS_ONNX_BUILDER_H_
#define TESSERA_TESTS_ONNX_BUILDER_H_

#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <protozero/pbf_writer.hpp>
#include <string>
#include <utility>
#include <vector>

namespace tessera::test {

/// An AttributeProto, encoded.
struct OnnxAttribute {
  std::string bytes;

  static OnnxAttribute Int(const std::string& name, int64_t value) {
    return Make(name, 2, [&](auto& pbf) { pbf.add_int64(3, value); });
  }
  static OnnxAttribute Float(const std::string& name, float value) {
    return Make(name, 1, [&](auto& pbf) { pbf.add_float(2, value); });
  }
  static OnnxAttribute String(const std::string& name, const std::string& value) {
    return Make(name, 3, [&](auto& pbf) { pbf.add_string(4, value); });
  }
  static OnnxAttribute Ints(const std::string& name, const std::vector<int64_t>& values) {
    return Make(name, 7, [&](auto& pbf) { pbf.add_packed_int64(8, values.begin(), values.end()); });
  }
  static OnnxAttribute Floats(const std::string& name, const std::vector<float>& values) {
    return Make(name, 6, [&](auto& pbf) { pbf.add_packed_float(7, values.begin(), values.end()); });
  }
  /// `tensor` is an encoded TensorProto.
  static OnnxAttribute Tensor(const std::string& name, const std::string& tensor) {
    return Make(name, 4, [&](auto& pbf) { pbf.add_message(5, tensor); });
  }

  template <typename Fill>
  static OnnxAttribute Make(const std::string& name, int32_t type, Fill fill) {
    OnnxAttribute attribute;
    protozero::pbf_writer pbf(attribute.bytes);
    pbf.add_string(1, name);
    fill(pbf);
    pbf.add_int32(20, type);
    return attribute;
  }
};

/// Encoded TensorProtos of each kind of storage.
struct OnnxTensor {
  static std::string Header(const std::string& name, int32_t type,
                            const std::vector<int64_t>& dims) {
    std::string bytes;
    protozero::pbf_writer pbf(bytes);
    pbf.add_packed_int64(1, dims.begin(), dims.end());
    pbf.add_int32(2, type);
    pbf.add_string(8, name);
    return bytes;
  }
  template <typename T>
  static std::string Raw(const std::string& name, int32_t type, const std::vector<int64_t>& dims,
                         const std::vector<T>& elements) {
    std::string bytes = Header(name, type, dims);
    std::string raw(elements.size() * sizeof(T), '\0');
    if (!raw.empty()) std::memcpy(raw.data(), elements.data(), raw.size());
    protozero::pbf_writer(bytes).add_bytes(9, raw);
    return bytes;
  }
  static std::string Floats(const std::string& name, const std::vector<int64_t>& dims,
                            const std::vector<float>& elements) {
    return Raw(name, 1, dims, elements);
  }
  static std::string Ints(const std::string& name, const std::vector<int64_t>& dims,
                          const std::vector<int64_t>& elements) {
    return Raw(name, 7, dims, elements);
  }
};

/// Writes small ONNX files, good and bad, without checking anything. Calls can be chained.
class OnnxBuilder {
 public:
  explicit OnnxBuilder(int64_t opset = 13) : opset_(opset) {}

  OnnxBuilder& Metadata(const std::string& key, const std::string& value) {
    std::string entry;
    protozero::pbf_writer pbf(entry);
    pbf.add_string(1, key);
    pbf.add_string(2, value);
    metadata_.push_back(std::move(entry));
    return *this;
  }

  /// Extents below 0 become symbols.
  OnnxBuilder& Input(const std::string& name, const std::vector<int64_t>& shape,
                     int32_t element_type = 1) {
    protozero::pbf_writer(graph_).add_message(11, ValueInfo(name, shape, element_type));
    return *this;
  }
  OnnxBuilder& Output(const std::string& name) {
    protozero::pbf_writer(graph_).add_message(12, ValueInfo(name, {-1, -1, -1, -1}, 1));
    return *this;
  }

  OnnxBuilder& Initializer(const std::string& tensor) {
    protozero::pbf_writer(graph_).add_message(5, tensor);
    return *this;
  }
  OnnxBuilder& Floats(const std::string& name, const std::vector<int64_t>& dims,
                      const std::vector<float>& elements) {
    return Initializer(OnnxTensor::Floats(name, dims, elements));
  }
  OnnxBuilder& Ints(const std::string& name, const std::vector<int64_t>& elements) {
    return Initializer(OnnxTensor::Ints(name, {static_cast<int64_t>(elements.size())}, elements));
  }

  OnnxBuilder& Node(const std::string& op_type, const std::vector<std::string>& inputs,
                    const std::string& output, const std::vector<OnnxAttribute>& attributes = {},
                    const std::string& name = "", const std::string& domain = "") {
    std::string node;
    protozero::pbf_writer pbf(node);
    for (const std::string& input : inputs) pbf.add_string(1, input);
    pbf.add_string(2, output);
    if (!name.empty()) pbf.add_string(3, name);
    pbf.add_string(4, op_type);
    for (const OnnxAttribute& attribute : attributes) pbf.add_message(5, attribute.bytes);
    if (!domain.empty()) pbf.add_string(7, domain);
    protozero::pbf_writer(graph_).add_message(1, node);
    return *this;
  }

  std::vector<uint8_t> Build() const {
    std::string opset;
    protozero::pbf_writer(opset).add_int64(2, opset_);
    std::string model;
    protozero::pbf_writer pbf(model);
    pbf.add_int64(1, 8);  // ir_version
    pbf.add_message(7, graph_);
    pbf.add_message(8, opset);
    for (const std::string& entry : metadata_) pbf.add_message(14, entry);
    return {model.begin(), model.end()};
  }

 private:
  static std::string ValueInfo(const std::string& name, const std::vector<int64_t>& shape,
                               int32_t element_type) {
    std::string dims;
    for (const int64_t extent : shape) {
      std::string dim;
      if (extent < 0) {
        protozero::pbf_writer(dim).add_string(2, "n");
      } else {
        protozero::pbf_writer(dim).add_int64(1, extent);
      }
      protozero::pbf_writer(dims).add_message(1, dim);
    }
    std::string tensor_type;
    protozero::pbf_writer pbf(tensor_type);
    pbf.add_int32(1, element_type);
    pbf.add_message(2, dims);
    std::string type;
    protozero::pbf_writer(type).add_message(1, tensor_type);
    std::string info;
    protozero::pbf_writer info_pbf(info);
    info_pbf.add_string(1, name);
    info_pbf.add_message(2, type);
    return info;
  }

  int64_t opset_;
  std::string graph_;
  std::vector<std::string> metadata_;
};

}  // namespace tessera::test

#endif  // TESSERA_TESTS_ONNX_BUILDER_H_
