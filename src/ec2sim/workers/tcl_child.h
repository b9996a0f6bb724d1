#pragma once
// A tclsh that evaluates scripts one at a time.

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <functional>
#include <string>
#include <string_view>

namespace cb::ec2sim {

class TclChild {
 public:
  // Starts tclsh, which must be on PATH. It dies with this process.
  explicit TclChild(boost::asio::io_context& io);

  // One evaluation at a time. `done` gets the result, or "!TCL_ERROR ...".
  using Done = std::function<void(std::string answer)>;
  void evaluate(std::string_view script, Done done);
  // The interpreter has ended (a script may call exit); what was asked stays unanswered.
  std::function<void()> ended;

 private:
  void read_answer();

  boost::asio::posix::stream_descriptor life_;  // readable when tclsh has ended
  boost::asio::posix::stream_descriptor to_tcl_;
  boost::asio::posix::stream_descriptor from_tcl_;
  std::string request_;
  std::string answer_;
  unsigned char header_[4];
  Done done_;
};

}  // namespace cb::ec2sim
