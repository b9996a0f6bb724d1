#pragma once
// How each kind of setting looks in JSON. Readers throw BadValue; settings.cc adds the key.

#include <boost/json/value.hpp>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ec2sim/settings/settings.h"

namespace cb::ec2sim {

struct BadValue {
  std::string what;  // "wants a duration such as \"2s\", not 5"
};
[[noreturn]] void wants(std::string_view what, const boost::json::value& got);

void read(const boost::json::value& from, bool& to);
void read(const boost::json::value& from, std::int64_t& to);  // from 0 on
void read(const boost::json::value& from, std::uint64_t& to);
void read(const boost::json::value& from, double& to);  // from 0 on
void read(const boost::json::value& from, Money& to);   // dollars, up to a million
void read(const boost::json::value& from, FaultRule::What& to);
void read(const boost::json::value& from, FateRule::What& to);
void read(const boost::json::value& from, std::string& to);
void read(const boost::json::value& from, Micros& to);
void read(const boost::json::value& from, Offset& to);
void read(const boost::json::value& from, Range& to);
void read(const boost::json::value& from, BucketSize& to);
void read(const boost::json::value& from, std::optional<std::int64_t>& to);
void read(const boost::json::value& from, std::vector<std::string>& to);
void read(const boost::json::value& from, std::vector<CapacityRule>& to);
void read(const boost::json::value& from, std::vector<SecurityGroup>& to);
void read(const boost::json::value& from, std::vector<FaultRule>& to);
void read(const boost::json::value& from, std::vector<FateRule>& to);
void read(const boost::json::value& from, std::map<std::string, Price>& to);
void read(const boost::json::value& from, std::map<std::string, AccessKey>& to);

// The fields of one JSON object; leave() refuses what nobody asked for.
class Fields {
 public:
  // `from` must outlive the reader.
  explicit Fields(const boost::json::value& from);

  // An absent field leaves `to` as it is.
  template <class T>
  Fields& field(std::string_view name, T& to) {
    if (const boost::json::value* found = find(name)) read(*found, to);
    return *this;
  }
  void leave(std::string_view allowed) const;

 private:
  const boost::json::value* find(std::string_view name);

  const boost::json::value& from_;
  std::size_t used_ = 0;
};

boost::json::value show(bool value);
boost::json::value show(std::uint64_t value);
boost::json::value show(Money value);
boost::json::value show(FaultRule::What value);
boost::json::value show(FateRule::What value);
boost::json::value show(const std::string& value);
boost::json::value show(Micros value);
boost::json::value show(Offset value);
boost::json::value show(const Range& value);
boost::json::value show(const BucketSize& value);
boost::json::value show(const std::optional<std::int64_t>& value);
boost::json::value show(const std::vector<std::string>& value);
boost::json::value show(const std::vector<CapacityRule>& value);
boost::json::value show(const std::vector<SecurityGroup>& value);
boost::json::value show(const std::vector<FaultRule>& value);
boost::json::value show(const std::vector<FateRule>& value);
boost::json::value show(const std::map<std::string, Price>& value);
boost::json::value show(const std::map<std::string, AccessKey>& value);  // without the secrets

}  // namespace cb::ec2sim
