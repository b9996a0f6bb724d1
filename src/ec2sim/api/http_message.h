#pragma once
// A request and its answer, as the listener hands them over. No sockets.

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ec2sim/model/clock.h"

namespace cb::ec2sim {

struct HttpRequest {
  std::string method;
  std::string target;                                        // "/", "/_sim/instances?all=1"
  std::vector<std::pair<std::string, std::string>> headers;  // names in lower case, in their order
  std::string body;

  // The first of that name (lower case); "" when absent.
  std::string_view header(std::string_view name) const;
};

enum class Delivery {
  kSend,
  kHalf,   // half of it, then the connection is closed
  kClose,  // nothing: the connection is closed
};

struct HttpAnswer {
  int status = 200;
  std::string content_type;
  std::string request_id;
  std::string date;  // the Date header
  std::string body;
  Delivery delivery = Delivery::kSend;
  Micros delay{0};  // kNever: the client waits for ever
  // Ordinals of the instances that this answer shows running and with their address.
  std::vector<std::uint64_t> shows_ready;
  std::vector<std::uint64_t> shows;
};

}  // namespace cb::ec2sim
