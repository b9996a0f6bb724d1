#pragma once
// What the process that runs has been told of EC2 as a whole: whether it lists, since when it does
// not and why, and whose account it is in. It judges nothing.

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sim/checkers/history.h"
#include "sim/world/sim_store.h"

namespace cb::sim {

class CloudMemory : public Watcher {
 public:
  CloudMemory(const Ground& ground, const SimStore& store) : ground_(ground), store_(store) {}

  // A listing that it could believe has succeeded in each region in which pools launch, and it was
  // told whose the keys are.
  bool settled() const;
  bool named() const { return named_; }
  // It has become so since `when`.
  bool named_since(Moment when) const { return named_ && named_at_ && *named_at_ >= when; }
  // Whether or not it could be believed.
  bool listed(const std::string& region) const;
  // Its callers are told of that region's trouble, or launched for elsewhere.
  bool cut_off(const std::string& region) const;
  bool failing_in(const std::string& region) const;
  // For cloud_unreachable_patience no launch there was answered, and lately.
  bool answers_no_launch(const std::string& region) const;
  // It may be passed over, were there another.
  bool may_be_passed_over(const std::string& region) const {
    return cut_off(region) || answers_no_launch(region) || (!listed(region) && failing_in(region));
  }
  // Or was so when the turn began, of which an answer may be.
  bool wrong_account() const { return wrong_ || (was_wrong_ && *was_wrong_ >= ground_.turn.at); }
  // In what follows: of any region.
  // The first of the failures of listings in a row.
  std::optional<Moment> failing_since() const;
  // Whether one of those failures had this code.
  bool listing_failed_with(std::string_view text) const;
  // Callers are told of it instead of kept: refused, or failing for cloud_unreachable_patience.
  bool in_trouble() const;
  // It stood at some time since `then`.
  bool trouble_since(Moment then) const;
  bool failing_since(Moment then) const;
  // The latest listing was answered so short a time ago that this turn may have begun before it.
  bool just_listed() const { return doubtful_until_ && ground_.turn.at <= *doubtful_until_; }

  void identify_called() override { identifying_ = true; }
  void listing_called(const core::ListInstances& what) override;
  void told(const core::Event& event) override;
  void went_down() override;

 private:
  struct Region {
    bool listed = false, shown = false, trouble = false;
    std::optional<Moment> ended, recovered;  // the latest trouble, the latest failing listings
    std::optional<Moment> launches_fail_since, launch_failed_at;
    std::optional<QueryId> query;
    std::optional<Moment> failing_since;
    std::vector<std::string> codes;  // of the listings that failed in a row, and their messages
  };

  void listed(Region& region, const core::Listed& answer);
  void launched(const core::LaunchAnswered& answer);
  void identified(const core::CloudIdentity& identity);
  const Region& of(const std::string& region) const;

  const Ground& ground_;
  const SimStore& store_;
  std::optional<Moment> named_at_, was_wrong_;
  bool named_ = false, wrong_ = false;
  bool identifying_ = false;  // whose the keys are is being asked
  bool former_keys_ = false;  // and the answer is about others than those in use
  std::map<std::string, Region> regions_;
  std::optional<Moment> doubtful_until_;
};

}  // namespace cb::sim
