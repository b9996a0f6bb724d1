#pragma once
// HTTP/1.1 on loopback: requests in, answers out, with the delays and cuts that an answer asks for.
// The only file of this room that knows Beast is http_listener.cc.

#include <boost/asio/io_context.hpp>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "base/result.h"
#include "ec2sim/api/http_message.h"

namespace cb::ec2sim {

struct HttpHandlers {
  std::function<HttpAnswer(const HttpRequest&)> handle;
  // Right before the first byte of an answer goes out. Not called for one that is never sent.
  std::function<void(const HttpAnswer&)> sent;
};

class HttpListener {
 public:
  // Runs on `io`'s one thread; both handlers are called there.
  HttpListener(boost::asio::io_context& io, HttpHandlers handlers);
  ~HttpListener();

  // "127.0.0.1:4599"; port 0 takes any free one. Returns the port.
  Result<std::uint16_t> listen(const std::string& address);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace cb::ec2sim
