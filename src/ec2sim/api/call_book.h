#pragma once
// What was asked, and how it ended: counts for ever, and the last calls in full.

#include <boost/json/fwd.hpp>
#include <cstdint>
#include <deque>
#include <map>
#include <string>

#include "ec2sim/api/query.h"

namespace cb::ec2sim {

struct Call {
  std::uint64_t number = 0;  // 1 for the first
  Micros boot{0};
  Micros wall{0};
  std::string action;
  std::string region;
  std::string key_id;
  Parameters parameters;
  std::string code;   // of the refusal; empty: it succeeded
  std::string fault;  // what was done to it; empty: nothing
};

class CallBook {
 public:
  // The number that the next call gets.
  std::uint64_t next_number() const { return last_ + 1; }
  // Keeps the last 1,000 in full.
  void add(Call call);
  // Forgets all but the number of the last call.
  void reset();

  // {"actions": {ACTION: {"calls": n, "errors": {CODE: n}}}, "errors": {CODE: n},
  //  "faults": {FAULT: n}, "last_call": n}
  boost::json::object counters() const;
  // Those after number `after`.
  boost::json::array calls(std::uint64_t after) const;

 private:
  struct Tally {
    std::uint64_t calls = 0;
    std::map<std::string, std::uint64_t> errors;  // by code
  };

  std::uint64_t last_ = 0;
  std::map<std::string, Tally> tallies_;  // by action
  std::map<std::string, std::uint64_t> faults_;
  std::deque<Call> recent_;
};

}  // namespace cb::ec2sim
