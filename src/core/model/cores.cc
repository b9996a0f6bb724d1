#include "core/model/cores.h"

#include "base/text.h"

namespace cb::core {

int cores_of(std::string_view type) {
  const std::size_t dot = type.find('.');
  if (dot == type.npos || type.starts_with("hpc") || type.starts_with("mac")) return 0;
  std::string_view size = type.substr(dot + 1);
  if (size == "large") return 2;
  if (size == "xlarge") return 4;
  if (!size.ends_with("xlarge")) return 0;
  size.remove_suffix(std::string_view("xlarge").size());
  const auto times = parse_int(size);
  return times && *times >= 2 && *times <= 448 ? static_cast<int>(*times * 4) : 0;
}

}  // namespace cb::core
