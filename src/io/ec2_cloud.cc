#include "io/ec2_cloud.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "core/cloud_advice.h"
#include "wire/ec2_request.h"
#include "wire/ec2_response.h"

namespace cb::io {
namespace {

using core::CloudFailure;
using core::FailureClass;

// A 2xx answer that is not what was asked for: somebody else answered, or EC2 has changed.
CloudFailure unreadable(const Error& error) {
  return {FailureClass::kUnexpected, "unreadable answer", error.what};
}

core::LaunchResult launch_result(AwsReply reply) {
  if (auto* failure = std::get_if<CloudFailure>(&reply)) {
    if (failure->what == FailureClass::kUnknownOutcome) {
      return core::LaunchOutcomeUnknown{std::move(*failure)};
    }
    return std::move(*failure);
  }
  auto launched = wire::decode_run_instances(std::get<std::string>(std::move(reply)));
  if (launched) return std::move(*launched);
  CloudFailure why = unreadable(launched.error());
  why.what = FailureClass::kUnknownOutcome;
  return core::LaunchOutcomeUnknown{std::move(why)};
}

struct ListingUnderWay {
  core::ListInstances what;
  core::Listing so_far;
  int pages = 0;
};

struct TerminationUnderWay {
  std::vector<InstanceId> asked;
  std::vector<InstanceId> left;
  std::size_t batch;  // how many of `left` go into the next call
  core::TerminateAccepted so_far;
};

}  // namespace

struct Ec2Cloud::Shared : std::enable_shared_from_this<Shared> {
  AwsCaller& caller;
  port::EventSink& sink;
  port::Journal& journal;
  Ec2CloudSettings settings;
  std::string trouble;  // the code of the last failure of STS; empty: it answered

  Shared(AwsCaller& c, port::EventSink& s, port::Journal& j, Ec2CloudSettings given)
      : caller(c), sink(s), journal(j), settings(given) {}

  // `go_on` gets the reply, unless the cloud has been destroyed meanwhile.
  template <class GoOn>
  void call(AwsCallKind kind, std::string region, std::string body, GoOn go_on) {
    caller.call({kind, std::move(region), std::move(body)},
                [weak = weak_from_this(), go_on = std::move(go_on)](AwsReply reply) mutable {
                  if (const auto self = weak.lock()) go_on(*self, std::move(reply));
                });
  }
  const std::string& region() const { return caller.setup().region; }

  void identified(AwsReply reply) {
    core::CloudIdentity identity;
    CloudFailure failure;
    if (auto* refused = std::get_if<CloudFailure>(&reply)) {
      failure = std::move(*refused);
    } else if (auto who = wire::decode_get_caller_identity(std::get<std::string>(reply))) {
      identity.account = who->account;
    } else {
      failure = unreadable(who.error());
    }
    if (identity.account.empty()) say_why_unknown(failure);
    trouble = failure.code;
    sink.post(core::Identified{std::move(identity)});
  }

  // STS is asked again and again; the same trouble is one line. A lack of keys is said by the
  // listing.
  void say_why_unknown(const CloudFailure& failure) {
    if (failure.code == trouble || failure.code == "no credentials") return;
    journal.log({core::LogLevel::kWarning, "aws.account",
                 str("STS does not say which account these credentials belong to: ",
                     describe(failure, {.action = "GetCallerIdentity", .region = region()}))});
  }

  void list_page(ListingUnderWay listing, const std::string& next_token) {
    const auto* by_id = std::get_if<core::ListById>(&listing.what.what);
    std::string body =
        by_id ? wire::encode_list_by_id(by_id->id) : wire::encode_list_by_tag(next_token);
    call(AwsCallKind::kRead, region(), std::move(body),
         [listing = std::move(listing), next_token](Shared& self, AwsReply reply) mutable {
           self.take_page(std::move(listing), next_token, std::move(reply));
         });
  }

