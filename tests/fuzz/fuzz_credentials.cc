// Both AWS files and the JSON of credential sources: any bytes, accepted or a clean error.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "io/aws_credential_json.h"
#include "wire/aws_config.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cb;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto credentials = wire::parse_aws_file(text, wire::AwsFile::kCredentials, "credentials");
  const auto config = wire::parse_aws_file(text, wire::AwsFile::kConfig, "config");
  if (credentials && config) {
    for (const auto& [name, profile] : *credentials) {
      static_cast<void>(wire::profile_keys(name, profile));
      static_cast<void>(wire::merged_profile(name, *credentials, *config));
    }
  }
  static_cast<void>(io::parse_credential_json(text, "a test"));
  static_cast<void>(io::parse_expiration(text));
  return 0;
}
