#include "ec2sim/calls/fleet_answers.h"

#include "ec2sim/calls/answers.h"

namespace cb::ec2sim {
namespace {

void write_source(Xml& xml, const FleetOverride& given, bool spot) {
  xml.open("launchTemplateAndOverrides")
      .open("launchTemplateSpecification")
      .leaf("launchTemplateId", given.template_id)
      .leaf("version", given.template_version)
      .close("launchTemplateSpecification")
      .open("overrides")
      .given("instanceType", given.type)
      .given("maxPrice", given.max_price)
      .given("subnetId", given.subnet)
      .given("availabilityZone", given.zone)
      .given("priority", given.priority)
      .given("imageId", given.image)
      .close("overrides")
      .close("launchTemplateAndOverrides")
      .leaf("lifecycle", spot ? "spot" : "on-demand");
}

}  // namespace

std::string fleet_answer(const Fleet& fleet, bool bare, std::string_view request_id) {
  Xml xml;
  open_answer(xml, "CreateFleet", request_id);
  xml.leaf("fleetId", fleet.id);
  if (bare) return close_answer(xml, "CreateFleet");
  xml.open("errorSet");
  for (const FleetError& error : fleet.errors) {
    xml.open("item");
    write_source(xml, fleet.order.overrides[error.override_index], error.spot);
    xml.leaf("errorCode", error.code).leaf("errorMessage", error.message).close("item");
  }
  xml.close("errorSet").open("fleetInstanceSet");
  for (const FleetLaunch& launch : fleet.launches) {
    xml.open("item");
    write_source(xml, fleet.order.overrides[launch.override_index], launch.spot);
    xml.open("instanceIds");
    for (const std::string& id : launch.ids) xml.leaf("item", id);
    xml.close("instanceIds").leaf("instanceType", launch.type).close("item");
  }
  xml.close("fleetInstanceSet");
  return close_answer(xml, "CreateFleet");
}

}  // namespace cb::ec2sim
