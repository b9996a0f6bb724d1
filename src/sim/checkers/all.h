#pragma once
// Every checker, in the order in which each fact is told: the judges of a fact first, then what
// remembers it.

#include "sim/checkers/at_rest.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/buckets.h"
#include "sim/checkers/call_rates.h"
#include "sim/checkers/claimed.h"
#include "sim/checkers/ended_when_told.h"
#include "sim/checkers/foreign.h"
#include "sim/checkers/guarded.h"
#include "sim/checkers/no_kill_in_use.h"
#include "sim/checkers/nothing_forgotten.h"
#include "sim/checkers/one_answer.h"
#include "sim/checkers/one_launch.h"
#include "sim/checkers/orphans.h"
#include "sim/checkers/true_address.h"
#include "sim/checkers/true_ledger.h"
#include "sim/checkers/useful.h"

namespace cb::sim {

class Checkers {
 public:
  Checkers(Ground& ground, Ec2& ec2, const SimStore& store, const Process& process)
      : history_(ground),
        one_answer_(ground),
        true_address_(ground, ec2, history_),
        one_launch_(ground, history_, store),
        orphans_(ground, ec2, history_),
        guarded_(ground),
        no_kill_in_use_(ground, history_),
        ended_when_told_(ground, ec2, history_, store),
        nothing_forgotten_(ground, history_),
        true_ledger_(ground, ec2, history_, store),
        foreign_(ground, ec2),
        buckets_(ground),
        call_rates_(ground, history_, store),
        claimed_(ground, history_),
        useful_(ground, history_, store),
        at_rest_(ec2, history_, process) {}

  void watch(Ground& ground) {
    ground.watch(guarded_);
    ground.watch(one_answer_);
    ground.watch(true_address_);
    ground.watch(one_launch_);
    ground.watch(orphans_);
    ground.watch(no_kill_in_use_);
    ground.watch(ended_when_told_);
    ground.watch(nothing_forgotten_);
    ground.watch(true_ledger_);
    ground.watch(foreign_);
    ground.watch(buckets_);
    ground.watch(call_rates_);
    ground.watch(claimed_);
    ground.watch(useful_);
    ground.watch(at_rest_);
    ground.watch(history_);
  }

 private:
  History history_;
  OneAnswer one_answer_;
  TrueAddress true_address_;
  OneLaunch one_launch_;
  Orphans orphans_;
  Guarded guarded_;
  NoKillInUse no_kill_in_use_;
  EndedWhenTold ended_when_told_;
  NothingForgotten nothing_forgotten_;
  TrueLedger true_ledger_;
  Foreign foreign_;
  Buckets buckets_;
  CallRates call_rates_;
  Claimed claimed_;
  Useful useful_;
  AtRest at_rest_;
};

}  // namespace cb::sim
