#pragma once
// Whose the credentials are, and whether that is who we have been so far. One account holds all of
// a broker's instances, whatever their region; with another's keys nothing is launched, ended or
// forgotten.

#include <string>

#include "core/launch/launcher.h"
#include "core/workers/terminations.h"

namespace cb::core {

class Account {
 public:
  Account(Step& step, WorkerPool& workers, Terminations& terminations, Launcher& launcher)
      : step_(step), workers_(workers), terminations_(terminations), launcher_(launcher) {}

  // Asks who we are; listings begin with the answer.
  void identify();
  // False: the keys are another account's, or the region is another one, and we hold something.
  bool identified(const CloudIdentity& identity);
  // Nothing is launched, ended or believed until we know whose the new keys are.
  void keys_changed();

  // STS names no account, and we hold something to lose: a listing is asked for as a proof.
  bool in_doubt() const { return keys_ == Keys::kInDoubt && !step_.cloud_open; }
  // While in doubt: a listing of a region that shows an instance of ours proves whose keys these
  // are.
  bool proved_by(const Listing& listing, const std::string& region);

 private:
  bool holds_anything() const;
  bool region_changed() const;  // and something of ours is in the former one
  bool wrong_account(const CloudIdentity& identity) const;
  void refuse(const CloudIdentity& identity);
  void not_named();
  void go_on();
  void say_trouble(const std::string& sentence);
  void want_listings();

  Step& step_;
  WorkerPool& workers_;
  Terminations& terminations_;
  Launcher& launcher_;

  // What is known of the keys in use. Confirmed: they are of the account of our records, as STS or
  // an instance of ours said. In doubt: STS names none, and we hold something to lose.
  enum class Keys { kUnknown, kConfirmed, kInDoubt, kWrong };
  Keys keys_ = Keys::kUnknown;
  bool identifying_ = false;
  std::set<std::string> shows_none_of_ours_;  // regions, since it is in doubt
  bool asked_with_former_keys_ = false;       // that Identify may be about them
};

}  // namespace cb::core
