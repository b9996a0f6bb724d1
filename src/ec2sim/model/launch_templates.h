#pragma once
// The launch templates of all regions. Pure.

#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/api/query.h"
#include "ec2sim/model/clock.h"

namespace cb::ec2sim {

// One version of it is all there is: it is made, used and deleted, never changed.
struct LaunchTemplate {
  std::uint64_t ordinal = 0;  // 1 for the first of this run
  std::string id;             // "lt-0123456789abcdef0"
  std::string region;
  std::string name;
  std::string description;  // of its version
  Parameters data;          // as RunInstances would take them
  std::map<std::string, std::string> tags;
  std::string client_token;  // empty: none
  std::string digest;        // what the token stands for
  Micros created_wall{0};
};

class LaunchTemplates {
 public:
  // Gives it its ordinal and its id. Or finds what the same ClientToken made. Throws Refusal: the
  // name is in use in its region, or the token stands for something else.
  const LaunchTemplate& create(LaunchTemplate made, std::uint64_t seed);
  // Null: there is none in this region. The pointers are valid until the next change.
  const LaunchTemplate* by_id(std::string_view region, std::string_view id) const;
  const LaunchTemplate* by_name(std::string_view region, std::string_view name) const;
  // In the order of their creation.
  std::vector<const LaunchTemplate*> of(std::string_view region) const;
  void erase(std::string_view id);
  void clear() { all_.clear(); }

 private:
  std::uint64_t last_ = 0;
  std::deque<LaunchTemplate> all_;
};

}  // namespace cb::ec2sim
