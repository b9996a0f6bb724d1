#include "ec2sim/calls/answers.h"

#include "base/text.h"
#include "ec2sim/calls/instance_xml.h"

namespace cb::ec2sim {
namespace {

constexpr std::string_view kEc2 = " xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\"";
constexpr std::string_view kSts = " xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"";

void open_reservation(Xml& xml, const Instance& first, const Settings& settings) {
  xml.leaf("reservationId", first.reservation).leaf("ownerId", settings.account);
  if (first.order.spot) xml.leaf("requesterId", "spot.amazonaws.com");
  xml.open("groupSet").close("groupSet").open("instancesSet");
}

}  // namespace

void open_answer(Xml& xml, std::string_view action, std::string_view request_id) {
  xml.open(str(action, "Response"), kEc2).leaf("requestId", request_id);
}

std::string close_answer(Xml& xml, std::string_view action) {
  return xml.close(str(action, "Response")).take();
}

std::string run_answer(const std::vector<const Instance*>& launched, const Settings& settings,
                       std::string_view request_id, Micros when) {
  Xml xml;
  open_answer(xml, "RunInstances", request_id);
  open_reservation(xml, *launched.front(), settings);
  for (const Instance* instance : launched) write_instance(xml, *instance, settings, when);
  xml.close("instancesSet");
  return close_answer(xml, "RunInstances");
}

std::string list_answer(const Page& page, const Settings& settings, std::string_view request_id,
                        Micros when) {
  Xml xml;
  open_answer(xml, "DescribeInstances", request_id);
  xml.open("reservationSet");
  const Instance* before = nullptr;
  for (const Instance* instance : page.instances) {
    if (!before || before->reservation != instance->reservation) {
      if (before) xml.close("instancesSet").close("item");
      xml.open("item");
      open_reservation(xml, *instance, settings);
    }
    write_instance(xml, *instance, settings, when);
    before = instance;
  }
  if (before) xml.close("instancesSet").close("item");
  xml.close("reservationSet");
  xml.given("nextToken", page.next_token);
  return close_answer(xml, "DescribeInstances");
}

std::string changes_answer(std::string_view action, const std::vector<StateChange>& changes,
                           std::string_view request_id) {
  Xml xml;
  open_answer(xml, action, request_id);
  xml.open("instancesSet");
  for (const StateChange& one : changes) {
    xml.open("item").leaf("instanceId", one.id);
    write_state(xml, "currentState", one.after);
    write_state(xml, "previousState", one.before);
    xml.close("item");
  }
  xml.close("instancesSet");
  return close_answer(xml, action);
}

std::string identity_answer(const Settings& settings, std::string_view request_id) {
  Xml xml;
  xml.open("GetCallerIdentityResponse", kSts)
      .open("GetCallerIdentityResult")
      .leaf("Arn", str("arn:aws:iam::", settings.account, ":user/ec2sim"))
      .leaf("UserId", "AIDAEC2SIMEC2SIMEC2SI")
      .leaf("Account", settings.account)
      .close("GetCallerIdentityResult")
      .open("ResponseMetadata")
      .leaf("RequestId", request_id)
      .close("ResponseMetadata")
      .close("GetCallerIdentityResponse");
  return xml.take();
}

std::string done_answer(std::string_view action, std::string_view request_id) {
  Xml xml;
  open_answer(xml, action, request_id);
  xml.leaf("return", "true");
  return close_answer(xml, action);
}

std::string error_answer(const Refusal& refusal, bool of_sts, std::string_view request_id) {
  Xml xml;
  if (of_sts) {
    xml.open("ErrorResponse", kSts).open("Error").leaf("Type", "Sender");
    xml.leaf("Code", refusal.code).leaf("Message", refusal.message).close("Error");
    return xml.leaf("RequestId", request_id).close("ErrorResponse").take();
  }
  xml.open("Response").open("Errors").open("Error");
  xml.leaf("Code", refusal.code).leaf("Message", refusal.message);
  xml.close("Error").close("Errors").leaf("RequestID", request_id);
  return xml.close("Response").take();
}

}  // namespace cb::ec2sim
