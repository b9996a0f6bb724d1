#pragma once
// Every checker, in the order in which each fact is told: the judges of a fact first, then what
// remembers it.

#include "sim/checkers/as_asked.h"
#include "sim/checkers/at_rest.h"
#include "sim/checkers/bounds.h"
#include "sim/checkers/buckets.h"
#include "sim/checkers/call_rates.h"
#include "sim/checkers/claimed.h"
#include "sim/checkers/cloud_memory.h"
#include "sim/checkers/ended_when_told.h"
#include "sim/checkers/foreign.h"
#include "sim/checkers/guarded.h"
#include "sim/checkers/hand_outs.h"
#include "sim/checkers/launch_memory.h"
#include "sim/checkers/launch_order.h"
#include "sim/checkers/let_go.h"
#include "sim/checkers/no_kill_in_use.h"
#include "sim/checkers/nothing_forgotten.h"
#include "sim/checkers/one_answer.h"
#include "sim/checkers/one_launch.h"
#include "sim/checkers/orphans.h"
#include "sim/checkers/paces.h"
#include "sim/checkers/true_address.h"
#include "sim/checkers/true_ends.h"
#include "sim/checkers/true_journal.h"
#include "sim/checkers/true_leases.h"
#include "sim/checkers/true_ledger.h"
#include "sim/checkers/true_log.h"
#include "sim/checkers/true_status.h"
#include "sim/checkers/true_words.h"
#include "sim/checkers/useful.h"
#include "sim/checkers/waits.h"
#include "sim/checkers/warm.h"

namespace cb::sim {

class Checkers {
 public:
  Checkers(Ground& ground, Ec2& ec2, const SimStore& store, const Process& process)
      : history_(ground),
        hand_outs_(store),
        warm_demand_(ground, store),
        cloud_memory_(ground, store),
        launch_memory_(ground, history_, store, cloud_memory_),
        one_answer_(ground),
        true_address_(ground, ec2, history_, store),
        one_launch_(ground, history_, store, warm_demand_, launch_memory_),
        orphans_(ground, ec2, history_, store, warm_demand_),
        guarded_(ground, history_),
        no_kill_in_use_(ground, history_),
        ended_when_told_(ground, ec2, history_, store),
        nothing_forgotten_(ground, history_),
        true_ledger_(ground, ec2, history_, store, hand_outs_),
        foreign_(ground, ec2),
        buckets_(ground),
        call_rates_(ground, history_, store, launch_memory_),
        claimed_(ground, history_),
        useful_(ground, history_, store),
        launch_order_(ground, history_, store, launch_memory_, warm_demand_),
        let_go_(ground, history_, store, launch_memory_),
        true_journal_(ground, ec2, history_, store, process),
        true_status_(ground, history_, store, hand_outs_, warm_demand_),
        true_words_(ground, history_, store, launch_memory_),
        waits_(ground, history_, store, launch_memory_),
        true_ends_(ground, history_, store, launch_memory_, warm_demand_),
        paces_(ground, history_, store, launch_memory_),
        true_log_(ground, history_, store),
        true_leases_(ground, history_, store),
        as_asked_(ground, history_, store),
        warm_(ground, history_, store, launch_memory_, warm_demand_),
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
    ground.watch(launch_order_);
    ground.watch(let_go_);
    ground.watch(true_journal_);
    ground.watch(true_status_);
    ground.watch(true_words_);
    ground.watch(waits_);
    ground.watch(true_ends_);
    ground.watch(paces_);
    ground.watch(true_log_);
    ground.watch(true_leases_);
    ground.watch(as_asked_);
    ground.watch(warm_);
    ground.watch(at_rest_);
    ground.watch(hand_outs_);
    ground.watch(warm_demand_);
    ground.watch(launch_memory_);
    ground.watch(cloud_memory_);
    ground.watch(history_);
  }

 private:
  History history_;
  HandOuts hand_outs_;
  WarmDemand warm_demand_;
  CloudMemory cloud_memory_;
  LaunchMemory launch_memory_;
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
  LaunchOrder launch_order_;
  LetGo let_go_;
  TrueJournal true_journal_;
  TrueStatus true_status_;
  TrueWords true_words_;
  Waits waits_;
  TrueEnds true_ends_;
  Paces paces_;
  TrueLog true_log_;
  TrueLeases true_leases_;
  AsAsked as_asked_;
  Warm warm_;
  AtRest at_rest_;
};

}  // namespace cb::sim
