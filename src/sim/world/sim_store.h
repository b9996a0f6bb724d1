#pragma once
// The journal as a file that survives the process: what was committed is there after any end, what
// was not is lost, and for a while nothing can be written at all. It keeps the rows that the real
// one keeps, in the real one's words.

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "driver/recovery.h"
#include "port/ports.h"
#include "sim/faults/crasher.h"
#include "sim/world/ground.h"

namespace cb::sim {

class SimStore : public port::Store {
 public:
  SimStore(Ground& ground, Crasher& crasher) : ground_(ground), crasher_(crasher) {}

  Status commit(const std::vector<core::Change>& changes, Now now) override;

  // What is written, its times as the clocks were then.
  const core::Records& durable() const { return file_.records; }
  const std::map<InstanceId, core::LedgerRecord>& ledger() const { return file_.ledger; }
  // What a start finds, read from the rows.
  driver::Journal load() const;

  // True time of the turn of the latest commit; unset: nothing is written.
  std::optional<Moment> last_commit() const { return file_.last_commit; }

  // The latest commit failed: the process knows more than is written.
  bool behind() const { return behind_; }

  // The file is damaged beyond use and set aside; the ledger goes with it.
  void lose_everything();

  // Somebody copies the file; and later puts the copy in its place.
  void back_up();
  bool has_backup() const { return backup_.has_value(); }
  void restore();

  // Older versions knew one region, and wrote none while nobody had told them whose keys they had.
  bool names_none_but(const std::string& region) const;
  void forget_regions();

 private:
  using Rows = std::map<std::pair<std::string, std::string>, std::string>;  // (kind, key): body

  struct File {
    Rows rows;
    core::Records records;  // the same, for the checkers
    std::map<InstanceId, core::LedgerRecord> ledger;
    std::optional<driver::SavedClock> clock;
    std::optional<Moment> last_commit;
  };

  void write(const core::Change& change);
  void put_row(const core::Change& change);

  Ground& ground_;
  Crasher& crasher_;
  File file_;
  std::optional<File> backup_;
  bool lost_ = false;
  bool behind_ = false;
};

}  // namespace cb::sim
