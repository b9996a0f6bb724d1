#pragma once
// What the process that runs has been told of EC2 as a whole: whether it lists, since when it does
// not and why, and whose account it is in. It judges nothing.

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

  // A listing that it could believe has succeeded, and it was told whose the keys are.
  bool settled() const { return listed_ && named_; }
  bool named() const { return named_; }
  // It has become so since `when`.
  bool named_since(Moment when) const { return named_ && named_at_ && *named_at_ >= when; }
  bool listed() const { return shown_; }  // whether or not it could be believed
  // Or was so when the turn began, of which an answer may be.
  bool wrong_account() const { return wrong_ || (was_wrong_ && *was_wrong_ >= ground_.turn.at); }
  // The first of the failures of listings in a row, and the latest one.
  std::optional<Moment> failing_since() const { return failing_since_; }
  // Whether one of those failures had this code.
  bool listing_failed_with(std::string_view text) const;
  // Callers are told of it instead of kept: refused, or failing for cloud_unreachable_patience.
  bool in_trouble() const { return trouble_; }
  // When the latest listing that failed began: who came later has another one made for him.
  Moment failed_from() const { return failed_from_; }
  // It stood at some time since `then`.
  bool trouble_since(Moment then) const { return trouble_ || (ended_ && *ended_ >= then); }
  bool failing_since(Moment then) const {
    return failing_since_ || (recovered_ && *recovered_ >= then);
  }
  // The latest listing was answered so short a time ago that this turn may have begun before it.
  bool just_listed() const { return doubtful_until_ && ground_.turn.at <= *doubtful_until_; }

  void identify_called() override { identifying_ = true; }
  void listing_called(const core::ListInstances& what) override;
  void told(const core::Event& event) override;
  void went_down() override;

 private:
  void listed(const core::Listed& answer);
  void identified(const core::CloudIdentity& identity);

  const Ground& ground_;
  const SimStore& store_;
  std::optional<Moment> named_at_, was_wrong_;
  bool named_ = false, wrong_ = false, listed_ = false, shown_ = false, trouble_ = false;
  bool identifying_ = false;                 // whose the keys are is being asked
  bool former_keys_ = false;                 // and the answer is about others than those in use
  std::optional<Moment> ended_, recovered_;  // the latest trouble, the latest failing listings
  std::optional<QueryId> query_;
  Moment query_begun_{}, failed_from_{};
  std::optional<Moment> failing_since_;
  std::optional<Moment> doubtful_until_;
  std::vector<std::string> listing_codes_;
};

}  // namespace cb::sim
