#pragma once
// The loopback addresses that workers are given: all of 127.NET.0.0/16 but the ends of each /24.

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace cb::ec2sim {

class Addresses {
 public:
  explicit Addresses(int net) : net_(net) {}

  // A free one; the most recently freed if `reuse`, else the one that was used longest ago.
  // Empty when all 65,024 are taken.
  std::optional<std::string> take(bool reuse);
  // How many take() would still give.
  std::int64_t free() const;
  // Takes this very one, which was given back just now.
  void claim(const std::string& address);
  // `address` came from take() or claim() and is given back once.
  void give_back(const std::string& address);

 private:
  static std::uint32_t number_of(const std::string& address);

  int net_;
  std::uint32_t next_ = 0;
  std::set<std::uint32_t> taken_;
  std::vector<std::uint32_t> freed_;
};

}  // namespace cb::ec2sim
