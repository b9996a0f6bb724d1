#pragma once
// dserv's three ports, as they were measured from dserv 0.54.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "ec2sim/workers/tcl_child.h"
#include "ec2sim/workers/worker_processes.h"

namespace cb::ec2sim {

// The message port's one queue of scripts: what comes while it is held waits, that of clients who
// are gone by now as well. It begins held.
class ScriptQueue {
 public:
  explicit ScriptQueue(TclChild& tcl) : tcl_(tcl) {}

  using Done = std::function<void(std::string answer)>;
  void add(std::string script, Done done);
  void hold();
  void release();

 private:
  struct Entry {
    std::string script;
    Done done;
  };
  void next();

  TclChild& tcl_;
  std::deque<Entry> entries_;
  bool held_ = true;
  bool busy_ = false;
};

class DservStandIn {
 public:
  DservStandIn(boost::asio::io_context& io, ScriptQueue& scripts);

  // Opens all three ports on `address`. Throws boost::system::system_error.
  void open(const std::string& address, const WorkerPorts& ports);
  // After an answer to anybody has been written; of the first few only.
  std::function<void()> on_answer;

 private:
  using tcp = boost::asio::ip::tcp;
  class Client;
  void accept_message();
  void admit(tcp::socket socket);
  void accept_line(tcp::acceptor& acceptor, std::string end, std::string (*answer)(std::string));
  void answered();

  ScriptQueue& scripts_;
  tcp::acceptor message_;
  tcp::acceptor version_;
  tcp::acceptor health_;
  std::map<boost::asio::ip::address, int> clients_;  // open connections by address
  int client_count_ = 0;
  int answers_ = 0;
};

}  // namespace cb::ec2sim
