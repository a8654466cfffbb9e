#ifndef TESSERA_GRAPH_IMPORT_MODEL_REWRITER_H_
#define TESSERA_GRAPH_IMPORT_MODEL_REWRITER_H_

#include <cstddef>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include "onnx/proto.h"

namespace tessera {

/// Rewrites a model node by node: Take() each of the old nodes, Keep() it or Add() others in its
/// place, and Finish().
class ModelRewriter {
 public:
  explicit ModelRewriter(onnx::Model& model);

  /// How many nodes the model had, and one of them.
  size_t size() const { return old_.size(); }
  const onnx::Node& node(size_t index) const { return old_[index]; }

  /// The nodes that read a name, by index.
  const std::vector<size_t>& ReadersOf(const std::string& name) const;
  /// The node that makes a name, or null.
  const onnx::Node* MakerOf(const std::string& name) const;
  /// The constant of that name, an initializer or a Constant node, or null.
  const onnx::Tensor* Constant(const std::string& name) const;

  void Keep(size_t index) { new_.push_back(old_[index]); }
  /// Leaves a later node out.
  void Drop(size_t index) { dropped_.insert(index); }
  bool IsDropped(size_t index) const { return dropped_.count(index) > 0; }

  /// Appends a node in place of `origin`, whose name it takes, with a made-up name for its output
  /// unless one is given. Returns the output's name.
  std::string Add(const onnx::Node& origin, const std::string& op_type,
                  std::vector<std::string> inputs, std::vector<onnx::Attribute> attributes = {},
                  const std::string& output = "");
  /// Adds an initializer under a made-up name, which it returns.
  std::string AddConstant(onnx::Tensor tensor);
  std::string AddFloats(std::vector<int64_t> dims, std::vector<float> floats);

  /// Puts the new nodes into the model.
  void Finish();

 private:
  std::string MakeName();

  onnx::Model& model_;
  std::vector<onnx::Node> old_;
  std::vector<onnx::Node> new_;
  std::unordered_set<size_t> dropped_;
  std::unordered_set<std::string> names_;
  std::unordered_map<std::string, std::vector<size_t>> readers_;
  std::unordered_map<std::string, size_t> makers_;
  std::unordered_map<std::string, size_t> initializers_;
  size_t made_up_ = 0;
};

/// The input at `index`, or "" for one that is omitted.
const std::string& InputOf(const onnx::Node& node, size_t index);

/// The attribute of that name, or null.
const onnx::Attribute* FindAttribute(const onnx::Node& node, const std::string& name);

onnx::Attribute IntAttribute(std::string name, int64_t value);
onnx::Attribute FloatAttribute(std::string name, float value);

/// The node's attributes without those of these names.
std::vector<onnx::Attribute> AttributesWithout(const onnx::Node& node,
                                               const std::vector<std::string>& names);

/// Whether the node is of ONNX Runtime's domain.
bool IsOfMicrosoft(const onnx::Node& node);

}  // namespace tessera

#endif  // TESSERA_GRAPH_IMPORT_MODEL_REWRITER_H_
