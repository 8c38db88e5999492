// Converts the tensors of a network to their form in files, and back.
#include "primer/runs/named_tensor.hpp"

#include <cmath>
#include <limits>
#include <utility>

#include "primer/formats/number.hpp"

namespace primer {
namespace {

std::vector<std::size_t> shape_of(const Tensor& tensor, Layout layout) {
  if (layout == Layout::vector) return {tensor.size()};
  if (layout == Layout::transpose) return {tensor.cols(), tensor.rows()};
  return {tensor.rows(), tensor.cols()};
}

// The index in `tensor` of the number that stands at position k in the file.
std::size_t position(const Tensor& tensor, Layout layout, std::size_t k) {
  return layout == Layout::transpose ? k % tensor.rows() * tensor.cols() + k / tensor.rows() : k;
}

std::string shape_text(const std::vector<std::size_t>& shape) {
  std::string text;
  for (const std::size_t n : shape) text += concat(text.empty() ? "[" : ", ", n);
  return text.empty() ? "[]" : text + "]";
}

}  // namespace

NamedTensor named(std::string name, const Tensor& tensor, Layout layout) {
  NamedTensor out{std::move(name), shape_of(tensor, layout), std::vector<double>(tensor.size())};
  for (std::size_t k = 0; k < tensor.size(); ++k) out.values[k] = tensor.data()[position(tensor, layout, k)];
  return out;
}

bool fits_real(double number) {
  return !std::isfinite(number) || std::abs(number) <= static_cast<double>(std::numeric_limits<real>::max());
}

const NamedTensor& find_tensor(const Safetensors& contents, const std::string& file, const std::string& name,
                               const std::vector<std::size_t>& shape) {
  const NamedTensor* const found = contents.tensor(name);
  if (found == nullptr) throw UserError({file}, "there is no tensor ", name);
  if (found->shape != shape) {
    throw UserError({file}, "tensor ", name, " has the shape ", shape_text(found->shape), ", but the network needs ",
                    shape_text(shape));
  }
  return *found;
}

void read_tensor(const Safetensors& contents, const std::string& file, const std::string& name, Layout layout,
                 Tensor& tensor) {
  const NamedTensor& found = find_tensor(contents, file, name, shape_of(tensor, layout));
  for (std::size_t k = 0; k < tensor.size(); ++k) {
    if (!fits_real(found.values[k])) {
      throw UserError({file}, "tensor ", name, ": ", number(found.values[k]), " is beyond the largest float");
    }
    tensor.data()[position(tensor, layout, k)] = static_cast<real>(found.values[k]);
  }
}

}  // namespace primer
