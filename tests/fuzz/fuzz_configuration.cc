// A configuration file: any bytes, accepted or sentences that name the place.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "app/config/config_file.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  static_cast<void>(cb::app::parse_config_file(text, "fuzz.toml"));
  return 0;
}
