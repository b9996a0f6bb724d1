#include "ec2sim/model/addresses.h"

#include "base/check.h"
#include "base/text.h"

namespace cb::ec2sim {
namespace {

constexpr std::uint32_t kHosts = 254;  // 1..254 of each /24
constexpr std::uint32_t kAll = 256 * kHosts;

}  // namespace

std::optional<std::string> Addresses::take(bool reuse) {
  if (taken_.size() == kAll) return {};
  while (reuse && !freed_.empty() && taken_.contains(freed_.back())) freed_.pop_back();
  std::uint32_t number = next_;
  if (reuse && !freed_.empty()) {
    number = freed_.back();
    freed_.pop_back();
  } else {
    while (taken_.contains(number)) number = (number + 1) % kAll;
    next_ = (number + 1) % kAll;
  }
  taken_.insert(number);
  return str("127.", net_, '.', number / kHosts, '.', number % kHosts + 1);
}

std::int64_t Addresses::free() const {
  return std::int64_t{kAll} - std::ssize(taken_);
}

void Addresses::claim(const std::string& address) {
  CHECK(taken_.insert(number_of(address)).second);
}

void Addresses::give_back(const std::string& address) {
  const std::uint32_t number = number_of(address);
  CHECK(taken_.erase(number) == 1);
  freed_.push_back(number);
  if (freed_.size() > kAll) freed_.erase(freed_.begin());
}

std::uint32_t Addresses::number_of(const std::string& address) {
  const auto parts = split(address, '.');
  CHECK(parts.size() == 4);
  return static_cast<std::uint32_t>(*parse_int(parts[2]) * kHosts + *parse_int(parts[3]) - 1);
}

}  // namespace cb::ec2sim
