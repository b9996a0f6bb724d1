#pragma once
// Changes that the store refused, kept until it takes them. One change for each record, so that it
// grows with the number of records and not with the time that the disk is full.

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/model/record.h"

namespace cb::driver {

class Backlog {
 public:
  // A later change of a record replaces the earlier one.
  void fold(const std::vector<core::Change>& changes);
  // In no particular order: they are of different records.
  std::vector<core::Change> changes() const;
  bool empty() const { return latest_.empty(); }
  void clear() { latest_.clear(); }

 private:
  enum class Kind { kAttempt, kWorker, kLedger, kStamp, kClosed, kLease, kBroker };
  using Key = std::pair<Kind, std::string>;
  struct KeyOf;

  std::map<Key, core::Change> latest_;
};

}  // namespace cb::driver
