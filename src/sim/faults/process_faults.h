#pragma once
// When and how the broker's process and its machine come to grief: crashes at chosen points,
// stops, reboots, clocks that jump, journals that are lost.

#include "sim/cloud/sim_cloud.h"
#include "sim/world/process.h"

namespace cb::sim {

class ProcessFaults {
 public:
  ProcessFaults(Ground& ground, Crasher& crasher, Mailbox& mailbox, SimStore& store,
                SimCloud& cloud);

  // The world has the process; call before anything happens.
  void watch_over(Process& process) { process_ = &process; }
  void plan();
  // It is down: plans its next start.
  void it_died();
  // Nothing dies any more; what is down starts anew, and the credentials are ours.
  void heal();

 private:
  void strike();
  void pause();
  void stand_still(Duration time);
  void stop();
  void finish_stop(Moment latest);
  void start_again();
  void start_planned(std::uint64_t which);
  void jump(Duration by, Fault fault);
  Duration time_down();
  bool chance_of_journal_loss();
  bool chance_of_roll_back();
  void back_up();

  Ground& ground_;
  Crasher& crasher_;
  Mailbox& mailbox_;
  SimStore& store_;
  SimCloud& cloud_;
  std::uint64_t stood_still_ = 0;  // times; only the latest one's end lets it hear again
  Process* process_ = nullptr;
  Prng prng_;
  Process::Circumstances next_;
  std::uint64_t starts_planned_ = 0;
};

}  // namespace cb::sim
