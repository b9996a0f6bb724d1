#pragma once
// What the load generator is asked to do.

#include <cstdint>
#include <string>

namespace cb::bench {

struct Options {
  std::string host = "127.0.0.1";
  std::uint16_t port = 9000;
  std::string line = "GET_WORKER";  // one request, without newline
  std::string hello;                // first line of a kept connection; empty: none
  bool kept = false;                // requests follow one another on each connection
  std::uint32_t depth = 1;          // kept: so many requests are sent at once
  std::uint32_t clients = 1;        // all processes together
  std::uint32_t processes = 1;
  std::uint32_t sources = 1;       // local addresses 127.1.0.1 and on; 1: the kernel's choice
  std::uint32_t answers_each = 0;  // then a client stops; 0: it goes on to the end
  double rate = 0;                 // requests a second by a timetable; 0: as answers come
  double seconds = 2;
  double warmup = 0.3;    // before them, not counted
  bool announce = false;  // print {"asked":N} when every client has asked
};

}  // namespace cb::bench
