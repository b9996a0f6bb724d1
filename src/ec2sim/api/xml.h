#pragma once
// Writes XML as EC2 does: elements and text only.

#include <concepts>
#include <string>
#include <string_view>

namespace cb::ec2sim {

class Xml {
 public:
  Xml() : out_("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n") {}

  // `attributes` as they stand in the tag: " xmlns=\"...\"".
  Xml& open(std::string_view name, std::string_view attributes = {});
  Xml& close(std::string_view name);
  // Characters that XML does not allow at all become '?'.
  Xml& leaf(std::string_view name, std::string_view text);
  Xml& leaf(std::string_view name, const char* text) { return leaf(name, std::string_view(text)); }
  Xml& leaf(std::string_view name, bool value) { return leaf(name, value ? "true" : "false"); }
  template <std::integral Number>
  requires(!std::same_as<Number, bool>) Xml& leaf(std::string_view name, Number value) {
    return leaf(name, std::string_view(std::to_string(value)));
  }
  // Nothing when `text` is empty.
  Xml& given(std::string_view name, std::string_view text);

  std::string take() { return std::move(out_); }

 private:
  std::string out_;
};

}  // namespace cb::ec2sim
