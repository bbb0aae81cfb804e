#pragma once

#include <optional>
#include <string>
#include <vector>

#include "runtime/graph/descriptor.h"

namespace orrery {

// What the losses share. A loss is a layer of torch.nn and a function of torch.nn.functional, made of one
// entry; a tensor of weights is a buffer of the layer and a further input of the function.
struct Loss {
  std::string layer, method;
  std::string doc;
  std::vector<Port> ports;
  std::vector<Attribute> options;
  std::vector<TensorType> (*shape)(ShapeContext&) = nullptr;
  std::string onnx = {};
};

void add_losses(Registry& registry, const std::vector<Loss>& losses);

/// Losses of class labels: cross entropy, margins of classes, sequences (CTC).
std::vector<Loss> class_losses();
/// Losses that compare element by element.
std::vector<Loss> element_losses();
/// Losses of vectors: ranking, cosine, triplet.
std::vector<Loss> vector_losses();
/// The softmax over many classes with parameters of its own.
Descriptor adaptive_log_softmax();

/// `input` and `target`.
std::vector<Port> loss_ports(std::string input, std::string target);
/// An option of weights: one number each class, element or place.
Attribute weights(std::string name, std::string doc);
/// Shape of such weights; nothing where none are given. `port` is the function's.
std::optional<Shape> weights_shape(const ShapeContext& context, const std::string& name, int port);
/// Stops unless there is one weight for each class.
void expect_class_weights(ShapeContext& context, const Dim& classes);
/// Stops unless the weights broadcast to a shape without making it larger.
void expect_spreadable(ShapeContext& context, const std::string& name, int port, const Shape& shape);

/// The single losses, or one number for them all.
std::vector<TensorType> reduced(const ShapeContext& context, Shape each, DType dtype);
/// Stops unless a port has that shape: "class labels of shape (N)".
void expect_shape_of(ShapeContext& context, int port, const Shape& wanted, const std::string& what);
/// Stops unless a port is shaped like the input.
void expect_like_input(ShapeContext& context, int port);
void expect_no_boolean(const ShapeContext& context, int port);
/// Stops unless a port has the dtype of the input.
void expect_input_dtype(const ShapeContext& context, int port);

}  // namespace orrery
