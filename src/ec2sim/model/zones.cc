#include "ec2sim/model/zones.h"

#include "base/prng.h"
#include "base/text.h"

namespace cb::ec2sim {

std::vector<std::string> zones_of(const Settings& settings, std::string_view region) {
  std::vector<std::string> zones;
  for (const std::string& letter : settings.zones) zones.push_back(str(region, letter));
  return zones;
}

std::string vpc_of(std::string_view region) {
  return "vpc-" + steady_hex(region);
}

std::string subnet_of(std::string_view zone) {
  return "subnet-" + steady_hex(zone);
}

std::string zone_id(std::string_view zone) {
  std::string id;
  for (const auto part : split(zone.substr(0, zone.size() - 1), '-')) {
    // "us-east-1" is "use1": the continent, the first letter of the direction, the number.
    id += id.empty() ? part : part.substr(0, 1);
  }
  return str(id, "-az", 1 + (zone.back() - 'a'));
}

std::string steady_hex(std::string_view text) {
  std::uint64_t sum = 14695981039346656037ULL;  // FNV-1a, 64 bits
  for (const char c : text) sum = (sum ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  std::string bytes;
  for (Prng prng(sum); bytes.size() < 9;) bytes += static_cast<char>(prng.next() & 0xff);
  return hex(bytes).substr(0, 17);
}

}  // namespace cb::ec2sim