  void take_page(ListingUnderWay listing, const std::string& asked_token, AwsReply reply) {
    const QueryId query = listing.what.query;
    if (auto* failure = std::get_if<CloudFailure>(&reply)) {
      const bool by_id = std::holds_alternative<core::ListById>(listing.what.what);
      if (by_id && failure->what == FailureClass::kNotYetVisible) {
        return sink.post(core::Listed{query, core::Listing{}});
      }
      return sink.post(core::Listed{query, std::move(*failure)});
    }
    auto page = wire::decode_describe_instances(std::get<std::string>(std::move(reply)));
    if (!page) return sink.post(core::Listed{query, unreadable(page.error())});
    std::move(page->instances.begin(), page->instances.end(),
              std::back_inserter(listing.so_far.instances));
    if (page->next_token.empty()) {
      return sink.post(core::Listed{query, std::move(listing.so_far)});
    }
    if (++listing.pages >= settings.pages_max || page->next_token == asked_token) {
      return sink.post(core::Listed{
          query, unreadable({"the pages of DescribeInstances do not come to an end"})});
    }
    list_page(std::move(listing), page->next_token);
  }

  void terminate_batch(TerminationUnderWay t) {
    const auto size = static_cast<std::ptrdiff_t>(std::min(t.batch, t.left.size()));
    std::vector<InstanceId> ids(t.left.begin(), t.left.begin() + size);
    std::string body = wire::encode_terminate_instances(ids);
    call(AwsCallKind::kTerminate, region(), std::move(body),
         [t = std::move(t), ids = std::move(ids)](Shared& self, AwsReply reply) mutable {
           self.take_termination(std::move(t), ids, std::move(reply));
         });
  }

  void take_termination(TerminationUnderWay t, const std::vector<InstanceId>& ids, AwsReply reply) {
    if (auto* failure = std::get_if<CloudFailure>(&reply)) {
      if (!leave_out_bad_ids(t, ids, *failure)) {
        return sink.post(core::TerminateAnswered{std::move(t.asked), std::move(*failure)});
      }
    } else {
      auto accepted = wire::decode_terminate_instances(std::get<std::string>(std::move(reply)));
      if (!accepted) {
        return sink.post(core::TerminateAnswered{std::move(t.asked), unreadable(accepted.error())});
      }
      std::move(accepted->instances.begin(), accepted->instances.end(),
                std::back_inserter(t.so_far.instances));
      t.left.erase(t.left.begin(), t.left.begin() + static_cast<std::ptrdiff_t>(ids.size()));
    }
    if (t.left.empty()) {
      return sink.post(core::TerminateAnswered{std::move(t.asked), std::move(t.so_far)});
    }
    terminate_batch(std::move(t));
  }

  // One bad id fails a whole TerminateInstances. False: the failure is of another kind.
  static bool leave_out_bad_ids(TerminationUnderWay& t, const std::vector<InstanceId>& ids,
                                const CloudFailure& failure) {
    if (!failure.code.starts_with("InvalidInstanceID.")) return false;
    std::vector<InstanceId> bad = wire::ids_named_in(failure.message, ids);
    if (bad.empty() && ids.size() == 1) bad = ids;
    if (bad.empty()) {
      t.batch = ids.size() / 2;  // halves find it, where the message does not name it
      return true;
    }
    for (InstanceId& id : bad) {
      std::erase(t.left, id);
      t.so_far.not_found.push_back(std::move(id));
    }
    return true;
  }
};

Ec2Cloud::Ec2Cloud(AwsCaller& caller, port::EventSink& sink, port::Journal& journal,
                   Ec2CloudSettings settings)
    : shared_(std::make_shared<Shared>(caller, sink, journal, settings)) {
  caller.when_keys_change([weak = shared_->weak_from_this()] {
    if (const auto self = weak.lock()) self->sink.post(core::KeysChanged{});
  });
}
Ec2Cloud::~Ec2Cloud() = default;

void Ec2Cloud::identify() {
  shared_->call(AwsCallKind::kIdentify, shared_->region(), wire::encode_get_caller_identity(),
                [](Shared& self, AwsReply reply) { self.identified(std::move(reply)); });
}

void Ec2Cloud::launch(const core::LaunchInstance& what) {
  shared_->call(AwsCallKind::kLaunch, what.region, what.request,
                [token = what.token](Shared& self, AwsReply reply) {
                  self.sink.post(core::LaunchAnswered{token, launch_result(std::move(reply))});
                });
}

void Ec2Cloud::list(const core::ListInstances& what) {
  shared_->list_page({what, {}, 0}, "");
}

void Ec2Cloud::terminate(const core::TerminateInstances& what) {
  CHECK(!what.ids.empty());
  shared_->terminate_batch({what.ids, what.ids, shared_->settings.terminate_batch, {}});
}

}  // namespace cb::io
