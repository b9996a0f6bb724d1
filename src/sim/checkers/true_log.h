#pragma once
// Rule 16: what the log says of who and why is so. Its lines of launches, hand-outs, refusals and
// ends name the instance, the candidate, the address, the reason and the numbers that the journal
// and the answers of that step have.

#include <map>
#include <set>
#include <string>
#include <string_view>

#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class TrueLog : public Watcher {
 public:
  TrueLog(const Ground& ground, const History& history, const SimStore& store)
      : ground_(ground), history_(history), store_(store) {}

  void told(const core::Event& event) override;
  void answered(CallerId caller, const core::Answer& answer) override;
  void committed(const std::vector<core::Change>& changes) override;
  void logged(const core::Log& line) override;
  void turned() override;
  void went_down() override { turned(); }

 private:
  bool holds(std::string_view key, std::string_view text) const;
  bool of_a_worker(std::string_view key, std::string_view text) const;
  bool gone(std::string_view text) const;
  bool handed_out(std::string_view text) const;
  bool refused(std::string_view text) const;
  bool launch_begun(std::string_view text) const;

  const Ground& ground_;
  const History& history_;
  const SimStore& store_;
  // Since the latest turn.
  std::map<std::string, std::size_t> given_, refused_;  // addresses, reasons: how often
  std::map<InstanceId, core::LedgerRecord> ended_;
  std::set<std::string> ended_all_;  // who asked for it
};

}  // namespace cb::sim
