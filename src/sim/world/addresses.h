#pragma once
// The few addresses of a small cloud: who has which, so that they come round again quickly.

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/prng.h"
#include "sim/cloud/instance.h"

namespace cb::sim {

class Addresses {
 public:
  Addresses(int count, Prng prng);

  struct Pair {
    int number;
    std::string public_address;   // "198.51.100.7"
    std::string private_address;  // "10.0.0.7"
  };
  // Often the one given back last. Unset: there is none left.
  std::optional<Pair> take(Instance& holder);
  // Nothing when `holder` has none (any longer).
  void give_back(const Instance& holder);
  // Who gave it back last; null: nobody has.
  const Instance* latest_leaver(const std::string& address) const;
  // Who answers at `address`; null: nobody.
  Instance* holder(const std::string& address) const;

 private:
  std::vector<int> free_;
  std::map<std::string, Instance*> holders_;
  std::map<std::string, const Instance*> leavers_;
  Prng prng_;
};

}  // namespace cb::sim
