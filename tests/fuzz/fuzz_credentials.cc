// Both AWS files and the JSON of credential sources: any bytes, accepted or a clean error.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "io/aws/aws_credential_json.h"
#include "wire/aws_profile.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace cb;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto sections = wire::parse_aws_file(text, "file");
  if (sections) {
    for (const auto& [name, section] : *sections) {
      const auto profile = wire::find_profile(name, *sections, *sections);
      if (profile && *profile) static_cast<void>(wire::profile_keys(**profile));
    }
  }
  static_cast<void>(wire::split_command(text));
  for (auto kind : {io::CredentialJson::kCommand, io::CredentialJson::kMachine}) {
    static_cast<void>(io::parse_credential_json(kind, text, "a test"));
  }
  static_cast<void>(io::parse_expiration(text));
  return 0;
}
